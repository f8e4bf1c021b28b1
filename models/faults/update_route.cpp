// An operator changes the weights of a virtual service's routes: a canary goes on, or back.
//
// What a real operator sees: DescribeRoute shows the new weights at once, and for seconds up to a
// minute nothing else changes; then every Envoy splits its requests anew, retries included. The end
// of the action brings the old weights back, as slowly.

#include <map>
#include <string>

#include "models/faults/fault.hpp"
#include "scenarios/schema/targets.hpp"

namespace hoplab::models::faults {
namespace {

class UpdateRoute final : public Fault {
 public:
  explicit UpdateRoute(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    before_ = world.control_planes().set_weights(
        text_parameter(spec_, "virtualService"),
        scenarios::parse_weights(text_parameter(spec_, "weights"))
            .value_or(std::map<std::string, std::uint32_t>()));
  }
  void heal(Controls& world) override {
    static_cast<void>(
        world.control_planes().set_weights(text_parameter(spec_, "virtualService"), before_));
  }

 private:
  scenarios::Fault spec_;
  std::map<std::string, std::uint32_t> before_;
};

}  // namespace

FaultKind update_route() {
  using Type = scenarios::FaultAction::Type;
  return {{.action = "hoplab:appmesh:update-route",
           .target = scenarios::FaultAction::Target::mesh,
           .parameters = {{.name = "virtualService",
                           .type = Type::text,
                           .required = true,
                           .default_value = "",
                           .meaning = "whose routes",
                           .minimum = 0,
                           .maximum = 0},
                          {.name = "weights",
                           .type = Type::text,
                           .required = true,
                           .default_value = "",
                           .meaning = "of the services behind it, 0..100 each: \"b-v1=50,b-v2=50\"",
                           .minimum = 0,
                           .maximum = 0}},
           .symptom = "half a minute later requests are split by the new weights",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<UpdateRoute>(spec);
          }};
}

}  // namespace hoplab::models::faults
