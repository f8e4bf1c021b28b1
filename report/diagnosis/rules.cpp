// What else must be there, or must not, for each cause. A rule that holds adds its weight to the
// cause's score, or takes it off, and cites what it saw.
#include "report/diagnosis/rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/diagnosis/cite.hpp"

namespace hoplab::report::diagnosis {
namespace {

bool is_oom(const ContainerEnd& end) { return end.reason.starts_with("OutOfMemoryError"); }

/// How much slower the callee's Envoy and the way to it got, where that was measured.
std::int64_t envoy_grew_us(const Facts& facts) {
  return std::max<std::int64_t>(facts.wire.grew_us(), 0) +
         std::max<std::int64_t>(facts.proxy.grew_us(), 0);
}
bool has_gaps(const Facts& facts) {
  constexpr std::uint64_t samples_min = 10;
  return facts.wire.during_samples + facts.proxy.during_samples >= samples_min;
}

constexpr std::int64_t envoy_slow_us = 300;

/// The wait between the callee's Envoy and its application grew by far more than a starved Envoy
/// would add, and the Envoy is as quick as ever towards its callers: requests queue for workers.
bool queues_for_workers(const Facts& facts) {
  constexpr std::int64_t queue_us = 100'000;
  constexpr std::int64_t wire_same_us = 1'000;
  return facts.proxy.grew_us() >= queue_us && facts.wire.grew_us() < wire_same_us;
}

bool envoy_is_slow_too(const Facts& facts) {
  return has_gaps(facts) && envoy_grew_us(facts) >= envoy_slow_us && !queues_for_workers(facts);
}

/// Late answers by far outnumber those that never came.
bool answers_if_late(const Facts& facts) {
  const auto late = facts.count(Sign::slow_app) + facts.count(Sign::slow_both);
  return late > 5 * facts.count(Sign::unanswered) && late > 0;
}

bool answers_all(const Facts& facts) {
  return facts.count(Sign::unanswered) + facts.count(Sign::app_full) == 0;
}

/// The application is slow now and then: half of the calls are as quick as ever.
bool half_are_quick(const Facts& facts) {
  return facts.usual_own.samples > 0 && facts.own_median_us >= 0 &&
         facts.own_median_us * 2 < facts.usual_own.p50_us * 3;
}
/// Affected and unaffected revisions of the callee's task definition side by side.
bool differs_by_definition(const Facts& facts) {
  std::uint64_t most = 0;
  std::uint64_t least = 100;
  for (const auto& [definition, share] : facts.by_definition) {
    if (definition.empty() || share.calls < 20) continue;
    most = std::max(most, share.percent());
    least = std::min(least, share.percent());
  }
  return most >= 3 * least + 3 && least < 100;
}

// --- Citations of a fact, where there is one ----------------------------------------------------

using Citations = std::vector<Citation>;

Citations the_end(const Facts& facts) {
  if (facts.end == nullptr) return {};
  return {cite_end(*facts.evidence, *facts.end)};
}
Citations no_end(const Facts& facts) {
  const auto& ends = facts.evidence->ends;
  const bool has_any = std::any_of(ends.begin(), ends.end(), [&](const ContainerEnd& end) {
    return facts.evidence->service_of(end.task) == facts.episode->callee;
  });
  const auto& missing = facts.evidence->missing;
  const bool has_tasks =
      std::find(missing.begin(), missing.end(), "ecs/") == missing.end() &&
      std::find(missing.begin(), missing.end(), "ecs/tasks.jsonl") == missing.end();
  if (has_any || !has_tasks) return {};
  return {cite_no_end(*facts.evidence, facts.episode->callee)};
}
Citations cite_trend(const Facts& facts, const Trend& trend, const char* of) {
  if (trend.peak == nullptr) return {};
  const auto percent = [](std::int32_t permille) {
    return permille < 0 ? std::string("unknown")
                        : fmt::format("{}.{} %", permille / 10, permille % 10);
  };
  return {cite_usage(*facts.evidence, *trend.peak,
                     fmt::format("CPU of {}: {} at the most, {} before", of,
                                 percent(trend.peak_permille), percent(trend.before_permille)))};
}
Citations the_cpu(const Facts& facts) {
  return cite_trend(facts, facts.cpu, "the task, of what it reserves");
}
Citations the_host_cpu(const Facts& facts) { return cite_trend(facts, facts.host_cpu, "the host"); }
Citations the_rule(const Facts& facts) {
  if (facts.rule_loss == nullptr) return {};
  return {cite_rule_loss(*facts.evidence, *facts.rule_loss)};
}
Citations the_refusal(const Facts& facts) {
  if (facts.refusal == nullptr) return {};
  return {cite_refusal(*facts.evidence, *facts.refusal)};
}
Citations the_remark(const Facts& facts) {
  if (facts.remark == nullptr) return {};
  return {cite_remark(*facts.evidence, *facts.remark)};
}
Citations the_memory(const Facts& facts) {
  if (facts.memory.peak == nullptr) return {};
  return {
      cite_memory(*facts.evidence, *facts.memory.peak,
                  fmt::format("memory at {}.{} % of what is reserved",
                              facts.memory.peak_permille / 10, facts.memory.peak_permille % 10))};
}
Citations the_counter(const Facts& facts) {
  if (facts.timeout_step == nullptr) return {};
  return {cite_counter(*facts.evidence, *facts.timeout_step)};
}
/// What ECS has of a task that the callers do not reach.
Citations the_silence(const Facts& facts) {
  if (facts.silent_tasks.empty()) return {};
  return {cite_task(*facts.evidence, facts.silent_tasks.front())};
}
Citations the_stop(const Facts& facts) {
  if (facts.stopped == none) return {};
  return {cite_stop(*facts.evidence, facts.stopped)};
}
Citations the_shortage(const Facts& facts) { return facts.shortage.evidence; }
Citations the_unresolved(const Facts& facts) {
  if (facts.unresolved_call == nullptr) return {};
  return {
      cite_failed_call(*facts.evidence, *facts.unresolved_call,
                       fmt::format("a call of its own failed before its Envoy heard of it, with "
                                   "no name resolved: {} calls, this is the first one",
                                   facts.unresolved))};
}
Citations nothing(const Facts& /*facts*/) { return {}; }

// --- The rules ----------------------------------------------------------------------------------

bool cpu_risen(const Facts& facts) { return facts.cpu.level == Level::risen; }
bool cpu_unchanged(const Facts& facts) { return facts.cpu.level == Level::unchanged; }

bool host_is_taken(const Facts& facts) { return facts.host_is_taken; }
bool lacks(const Facts& facts, Shortage::Kind kind) { return facts.shortage.kind == kind; }
bool lacks_credits(const Facts& facts) { return lacks(facts, Shortage::Kind::cpu_credits); }
bool lacks_task_cpu(const Facts& facts) { return lacks(facts, Shortage::Kind::task_cpu); }
bool lacks_memory(const Facts& facts) {
  return lacks(facts, Shortage::Kind::task_memory) || lacks(facts, Shortage::Kind::machine_memory);
}
/// Of something that the machine's CPU figure does not show.
bool lacks_otherwise(const Facts& facts) {
  return lacks_credits(facts) || lacks_task_cpu(facts) || lacks_memory(facts);
}
bool died_for_the_machine(const Facts& facts) {
  return lacks(facts, Shortage::Kind::machine_memory);
}
bool burns_the_cpu(const Facts& facts) {
  return cpu_risen(facts) && !facts.host_is_taken && !lacks_otherwise(facts);
}
/// On a host that others have taken, a quiet CPU tells nothing.
bool waits(const Facts& facts) {
  return cpu_unchanged(facts) && !facts.host_is_taken && !lacks_otherwise(facts);
}
bool host_has_cpu_left(const Facts& facts) {
  constexpr std::int32_t plenty = 600;
  return facts.host_cpu.peak != nullptr && facts.host_cpu.peak_permille < plenty &&
         !lacks_otherwise(facts);
}
/// One of several tasks is out of reach.
bool one_is_silent(const Facts& facts) {
  return !facts.silent_tasks.empty() && facts.siblings_calls > 0;
}
bool names_do_not_resolve(const Facts& facts) {
  return 2 * facts.unresolved >= facts.count(Sign::app_error) && facts.unresolved > 0;
}

std::vector<Rule> network_rules() {
  using F = Facts;
  return {
      {Verdict::network_blocked, 15, [](const F& f) { return f.rule_loss != nullptr; },
       "a security group lost a rule for this port before", the_rule},
      {Verdict::network_blocked, 10, [](const F& f) { return f.refusal != nullptr; },
       "the flow log of a network interface says REJECT", the_refusal},
      {Verdict::network_blocked, 5, [](const F& f) { return f.connect_timeouts > 0; },
       "the caller's Envoy counts connect time-outs, not refusals", the_counter},
      {Verdict::network_blocked, -60, [](const F& f) { return f.end != nullptr; },
       "the address belongs to a task whose container ended", the_end},
      {Verdict::network_blocked, -70, [](const F& f) { return f.stopped != none; },
       "the address belongs to a task that was asked to stop", the_stop},

      {Verdict::network_blocked, 50, one_is_silent,
       "a task that runs was reached no more, while its siblings were", the_silence},

      {Verdict::network_latency, -50, one_is_silent,
       "a task that runs was reached no more, and a longer way lets some calls through",
       the_silence},
      {Verdict::network_latency, -70, [](const F& f) { return f.stopped != none; },
       "the address belongs to a task that was asked to stop", the_stop},
      {Verdict::network_latency, -50,
       [](const F& f) { return f.own.grew_us() > std::max<std::int64_t>(f.wire.grew_us(), 1000); },
       "the application itself got slower by more than the way to it", nothing},
      {Verdict::network_latency, -40, [](const F& f) { return f.end != nullptr; },
       "a task of the callee died, and retries of calls to it take as long", the_end},
  };
}

std::vector<Rule> death_rules() {
  using F = Facts;
  return {
      {Verdict::app_crashed, 10, [](const F& f) { return f.end != nullptr && !is_oom(*f.end); },
       "its container ended of itself", the_end},
      {Verdict::app_crashed, -50, [](const F& f) { return f.end == nullptr; },
       "no container of the callee ended", no_end},
      {Verdict::app_crashed, -100, [](const F& f) { return f.end != nullptr && is_oom(*f.end); },
       "the kernel killed it for its memory", the_end},
      {Verdict::app_crashed, -100, died_for_the_machine,
       "it was killed when its machine's memory was full, and below its own limit", the_shortage},
      {Verdict::app_oom, 10, [](const F& f) { return f.end != nullptr && is_oom(*f.end); },
       "the kernel killed it for its memory", the_end},
      {Verdict::app_oom, 5,
       [](const F& f) { return f.memory.level == Level::risen || f.memory.peak_permille > 850; },
       "its memory had grown to the limit", the_memory},
      {Verdict::app_oom, -100, [](const F& f) { return f.end == nullptr; },
       "no container of the callee ended", no_end},
      {Verdict::app_oom, -100, [](const F& f) { return f.end != nullptr && !is_oom(*f.end); },
       "it ended without an OutOfMemoryError", the_end},
  };
}

std::vector<Rule> stuck_rules() {
  return {
      {Verdict::app_hung, 20, waits, "its CPU did not rise: it waits", the_cpu},
      {Verdict::app_hung, -50, host_is_taken, "its host's CPU is used up by others", the_host_cpu},
      {Verdict::app_hung, -50, cpu_risen, "its CPU is busy: it does not wait", the_cpu},
      {Verdict::app_hung, -50, lacks_otherwise, "it lacks what it needs to work", the_shortage},
      {Verdict::app_hung, -30, answers_if_late, "it answers, if late", nothing},
      {Verdict::app_infinite_loop, -60, lacks_otherwise,
       "it lacks what it needs to work, and it is not its own code that took it", the_shortage},
      {Verdict::app_infinite_loop, -30, answers_if_late, "it answers, if late", nothing},
      {Verdict::app_infinite_loop, -60, answers_all, "no request went without an answer", nothing},
      {Verdict::app_hung, -60, answers_all, "no request went without an answer", nothing},
      {Verdict::app_infinite_loop, 20, burns_the_cpu, "its CPU rose: it computes", the_cpu},
      {Verdict::app_infinite_loop, -30, host_is_taken, "its host's CPU is used up by others",
       the_host_cpu},
      {Verdict::app_infinite_loop, -50, cpu_unchanged, "its CPU did not rise: nothing spins",
       the_cpu},
  };
}

std::vector<Rule> host_rules() {
  using F = Facts;
  return {
      {Verdict::host_overloaded, 30, host_is_taken,
       "its host's CPU is used up, and not by its own task", the_host_cpu},
      {Verdict::host_overloaded, -60, host_has_cpu_left, "its host has CPU left", the_host_cpu},
      {Verdict::host_overloaded, 50, lacks_credits,
       "its machine's CPU credits are used up: it gets its baseline and no more", the_shortage},
      {Verdict::host_overloaded, 50, lacks_task_cpu,
       "its task is at its CPU limit, and it is none of the task's containers that took it there: "
       "all of them stand still for a part of each period",
       the_shortage},
      {Verdict::host_overloaded, 50,
       [](const F& f) { return lacks(f, Shortage::Kind::task_memory); },
       "its memory has grown nearly to its limit: what it does takes longer", the_shortage},
      {Verdict::host_overloaded, 50, died_for_the_machine,
       "it was killed when its machine's memory was full, and below its own limit", the_shortage},
      {Verdict::host_overloaded, 10, envoy_is_slow_too,
       "its Envoy got slow together with the application", nothing},
      {Verdict::host_overloaded, -30,
       [](const F& f) { return has_gaps(f) && !envoy_is_slow_too(f) && !lacks_memory(f); },
       "its Envoy, on the same host, is as quick as ever", nothing},
      {Verdict::host_overloaded, -30,
       [](const F& f) { return half_are_quick(f) && !lacks_otherwise(f); },
       "half of the calls are as quick as ever, and a starved host spares none", nothing},
      {Verdict::host_overloaded, -60, burns_the_cpu, "its own task burns the CPU", the_cpu},
      {Verdict::host_overloaded, -70,
       [](const F& f) { return f.stopped != none && !f.host_is_taken && !lacks_otherwise(f); },
       "the address belongs to a task that was asked to stop", the_stop},
  };
}

std::vector<Rule> version_rules() {
  using F = Facts;
  return {
      {Verdict::app_slow_version, 15,
       [](const F& f) { return f.remark != nullptr && f.count(Sign::slow_app) > 0; },
       "its application says so itself", the_remark},
      {Verdict::app_slow_version, 40, queues_for_workers,
       "requests queue in front of it: all its workers are busy with slow ones", nothing},
      {Verdict::app_slow_version, 10, differs_by_definition,
       "only one revision of its task definition is slow", nothing},
      {Verdict::app_slow_version, -30, host_is_taken, "its host's CPU is used up by others",
       the_host_cpu},
      {Verdict::app_slow_version, -60, lacks_otherwise,
       "it lacks what it needs to work, and it is not its own code that took it", the_shortage},
      {Verdict::app_slow_version, 10,
       [](const F& f) { return !envoy_is_slow_too(f) && half_are_quick(f); },
       "some requests are slow, the others are as quick as ever", nothing},
      {Verdict::app_slow_version, -40,
       [](const F& f) {
         return envoy_is_slow_too(f) && envoy_grew_us(f) * 50 > f.own.grew_us() &&
                !burns_the_cpu(f);
       },
       "its Envoy is slow too, and that is no application's doing", nothing},
      {Verdict::app_failing_version, 10,
       [](const F& f) { return f.remark != nullptr && f.count(Sign::app_error) > 0; },
       "its application says so itself", the_remark},
      {Verdict::app_failing_version, -70, names_do_not_resolve,
       "its own calls failed, for want of an address, before its Envoy heard of them",
       the_unresolved},
      {Verdict::app_failing_version, 10, differs_by_definition,
       "only one revision of its task definition fails", nothing},
  };
}

}  // namespace

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> all = [] {
    std::vector<Rule> rules;
    for (const auto& part :
         {network_rules(), death_rules(), stuck_rules(), host_rules(), version_rules()}) {
      rules.insert(rules.end(), part.begin(), part.end());
    }
    return rules;
  }();
  return all;
}

}  // namespace hoplab::report::diagnosis
