#include "report/diagnosis/request_sampler.hpp"

#include <algorithm>

namespace hoplab::report::diagnosis {

std::uint64_t request_hash(std::string_view id) {
  // FNV-1a, then a mix that makes the low bits as good as the high ones.
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : id) {
    hash ^= static_cast<std::uint8_t>(c);
    hash *= 0x100000001b3U;
  }
  hash ^= hash >> 33U;
  hash *= 0xff51afd7ed558ccdU;
  return hash ^ (hash >> 33U);
}

void RequestSampler::add(const CallLine& line) {
  if (!keeps(line.request)) return;
  evidence_.calls.push_back(line);
  thin_out();
}

void RequestSampler::add(const AnswerLine& line) {
  if (!keeps(line.request)) return;
  evidence_.answers.push_back(line);
  thin_out();
}

void RequestSampler::thin_out() {
  while (evidence_.calls.size() + evidence_.answers.size() > records_max_) {
    evidence_.sampled_one_in *= 2;
    const auto is_dropped = [this](const auto& line) { return !keeps(line.request); };
    std::erase_if(evidence_.calls, is_dropped);
    std::erase_if(evidence_.answers, is_dropped);
  }
}

}  // namespace hoplab::report::diagnosis
