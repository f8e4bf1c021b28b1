// Findings in one sentence.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "report/diagnosis/cite.hpp"
#include "report/diagnosis/conclude.hpp"

namespace hoplab::report::diagnosis {
namespace {

/// "3 of 20 calls".
std::string calls_hit(const Facts& facts) {
  return fmt::format("{} of {} calls", facts.episode->symptoms.size(), facts.episode->calls);
}

std::string blocked_summary(const Facts& facts, const std::string& hop) {
  const std::string& callee = facts.evidence->service_name(facts.episode->callee);
  if (facts.silent_tasks.empty() || facts.siblings_calls == 0) {
    return fmt::format("the path {} is blocked: {} failed to connect or were never seen at {}", hop,
                       calls_hit(facts), callee);
  }
  return fmt::format(
      "{} of the tasks of {} cannot be reached: {} failed, or waited for a connect time-out before "
      "another task took them",
      facts.silent_tasks.size(), callee, calls_hit(facts));
}

std::string overloaded_summary(const Facts& facts) {
  const std::string& callee = facts.evidence->service_name(facts.episode->callee);
  const std::string hit = calls_hit(facts);
  switch (facts.shortage.kind) {
    case Shortage::Kind::cpu_credits:
      return fmt::format("the host of {} has used up its CPU credits: {} slow or timed out", callee,
                         hit);
    case Shortage::Kind::task_cpu:
      return fmt::format(
          "the task of {} is at its CPU limit, and not by its containers: {} slow or timed out",
          callee, hit);
    case Shortage::Kind::task_memory:
      return fmt::format("the task of {} has next to no memory left: {} slow or timed out", callee,
                         hit);
    case Shortage::Kind::machine_memory:
      return fmt::format("the host of {} ran out of memory, and {} was killed for it: {} hit",
                         callee, callee, hit);
    case Shortage::Kind::machine_cpu:
    case Shortage::Kind::nothing:
      break;
  }
  return fmt::format("the host of {} has no CPU left for it: {} slow or timed out", callee, hit);
}

/// Nothing is broken: tasks were stopped, and calls to them go on.
OpenCause stop_cause(const Facts& facts) {
  const std::string& callee = facts.evidence->service_name(facts.episode->callee);
  const Task& task = facts.evidence->tasks[facts.stopped];
  const bool is_of_host = task.stop_reason.starts_with("TerminationNotice");
  OpenCause open;
  open.cause = is_of_host ? "host terminated" : "stopped on request";
  open.says = fmt::format(
      "{} hit tasks of {} that {}: no fault of theirs, but they are called all the same",
      calls_hit(facts), callee, is_of_host ? "went with their host" : "were stopped on request");
  open.check = is_of_host
                   ? "who terminated the host, and how long callers go on dialling its address"
                   : "who stopped it, and why no replacement serves in its place (the service's "
                     "events)";
  open.evidence = {cite_stop(*facts.evidence, facts.stopped)};
  return open;
}

OpenCause name_cause(const Facts& facts) {
  const std::string& callee = facts.evidence->service_name(facts.episode->callee);
  const FailedCallLine& call = *facts.unresolved_call;
  OpenCause open;
  open.cause = "name resolution";
  open.says = fmt::format(
      "{} answered {} with an error of its own, since a name that it calls did not resolve", callee,
      calls_hit(facts));
  open.check = "does the name of the failed calls resolve where " + callee +
               " runs (dig), and what do the private hosted zone and the VPC's DNS settings say?";
  open.evidence = {cite_failed_call(
      *facts.evidence, call,
      fmt::format(
          "\"{}\": {} calls failed so, before an Envoy heard of them; this is the first one",
          facts.evidence->errors[call.error], facts.unresolved))};
  return open;
}

/// The pool's limit refuses; whether it is too low or the callee too slow for its load is another
/// question.
OpenCause limit_cause(const Facts& facts) {
  const std::string& callee = facts.evidence->service_name(facts.episode->callee);
  const auto& symptoms = facts.episode->symptoms;
  const auto first = std::find_if(symptoms.begin(), symptoms.end(), [](const Symptom& symptom) {
    return symptom.sign == Sign::over_limit;
  });
  const bool is_at_callee = first->attempt != nullptr;
  const std::string envoy =
      (is_at_callee ? callee : facts.evidence->service_name(first->caller)) + ".envoy";
  OpenCause open;
  open.cause = "connection pool limit";
  open.hop = envoy;
  open.says = fmt::format("{} refused {} to {} itself: its connection pool was full (UO)", envoy,
                          calls_hit(facts), callee);
  open.check =
      "the connection pool's limits of " + callee +
      "'s listener against the requests under way: is the load new, or the answers slower?";
  return open;
}

}  // namespace

std::optional<OpenCause> open_cause_of(const Facts& facts) {
  if (facts.stopped != none) return stop_cause(facts);
  const std::size_t all = facts.episode->symptoms.size();
  if (2 * facts.unresolved >= all && facts.unresolved > 0) return name_cause(facts);
  if (2 * facts.count(Sign::over_limit) >= all) return limit_cause(facts);
  return std::nullopt;
}

std::string summary_of(Verdict verdict, const Facts& facts, const std::string& hop) {
  const Evidence& evidence = *facts.evidence;
  const std::string& callee = evidence.service_name(facts.episode->callee);
  const auto bad = facts.episode->symptoms.size();
  const auto calls = facts.episode->calls;
  switch (verdict) {
    case Verdict::network_blocked:
      return blocked_summary(facts, hop);
    case Verdict::network_latency:
      return fmt::format("the path {} is slow: {} of {} calls, while {} itself is as quick as ever",
                         hop, bad, calls, callee);
    case Verdict::app_crashed:
      return fmt::format("{} of {} died{}: {} of {} calls hit",
                         facts.end && facts.end->is_proxy ? "the Envoy" : "the application", callee,
                         facts.end && facts.end->has_exit_code
                             ? fmt::format(" (exit code {})", facts.end->exit_code)
                             : "",
                         bad, calls);
    case Verdict::app_oom:
      return fmt::format("{} was killed for its memory: {} of {} calls hit", callee, bad, calls);
    case Verdict::app_hung:
      return fmt::format("{} accepts requests and never answers them, idle: {} of {} calls", callee,
                         bad, calls);
    case Verdict::app_infinite_loop:
      return fmt::format("{} accepts requests and never answers them, spinning: {} of {} calls",
                         callee, bad, calls);
    case Verdict::host_overloaded:
      return overloaded_summary(facts);
    case Verdict::app_slow_version:
      return fmt::format("the application of {} itself is slow: {} of {} calls", callee, bad,
                         calls);
    case Verdict::app_failing_version:
      return fmt::format("the application of {} itself answers 5xx: {} of {} calls", callee, bad,
                         calls);
    case Verdict::undetermined:
    case Verdict::healthy:
      break;
  }
  if (auto open = open_cause_of(facts)) return std::move(open->says);
  return fmt::format("{} of {} calls to {} went wrong, and the evidence does not tell why", bad,
                     calls, callee);
}

}  // namespace hoplab::report::diagnosis
