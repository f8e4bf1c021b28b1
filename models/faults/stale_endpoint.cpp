// Cloud Map's records of a service stay as they are, whatever becomes of its tasks.
//
// What a real operator sees: a task stops, its address is silent, and callers go on dialling it: a
// second more for each retry (UF, connect time-out), 200 where the retry finds a sibling, 503
// UF,URX where there is none. ECS has long started a new task, whose address nobody gets to know.
// The usual 20 to 30 s of it need no fault: they are what registration and polling take.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class StaleEndpoint final : public Fault {
 public:
  explicit StaleEndpoint(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    world.control_planes().set_records_frozen(spec_.target, true);
  }

  void heal(Controls& world) override {
    world.control_planes().set_records_frozen(spec_.target, false);
  }

 private:
  scenarios::Fault spec_;
};

}  // namespace

FaultKind stale_endpoint() {
  return {
      {.action = "hoplab:cloudmap:stale-endpoint",
       .target = scenarios::FaultAction::Target::service,
       .parameters = {},
       .symptom = "after the next stop of a task: UF and a second more at the callers, for ever",
       .fis_equivalent = ""},
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<StaleEndpoint>(spec);
      }};
}

}  // namespace hoplab::models::faults
