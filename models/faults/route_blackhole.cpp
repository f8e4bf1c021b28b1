// A route of a subnet leads nowhere: what was behind it has gone.
//
// What a real operator sees: as with a network ACL, packets vanish in one direction, connections
// that stand included: 504 UT, then 503 UF,URX at callers in the subnet. But no flow log at the far
// end has a record of them, neither ACCEPT nor REJECT, and every rule reads as it should; the route
// table alone says `blackhole`.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "models/faults/subnets.hpp"

namespace hoplab::models::faults {
namespace {

class RouteBlackhole final : public Fault {
 public:
  explicit RouteBlackhole(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    vpc::SubnetRules& rules = world.vpc_network().subnets();
    const auto block = vpc::parse_cidr(text_parameter(spec_, "destinationCidrBlock"));
    HOPLAB_ASSERT(block.has_value(), "a block passed validation but does not parse");
    for (const vpc::SubnetRef subnet : subnets_of(world, spec_)) {
      const vpc::TableRef table = rules.subnet(subnet).table;
      const auto is_done = [&](const auto& added) { return added.first == table; };
      if (std::ranges::any_of(added_, is_done)) continue;
      std::vector<vpc::SubnetRoute> routes = rules.table(table).routes;
      routes.push_back({*block, true});
      rules.set_routes(table, std::move(routes));
      added_.emplace_back(table, vpc::SubnetRoute{*block, true});
    }
    world.publish_subnet_rules();
  }

  void heal(Controls& world) override {
    vpc::SubnetRules& rules = world.vpc_network().subnets();
    for (const auto& [table, route] : added_) {
      std::vector<vpc::SubnetRoute> routes = rules.table(table).routes;
      const auto own = std::ranges::find(routes, route);
      HOPLAB_ASSERT(own != routes.end(), "a route is taken away that was never added");
      routes.erase(own);
      rules.set_routes(table, std::move(routes));
    }
    added_.clear();
    world.publish_subnet_rules();
  }

 private:
  scenarios::Fault spec_;
  std::vector<std::pair<vpc::TableRef, vpc::SubnetRoute>> added_;
};

}  // namespace

FaultKind route_blackhole() {
  return {{.action = "hoplab:ec2:route-blackhole",
           .target = scenarios::FaultAction::Target::subnet,
           .parameters = {{.name = "destinationCidrBlock",
                           .type = scenarios::FaultAction::Type::block,
                           .required = true,
                           .default_value = "",
                           .meaning = "where the route leads, smaller than the VPC: 10.0.2.0/24"}},
           .symptom = "504 UT on pooled connections into the block, then 503 UF,URX; no flow log "
                      "record at the far end",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<RouteBlackhole>(spec);
          }};
}

}  // namespace hoplab::models::faults
