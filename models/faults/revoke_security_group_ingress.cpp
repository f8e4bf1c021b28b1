// A security group loses a rule that let requests in.
//
// What a real operator sees. If the rule was open to 0.0.0.0/0 both ways its flows are untracked
// and cut at once: requests on pooled connections hang and end with UT, later ones fail to connect
// and end with UF,URX; the target has no line of them and looks healthy and idle. If the rule was
// narrower its flows are tracked: nothing at all happens, until a connection has to be made anew.
// A dropped SYN gets no answer, not even a RST.

#include <set>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class RevokeSecurityGroupIngress final : public Fault {
 public:
  explicit RevokeSecurityGroupIngress(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    const int port = integer_parameter(spec_, "port");
    for (TaskHandle* task : world.tasks(spec_)) {
      for (const vpc::GroupRef group : task->security_groups()) {
        if (revoked_.insert(group).second) world.revocations().revoke(group, port);
      }
    }
    world.publish_security_groups();
  }

  void heal(Controls& world) override {
    const int port = integer_parameter(spec_, "port");
    for (const vpc::GroupRef group : revoked_) world.revocations().restore(group, port);
    revoked_.clear();
    world.publish_security_groups();
  }

 private:
  scenarios::Fault spec_;
  std::set<vpc::GroupRef> revoked_;
};

}  // namespace

FaultKind revoke_security_group_ingress() {
  return {{.action = "hoplab:ec2:revoke-security-group-ingress",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {{.name = "port",
                           .type = scenarios::FaultAction::Type::integer,
                           .required = true,
                           .default_value = "",
                           .meaning = "TCP port, 1..65535; every ingress rule that covers it goes",
                           .minimum = 1,
                           .maximum = 65535}},
           .symptom = "the caller's Envoy logs 503 UF,URX (504 UT on pooled connections), the "
                      "target logs nothing and looks healthy",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<RevokeSecurityGroupIngress>(spec);
          }};
}

}  // namespace hoplab::models::faults
