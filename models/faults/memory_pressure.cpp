// The application's memory grows to just below its limit, and stays there.
//
// What a real operator sees: MemoryUtilization at 90 to 100 %, and 200 with long DURATIONs at both
// Envoys: the kernel reclaims pages, a heap collects garbage, and the work of every request takes
// longer. Nothing fails, until the limit is reached: then it is hoplab:ecs:oom-kill.

#include <vector>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class MemoryPressure final : public Fault {
 public:
  explicit MemoryPressure(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    for (TaskHandle* task : world.tasks(spec_)) meet(world, *task);
  }

  void meet(Controls& world, TaskHandle& task) override {
    app::ResidentSet& memory = task.application().memory();
    const auto aim = static_cast<std::int64_t>(static_cast<double>(memory.limit().count()) *
                                               ratio_parameter(spec_, "usage").value());
    const sim::Bytes more = sim::Bytes(aim) - memory.held();
    if (more <= sim::Bytes(0)) return;
    const sim::Duration ramp = duration_parameter(spec_, "rampTime");
    taken_.push_back({&memory, more, 0, {}});
    if (ramp == sim::Duration::zero()) return memory.leak(more);
    taken_.back().rate = static_cast<double>(more.count()) / sim::in_seconds(ramp);
    memory.change_rate(taken_.back().rate);
    taken_.back().ramp_end = world.sim_engine().now() + ramp;
    world.sim_engine().after(
        ramp, sim::call<&MemoryPressure::end_ramp>(*this, std::uint64_t{taken_.size() - 1}));
  }

  void heal(Controls& world) override {
    for (Taken& taken : taken_) {
      sim::Bytes held = taken.size;
      if (taken.rate > 0) {
        const sim::Duration left = taken.ramp_end - world.sim_engine().now();
        held = held - sim::Bytes(static_cast<std::int64_t>(taken.rate * sim::in_seconds(left)));
        taken.memory->change_rate(-taken.rate);
        taken.rate = 0;
      }
      taken.memory->give_back(held);
    }
    is_healed_ = true;
  }

 private:
  struct Taken {
    app::ResidentSet* memory = nullptr;
    sim::Bytes size{0};
    double rate = 0;  ///< While it ramps.
    sim::SimTime ramp_end{};
  };

  void end_ramp(std::uint64_t index) {
    Taken& taken = taken_[index];
    if (is_healed_) return;
    taken.memory->change_rate(-taken.rate);
    taken.rate = 0;
  }

  scenarios::Fault spec_;
  std::vector<Taken> taken_;
  bool is_healed_ = false;
};

}  // namespace

FaultKind memory_pressure() {
  using Type = scenarios::FaultAction::Type;
  return {{.action = "hoplab:ecs:memory-pressure",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {{.name = "usage",
                           .type = Type::ratio,
                           .required = false,
                           .default_value = "97%",
                           .meaning = "of the limit, 0%..100%; at 100% it is killed"},
                          {.name = "rampTime",
                           .type = Type::duration,
                           .required = false,
                           .default_value = "10s",
                           .meaning = "from its usual memory to there; 0s: at once"}},
           .symptom = "MemoryUtilization near 100 %, 200 with long DURATIONs at both Envoys",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<MemoryPressure>(spec);
          }};
}

}  // namespace hoplab::models::faults
