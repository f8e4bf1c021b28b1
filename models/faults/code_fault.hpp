// What the faults in an application's code have in common.
#pragma once

#include <utility>
#include <vector>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {

/// A bug of one kind in the share of the requests that the parameter `share` tells.
[[nodiscard]] inline app::Bug bug_in_a_share(app::Bug::Kind kind, const scenarios::Fault& spec) {
  app::Bug bug;
  bug.kind = kind;
  bug.share = ratio_parameter(spec, "share");
  return bug;
}

/// A bad version of the code: the bug comes to the target's tasks, and goes from just these tasks
/// when a good version heals it.
class CodeFault final : public Fault {
 public:
  CodeFault(const scenarios::Fault& spec, app::Bug bug) : spec_(spec), bug_(std::move(bug)) {}

  void inject(Controls& world) override {
    for (TaskHandle* task : world.tasks(spec_)) meet(world, *task);
  }

  /// A task that starts runs the same bad version; one of another version does not.
  void meet(Controls& /*world*/, TaskHandle& task) override {
    const bool is_meant = spec_.target == task.version() ||
                          spec_.target == scenarios::every_resource || spec_.selection.has_value();
    if (!is_meant) return;
    introduced_.emplace_back(&task.application(), task.application().introduce(bug_));
  }

  void heal(Controls& /*world*/) override {
    for (const auto& [application, bug] : introduced_) application->fix(bug);
    introduced_.clear();
  }

 private:
  scenarios::Fault spec_;
  app::Bug bug_;
  /// Processes, not tasks: a container that was started anew is met anew.
  std::vector<std::pair<app::Application*, app::BugId>> introduced_;
};

}  // namespace hoplab::models::faults
