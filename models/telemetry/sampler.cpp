#include "models/telemetry/sampler.hpp"

#include <algorithm>
#include <chrono>

namespace hoplab::models::telemetry {
namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

bool fits_wildcards(std::string_view pattern, std::string_view text) {
  std::size_t in_pattern = 0;
  std::size_t in_text = 0;
  // Where the last star stood, and the text that it has not swallowed: one step back suffices.
  std::size_t star = std::string_view::npos;
  std::size_t after_star = 0;
  while (in_text < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      after_star = in_text;
    } else if (in_pattern < pattern.size() &&
               (pattern[in_pattern] == '?' || lower(pattern[in_pattern]) == lower(text[in_text]))) {
      ++in_pattern;
      ++in_text;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      in_text = ++after_star;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

Sampler::Sampler(const scenarios::Sampling& sampling, sim::Rng rng)
    : sampling_(sampling), rng_(rng), reservoirs_(sampling.rules.size() + 1) {}

bool Sampler::samples(std::string_view host, std::string_view method, std::string_view path,
                      WallTime now) {
  const auto fits = [&](const scenarios::SamplingRule& rule) {
    return fits_wildcards(rule.host, host) && fits_wildcards(rule.http_method, method) &&
           fits_wildcards(rule.url_path, path);
  };
  const auto rule = std::ranges::find_if(sampling_.rules, fits);
  const bool is_default = rule == sampling_.rules.end();
  const std::uint32_t target = is_default ? sampling_.fixed_target : rule->fixed_target;
  Reservoir& reservoir = reservoirs_[static_cast<std::size_t>(rule - sampling_.rules.begin())];
  const std::int64_t second = sim::epoch_milliseconds(now) / 1000;
  if (second != reservoir.second) reservoir = {second, 0};
  if (reservoir.taken < target) {
    ++reservoir.taken;
    return true;
  }
  return rng_.chance(is_default ? sampling_.rate : rule->rate);
}

}  // namespace hoplab::models::telemetry
