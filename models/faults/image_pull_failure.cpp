// The images of a version cannot be fetched.
//
// What a real operator sees: running tasks are fine; each new one stops in PENDING with stopCode
// TaskFailedToStart and "CannotPullContainerError" as the container's reason, and no exit code. A
// service whose tasks were all well shrinks with every task that stops.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class ImagePullFailure final : public Fault {
 public:
  explicit ImagePullFailure(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    world.control_planes().set_images_missing(spec_.target, true);
  }
  void heal(Controls& world) override {
    world.control_planes().set_images_missing(spec_.target, false);
  }

 private:
  scenarios::Fault spec_;
};

}  // namespace

FaultKind image_pull_failure() {
  return {{.action = "hoplab:ecs:image-pull-failure",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {},
           .symptom = "new tasks stop in PENDING: TaskFailedToStart, CannotPullContainerError",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<ImagePullFailure>(spec);
          }};
}

}  // namespace hoplab::models::faults
