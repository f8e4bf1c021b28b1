#include "report/expectations/evaluate.hpp"

#include <algorithm>
#include <utility>

#include "report/expectations/comparison.hpp"
#include "report/recording/recorder.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::report::expectations {
namespace {

using scenarios::Expectation;

Check make_check(std::string what, const std::string& expected, Verdict verdict) {
  return {std::move(what), expected, std::move(verdict.measured), verdict.held};
}

/// "a->b" and "http_req_duration" of "a->b.http_req_duration".
std::pair<std::string, std::string> split_metric(const std::string& metric) {
  const auto dot = metric.rfind('.');
  if (dot == std::string::npos) return {metric, ""};
  return {metric.substr(0, dot), metric.substr(dot + 1)};
}

std::vector<Check> check_thresholds(const Expectation& expectation, const recording::HopBook& book,
                                    Duration whole) {
  const recording::Window window = expectation.window.value_or(recording::whole_run);
  const Duration span = expectation.window ? window.to - window.from : whole;
  std::vector<Check> checks;
  for (const auto& [metric, comparison] : expectation.comparisons) {
    const auto [series, name] = split_metric(metric);
    const auto figures = book.requests(series, window);
    checks.push_back(
        make_check(metric, comparison.text, judge_requests(comparison, name, figures, span)));
  }
  return checks;
}

std::vector<Check> check_hops(const Expectation& expectation, const recording::HopBook& book) {
  const recording::Window window = expectation.window.value_or(recording::whole_run);
  std::vector<Check> checks;
  for (const auto& [hop, comparison] : expectation.comparisons) {
    checks.push_back(
        make_check(hop, comparison.text, judge_hop(comparison, book.hop(hop, window))));
  }
  return checks;
}

std::vector<Check> check_log(const LogCheck& counts) {
  const Expectation& expectation = counts.expectation();
  const std::string what = counts.description();
  std::vector<Check> checks;
  if (!counts.trouble().empty()) {
    return {{what, "a log that can be read", "it " + counts.trouble(), false}};
  }
  if (expectation.share) {
    checks.push_back(
        make_check(what + ": share", expectation.share->text,
                   judge_share(*expectation.share, counts.matched(), counts.selected())));
  }
  if (expectation.count) {
    checks.push_back(make_check(what + ": count", expectation.count->text,
                                judge_count(*expectation.count, counts.matched())));
  }
  if (expectation.duration) {
    checks.push_back(make_check(what + ": duration", expectation.duration->text,
                                judge_samples(*expectation.duration, counts.durations())));
  }
  if (checks.empty()) {
    checks.push_back({what, "at least one line",
                      std::to_string(counts.matched()) + " of " + std::to_string(counts.selected()),
                      counts.matched() > 0});
  }
  return checks;
}

std::string describe(const Expectation& expectation) {
  std::string text = "tasks of " + expectation.service;
  const auto add = [&text](const char* key, const std::string& value) {
    if (!value.empty()) text += std::string(", ") + key + " " + value;
  };
  add("lastStatus", expectation.last_status);
  if (expectation.exit_code) add("exitCode", std::to_string(*expectation.exit_code));
  add("reason", expectation.reason);
  add("stopCode", expectation.stop_code);
  add("stoppedReason", expectation.stopped_reason);
  return text;
}

std::vector<Check> check_tasks(const TaskCheck& counts) {
  const Expectation& expectation = counts.expectation();
  const std::uint64_t matched = counts.matched();
  const std::string measured = std::to_string(matched) + " (" + counts.states() + ")";
  if (!expectation.count) {
    return {{describe(expectation), "at least one", measured, matched > 0}};
  }
  const bool held = judge_count(*expectation.count, matched).held;
  return {{describe(expectation) + ": count", expectation.count->text, measured, held}};
}

std::vector<Check> check_usage(const UsageCheck& usage) {
  const Expectation& expectation = usage.expectation();
  std::string of = expectation.service;
  if (!expectation.container.empty()) of += "." + expectation.container;
  std::vector<Check> checks;
  if (expectation.cpu) {
    checks.push_back(make_check(of + " cpu", expectation.cpu->text, usage.judge_cpu()));
  }
  if (expectation.memory) {
    checks.push_back(make_check(of + " memory", expectation.memory->text, usage.judge_memory()));
  }
  return checks;
}

/// Why an expectation is not judged; "" for those that are.
std::string reason_to_skip(const Expectation& expectation) {
  switch (expectation.kind) {
    case Expectation::Kind::alarm:
      return "nothing is recorded in which it could be evaluated";  // Else from the recording.
    case Expectation::Kind::diagnose:
      return "nothing is recorded that could be diagnosed";  // Else it is judged from the
                                                             // recording.
    case Expectation::Kind::thresholds:
    case Expectation::Kind::hops:
    case Expectation::Kind::access_log:
    case Expectation::Kind::app_log:
    case Expectation::Kind::ecs:
    case Expectation::Kind::utilization:
      break;
  }
  return "";
}

std::vector<Check> checks_of(const Expectation& expectation, const scenarios::Scenario& scenario,
                             const recording::HopBook& book, const Witness& witness) {
  switch (expectation.kind) {
    case Expectation::Kind::thresholds:
      return check_thresholds(expectation, book, scenario.duration);
    case Expectation::Kind::hops:
      return check_hops(expectation, book);
    case Expectation::Kind::access_log:
    case Expectation::Kind::app_log:
      return check_log(*witness.log_check(expectation));
    case Expectation::Kind::ecs:
      return check_tasks(*witness.task_check(expectation));
    case Expectation::Kind::utilization:
      return check_usage(*witness.usage_check(expectation));
    case Expectation::Kind::diagnose:
    case Expectation::Kind::alarm:
      break;
  }
  HOPLAB_ASSERT(false, "every kind of expectation is judged");
  return {};
}

}  // namespace

std::vector<Result> evaluate(const scenarios::Scenario& scenario, const recording::HopBook& book,
                             const Witness& witness) {
  std::vector<Result> results;
  for (const auto& expectation : scenario.expectations) {
    Result result;
    result.name = expectation.name;
    result.window =
        expectation.window ? recording::span_text(*expectation.window) : std::string("whole run");
    result.file = recording::recorded_file_name(expectation.mark.file);
    result.line = expectation.mark.line;
    result.skipped = reason_to_skip(expectation);
    if (result.skipped.empty()) {
      result.checks = checks_of(expectation, scenario, book, witness);
      result.held =
          !result.checks.empty() && std::all_of(result.checks.begin(), result.checks.end(),
                                                [](const Check& check) { return check.held; });
    }
    results.push_back(std::move(result));
  }
  return results;
}

bool all_held(const std::vector<Result>& results) {
  return std::all_of(results.begin(), results.end(),
                     [](const Result& result) { return result.held || !result.skipped.empty(); });
}

}  // namespace hoplab::report::expectations
