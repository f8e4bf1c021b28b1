// What ECS said of the tasks, and whether it is what a scenario expects.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/schema/spec.hpp"
#include "sim/units.hpp"

namespace hoplab::report::expectations {

/// The members of a DescribeTasks `task` object that are looked at.
struct TaskDocument {
  struct Container {
    std::string name;
    std::optional<int> exit_code;
    std::string reason;
  };
  std::string arn;
  std::string service;  ///< Of group "service:b"; "" for a task of no service.
  std::string last_status;
  std::string stop_code;
  std::string stopped_reason;
  std::vector<Container> containers;

  /// "RUNNING", or "STOPPED: app exit 137 OutOfMemoryError: ..." with the containers that ended.
  [[nodiscard]] std::string note() const;
};

/// Nothing for what is no task object.
[[nodiscard]] std::optional<TaskDocument> parse_task(std::string_view json);

/// Counts the tasks that are as one `ecs:` expectation says, by the last document of each task
/// before the window's end. Exit code and reason must be of one and the same container.
class TaskCheck {
 public:
  /// Outlives this; the kind is ecs.
  explicit TaskCheck(const scenarios::Expectation& expectation) : expectation_(expectation) {}

  void task(const TaskDocument& document, sim::Duration at);
  [[nodiscard]] const scenarios::Expectation& expectation() const { return expectation_; }
  [[nodiscard]] std::uint64_t matched() const;
  /// What the service's tasks were like instead, each state with its count.
  [[nodiscard]] std::string states() const;

 private:
  [[nodiscard]] bool is_as_expected(const TaskDocument& document) const;

  struct State {
    bool matches = false;
    std::string note;
  };
  const scenarios::Expectation& expectation_;
  std::map<std::string, State> by_arn_;
};

}  // namespace hoplab::report::expectations
