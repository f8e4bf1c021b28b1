#include "report/diagnosis/ladder.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace hoplab::report::diagnosis {
namespace {

/// Clocks of hosts differ by a fraction of a millisecond, and lines have whole ones.
constexpr std::int64_t clock_slack_ms = 20;

bool is_within(std::int64_t instant, const CallLine& line) {
  return instant >= line.start_ms - clock_slack_ms && instant <= line.end_ms() + clock_slack_ms;
}

/// All records of one request, put together.
class RequestLadder {
 public:
  explicit RequestLadder(const Evidence& evidence) : evidence_(evidence) {}

  std::span<const Call> build(std::span<const CallLine> lines,
                              std::span<const AnswerLine> answers) {
    calls_.clear();
    for (const auto& line : lines) {
      if (line.is_egress) add_egress(line);
    }
    for (const auto& line : lines) {
      if (!line.is_egress) add_attempt(line);
    }
    std::vector<bool> is_taken(answers.size(), false);
    for (auto& call : calls_) find_answer(call, answers, is_taken);
    for (auto& call : calls_) find_children(call);
    return calls_;
  }

 private:
  void add_egress(const CallLine& line) {
    Call call;
    call.egress = &line;
    call.caller = evidence_.service_of(line.task);
    call.callee = evidence_.service_of(line.peer);
    if (call.callee == none) {
      const auto behind = evidence_.service_behind.find(line.authority);
      if (behind != evidence_.service_behind.end()) call.callee = behind->second;
    }
    calls_.push_back(std::move(call));
  }

  void add_attempt(const CallLine& line) {
    const Index service = evidence_.service_of(line.task);
    Call* best = nullptr;
    std::size_t candidates = 0;
    for (auto& call : calls_) {
      if (call.egress == nullptr || call.callee != service) continue;
      ++candidates;
      if (!is_within(line.start_ms, *call.egress)) continue;
      const bool is_later = best == nullptr || call.egress->start_ms >= best->egress->start_ms;
      if (is_later && call.egress->start_ms <= line.start_ms + clock_slack_ms) best = &call;
    }
    if (best == nullptr && candidates == 1) {
      // Clocks far apart: there is only one call that it can belong to.
      best = &*std::find_if(calls_.begin(), calls_.end(), [&](const Call& call) {
        return call.egress != nullptr && call.callee == service;
      });
    }
    if (best != nullptr) {
      best->attempts.push_back(&line);
      return;
    }
    Call call;
    call.callee = service;
    call.attempts.push_back(&line);
    calls_.push_back(std::move(call));
  }

  static void find_answer(Call& call, std::span<const AnswerLine> answers,
                          std::vector<bool>& is_taken) {
    const CallLine* const attempt = call.last_attempt();
    if (attempt == nullptr) return;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const auto& answer = answers[i];
      if (is_taken[i] || answer.task != attempt->task) continue;
      if (answer.at_ms < attempt->start_ms - clock_slack_ms) continue;
      is_taken[i] = true;
      call.answer = &answer;
      return;
    }
  }

  void find_children(Call& call) {
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      const CallLine* const egress = calls_[i].egress;
      if (egress == nullptr || egress == call.egress) continue;
      const bool is_ours =
          std::any_of(call.attempts.begin(), call.attempts.end(), [&](const CallLine* attempt) {
            return attempt->task == egress->task && is_within(egress->start_ms, *attempt);
          });
      if (!is_ours) continue;
      call.children.push_back(i);
    }
    call.children_ms = covered_ms(call.children);
  }

  /// What the calls cover of the time: those that were made at once count once. They are of one
  /// Envoy, so of one clock.
  std::int64_t covered_ms(const std::vector<std::size_t>& calls) const {
    std::vector<const CallLine*> lines;
    for (const std::size_t call : calls) lines.push_back(calls_[call].egress);
    std::stable_sort(lines.begin(), lines.end(), [](const CallLine* a, const CallLine* b) {
      return a->start_ms < b->start_ms;
    });
    std::int64_t covered = 0;
    std::int64_t until = std::numeric_limits<std::int64_t>::min();
    for (const CallLine* line : lines) {
      covered += std::max<std::int64_t>(line->end_ms() - std::max(line->start_ms, until), 0);
      until = std::max(until, line->end_ms());
    }
    return covered;
  }

  const Evidence& evidence_;
  std::vector<Call> calls_;
};

bool is_same_line(const CallLine& a, const CallLine& b) {
  const auto key = [](const CallLine& line) {
    return std::tuple(line.request, line.start_ms, line.duration_ms, line.task, line.is_egress,
                      line.code, line.authority, line.peer);
  };
  return key(a) == key(b);
}

bool is_same_answer(const AnswerLine& a, const AnswerLine& b) {
  return a.request == b.request && a.at_ms == b.at_ms && a.took_us == b.took_us && a.task == b.task;
}

}  // namespace

void sort_records(Evidence& evidence) {
  std::stable_sort(evidence.calls.begin(), evidence.calls.end(),
                   [](const CallLine& a, const CallLine& b) {
                     return std::tuple(a.request, a.start_ms, a.task, !a.is_egress) <
                            std::tuple(b.request, b.start_ms, b.task, !b.is_egress);
                   });
  std::stable_sort(evidence.answers.begin(), evidence.answers.end(),
                   [](const AnswerLine& a, const AnswerLine& b) {
                     return std::tuple(a.request, a.at_ms, a.task) <
                            std::tuple(b.request, b.at_ms, b.task);
                   });
  auto& calls = evidence.calls;
  calls.erase(std::unique(calls.begin(), calls.end(), is_same_line), calls.end());
  auto& answers = evidence.answers;
  answers.erase(std::unique(answers.begin(), answers.end(), is_same_answer), answers.end());
}

Index Call::task() const {
  if (!attempts.empty()) return attempts.back()->task;
  return egress != nullptr ? egress->peer : none;
}

std::optional<std::int64_t> Call::wire_us() const {
  if (egress == nullptr || attempts.size() != 1 || egress->upstream_ms < 0) return std::nullopt;
  if (attempts.front()->has(flag_dc)) return std::nullopt;
  return std::int64_t{egress->upstream_ms - attempts.front()->duration_ms} * 1000;
}

std::optional<std::int64_t> Call::own_us() const {
  if (answer != nullptr) return answer->took_us - children_ms * 1000;
  const CallLine* const attempt = last_attempt();
  if (attempt == nullptr || attempt->upstream_ms < 0) return std::nullopt;
  return (attempt->upstream_ms - children_ms) * 1000;
}

std::optional<std::int64_t> Call::proxy_us() const {
  const CallLine* const attempt = last_attempt();
  if (attempt == nullptr || answer == nullptr || attempt->has_failed()) return std::nullopt;
  return std::int64_t{attempt->duration_ms} * 1000 - answer->took_us;
}

void for_each_request(const Evidence& evidence,
                      const std::function<void(std::span<const Call>)>& take) {
  RequestLadder ladder(evidence);
  auto line = evidence.calls.cbegin();
  auto answer = evidence.answers.cbegin();
  while (line != evidence.calls.cend()) {
    const std::uint64_t request = line->request;
    const auto first_line = line;
    while (line != evidence.calls.cend() && line->request == request) ++line;
    while (answer != evidence.answers.cend() && answer->request < request) ++answer;
    const auto first_answer = answer;
    while (answer != evidence.answers.cend() && answer->request == request) ++answer;
    take(ladder.build({first_line, line}, {first_answer, answer}));
  }
}

}  // namespace hoplab::report::diagnosis
