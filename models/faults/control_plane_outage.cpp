// App Mesh's Envoy management service does not answer.
//
// What a real operator sees: nothing, at first. Envoys keep their last configuration, requests go
// on. Their logs say "gRPC config stream closed: 14", control_plane.connected_state is 0. But the
// world goes on, too: a task that stops stays in every Envoy (stale endpoints, UF), a new one waits
// for its first configuration for ever: nobody listens on its ports, its health check fails, and an
// application that waits for a HEALTHY Envoy is never started.

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class ControlPlaneOutage final : public Fault {
 public:
  explicit ControlPlaneOutage(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override { world.control_planes().set_control_plane_up(false); }

  void heal(Controls& world) override { world.control_planes().set_control_plane_up(true); }

 private:
  scenarios::Fault spec_;
};

}  // namespace

FaultKind control_plane_outage() {
  return {{.action = "hoplab:appmesh:control-plane-outage",
           .target = scenarios::FaultAction::Target::mesh,
           .parameters = {},
           .symptom = "nothing at first; stale endpoints and Envoys that never start at the next "
                      "change of tasks",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<ControlPlaneOutage>(spec);
          }};
}

}  // namespace hoplab::models::faults
