// An operator changes a service: how many tasks, which version, or all tasks anew.
//
// What a real operator sees: a new deployment (rolloutState IN_PROGRESS), events "has started n
// tasks", "has stopped n running tasks", at last "(deployment ecs-svc/...) deployment completed."
// and "has reached a steady state."; in between as many tasks as minimumHealthyPercent and
// maximumPercent allow. Callers notice what the stopping tasks leave behind: UF until Cloud Map and
// App Mesh have told their Envoys.

#include <optional>
#include <string>
#include <utility>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class UpdateService final : public Fault {
 public:
  explicit UpdateService(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    faults::ControlPlanes& aws = world.control_planes();
    if (boolean_parameter(spec_, "rollback")) return aws.roll_back(spec_.target);
    const std::string count = text_parameter(spec_, "desiredCount");
    aws.update_service(spec_.target, count.empty() ? std::nullopt : std::optional(std::stoi(count)),
                       text_parameter(spec_, "taskDefinition"),
                       boolean_parameter(spec_, "forceNewDeployment"));
  }

  void heal(Controls& /*world*/) override {}  // Whoever wants it back updates it again.

 private:
  scenarios::Fault spec_;
};

}  // namespace

FaultKind update_service() {
  using Type = scenarios::FaultAction::Type;
  const auto parameter = [](std::string name, Type type, std::string otherwise, std::string meaning,
                            std::int64_t most) {
    return scenarios::FaultAction::Parameter{.name = std::move(name),
                                             .type = type,
                                             .required = false,
                                             .default_value = std::move(otherwise),
                                             .meaning = std::move(meaning),
                                             .minimum = 0,
                                             .maximum = most};
  };
  constexpr std::int64_t tasks_max = 10'000;
  return {
      {.action = "hoplab:ecs:update-service",
       .target = scenarios::FaultAction::Target::service,
       .parameters = {parameter("desiredCount", Type::integer, "",
                                "how many tasks, 0..10000; not given: as many as before",
                                tasks_max),
                      parameter("taskDefinition", Type::text, "",
                                "a service of the file whose program and task definition it "
                                "takes, or a task definition of the file",
                                0),
                      parameter("forceNewDeployment", Type::boolean, "false",
                                "true: all tasks anew, even if nothing else changes", 0),
                      parameter("rollback", Type::boolean, "false",
                                "true: what was deployed before; the others are ignored", 0)},
       .symptom = "a deployment: tasks start and stop; UF at the callers until their Envoys know",
       .fis_equivalent = ""},
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<UpdateService>(spec);
      }};
}

}  // namespace hoplab::models::faults
