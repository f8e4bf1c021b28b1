// FIS puts another network ACL in front of a subnet for a while.
//
// What a real operator sees: every connection across the subnet's edge is dead at once, pooled ones
// included: 504 UT, then 503 UF,URX. What stays within the subnet goes on. With the scope
// availability-zone only the way to and from other zones is cut.

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "models/faults/subnets.hpp"
#include "models/faults/task_network.hpp"

namespace hoplab::models::faults {
namespace {

constexpr std::uint32_t first_number = 100;
constexpr vpc::Cidr anywhere{{0}, 0};

class DisruptConnectivity final : public Fault {
 public:
  explicit DisruptConnectivity(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    vpc::SubnetRules& rules = world.vpc_network().subnets();
    for (const vpc::SubnetRef subnet : subnets_of(world, spec_)) {
      const vpc::AclRef acl = rules.add_acl(
          {.id = fmt::format("acl-{:017x}",
                             sim::stable_hash(spec_.name + "/" + rules.subnet(subnet).name)),
           .is_default = false,
           .entries = entries_for(rules, subnet)});
      rules.swap_in(subnet, acl);
      swapped_.emplace_back(subnet, acl);
    }
    world.publish_subnet_rules();
  }

  void heal(Controls& world) override {
    for (const auto& [subnet, acl] : swapped_) world.vpc_network().subnets().swap_out(subnet, acl);
    swapped_.clear();
    world.publish_subnet_rules();
  }

 private:
  // `all` needs no entry: what no rule fits is denied.
  [[nodiscard]] std::vector<vpc::AclEntry> entries_for(const vpc::SubnetRules& rules,
                                                       vpc::SubnetRef own) const {
    std::vector<vpc::AclEntry> entries;
    const std::string scope = text_parameter(spec_, "scope");
    if (scope == "all") return entries;
    std::uint32_t number = first_number;
    const auto add = [&](bool allows, vpc::Cidr block) {
      for (const bool is_egress : {true, false}) {
        entries.push_back({.number = number,
                           .is_egress = is_egress,
                           .allows = allows,
                           .protocol = "-1",
                           .cidr = block});
      }
      ++number;
    };
    if (scope == "vpc") {
      add(true, rules.vpc());
      return entries;
    }
    for (const vpc::Subnet& other : rules.subnets()) {
      if (other.zone != rules.subnet(own).zone) add(false, other.block);
    }
    add(true, anywhere);
    return entries;
  }

  scenarios::Fault spec_;
  std::vector<std::pair<vpc::SubnetRef, vpc::AclRef>> swapped_;
};

}  // namespace

FaultKind disrupt_connectivity() {
  return {{.action = "aws:network:disrupt-connectivity",
           .target = scenarios::FaultAction::Target::subnet,
           .parameters = {some_text("scope", "all",
                                    "all: the subnet's edge; availability-zone: the way to other "
                                    "zones; vpc: the way out of the VPC, which only loads take",
                                    "all|availability-zone|vpc")},
           .symptom = "504 UT on pooled connections across the subnet's edge, then 503 UF,URX",
           .fis_equivalent = "aws:network:disrupt-connectivity"},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<DisruptConnectivity>(spec);
          }};
}

}  // namespace hoplab::models::faults
