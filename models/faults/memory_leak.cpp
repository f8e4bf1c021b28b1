// The application leaks memory until the kernel kills it.
//
// What a real operator sees: MemoryUtilization climbs in a straight line while everything else is
// fine; at the limit of the container (or of the task) the process gets SIGKILL: exit code 137 with
// the reason OutOfMemoryError, and from there on all is as in a crash. A 137 without that reason is
// another story: a container that outlived its stopTimeout. Healing stands for a version that leaks
// no more; what has leaked is not given back.

#include "models/faults/code_fault.hpp"

namespace hoplab::models::faults {
namespace {

class MemoryLeak final : public Fault {
 public:
  explicit MemoryLeak(const scenarios::Fault& spec)
      : spec_(spec), per_request_(spec, bug_of(spec)) {}

  void inject(Controls& world) override {
    for (TaskHandle* task : world.tasks(spec_)) meet(world, *task);
  }

  void meet(Controls& world, TaskHandle& task) override {
    if (bytes_parameter(spec_, "perRequest") > sim::Bytes(0)) per_request_.meet(world, task);
    const double rate = bytes_per_second();
    if (rate <= 0) return;
    task.application().memory().change_rate(rate);
    leaking_.emplace_back(&task.application().memory(), rate);
  }

  void heal(Controls& world) override {
    for (const auto& [memory, rate] : leaking_) memory->change_rate(-rate);
    leaking_.clear();
    per_request_.heal(world);
  }

 private:
  /// Who says what a request leaks and nothing else means that alone.
  [[nodiscard]] double bytes_per_second() const {
    const bool is_per_request =
        spec_.parameters.contains("perRequest") && !spec_.parameters.contains("perSecond");
    return is_per_request ? 0 : static_cast<double>(bytes_parameter(spec_, "perSecond").count());
  }
  static app::Bug bug_of(const scenarios::Fault& spec) {
    app::Bug bug;
    bug.kind = app::Bug::Kind::leak;
    bug.size = bytes_parameter(spec, "perRequest");
    return bug;
  }

  scenarios::Fault spec_;
  CodeFault per_request_;
  std::vector<std::pair<app::ResidentSet*, double>> leaking_;
};

scenarios::FaultAction::Parameter size(std::string name, std::string default_value,
                                       std::string meaning) {
  return {.name = std::move(name),
          .type = scenarios::FaultAction::Type::bytes,
          .required = false,
          .default_value = std::move(default_value),
          .meaning = std::move(meaning),
          .minimum = 0,
          .maximum = 0};
}

}  // namespace

FaultKind memory_leak() {
  return {{.action = "hoplab:ecs:memory-leak",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {size("perSecond", "10MiB",
                               "what it leaks each second, unless perRequest alone is given"),
                          size("perRequest", "0B", "what it leaks with each request; 0B: nothing")},
           .symptom = "MemoryUtilization climbs; at the limit exit code 137 with OutOfMemoryError, "
                      "then as in a crash",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<MemoryLeak>(spec);
          }};
}

}  // namespace hoplab::models::faults
