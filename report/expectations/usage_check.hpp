// CPU and memory as Container Insights told them, and whether they are what a scenario expects.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "report/expectations/comparison.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::expectations {

/// What one performance event says, of a task ("Task") or of one of its containers ("Container").
struct UsageEvent {
  std::string task_id;
  std::string service;    ///< "" in a container's event.
  std::string container;  ///< "" in a task's event.
  double cpu_units = 0;
  double memory_mebibytes = 0;
};

/// Nothing for other lines.
[[nodiscard]] std::optional<UsageEvent> parse_usage(std::string_view message);

/// The minutes that one `utilization:` expectation is about, as shares of the task's size: each
/// minute of each task of the service counts once. A minute belongs to the window in which it
/// began.
class UsageCheck {
 public:
  /// Both outlive this; the kind is utilization.
  UsageCheck(const scenarios::Scenario& scenario, const scenarios::Expectation& expectation);

  void event(const UsageEvent& event, sim::Duration at);
  [[nodiscard]] const scenarios::Expectation& expectation() const { return expectation_; }
  /// No minute, no verdict: it fails.
  [[nodiscard]] Verdict judge_cpu() const { return cpu_.judge(*expectation_.cpu); }
  [[nodiscard]] Verdict judge_memory() const { return memory_.judge(*expectation_.memory); }

 private:
  struct Shares {
    std::uint64_t count = 0;
    double sum = 0;
    double minimum = 0;
    double maximum = 0;
    void add(double share);
    [[nodiscard]] Verdict judge(const scenarios::Comparison& comparison) const;
  };

  const scenarios::Expectation& expectation_;
  double task_cpu_units_ = 0;
  double task_memory_mebibytes_ = 0;
  std::map<std::string, std::string> service_of_task_;
  Shares cpu_;
  Shares memory_;
};

}  // namespace hoplab::report::expectations
