// A rule is put into the network ACL in front of a subnet, in place of the one with its number.
//
// What a real operator sees. ACLs are stateless, so connections that stand are cut as well:
// requests on pooled connections hang and end with 504 UT, later ones with 503 UF,URX. Deny the
// port on its way in and the target logs nothing. Deny the ephemeral ports on the way back and the
// target answers 200 to requests whose callers never hear of it.

#include <algorithm>
#include <memory>
#include <vector>

#include "models/faults/subnets.hpp"
#include "models/faults/task_network.hpp"

namespace hoplab::models::faults {
namespace {

class ReplaceNetworkAclEntry final : public Fault {
 public:
  explicit ReplaceNetworkAclEntry(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    vpc::SubnetRules& rules = world.vpc_network().subnets();
    const vpc::AclEntry entry = entry_of(spec_);
    for (const vpc::SubnetRef subnet : subnets_of(world, spec_)) {
      const vpc::AclRef acl = rules.subnet(subnet).acl();
      const auto is_done = [&](const Change& change) { return change.acl == acl; };
      if (std::ranges::any_of(changes_, is_done)) continue;  // It stands before several subnets.
      Change change{acl, entry, {}};
      std::vector<vpc::AclEntry> entries = rules.acl(acl).entries;
      std::erase_if(entries, [&](const vpc::AclEntry& old) {
        if (old.number != entry.number || old.is_egress != entry.is_egress) return false;
        change.replaced.push_back(old);
        return true;
      });
      entries.push_back(entry);
      rules.set_entries(acl, std::move(entries));
      changes_.push_back(std::move(change));
    }
    world.publish_subnet_rules();
  }

  void heal(Controls& world) override {
    vpc::SubnetRules& rules = world.vpc_network().subnets();
    for (const Change& change : changes_) {
      std::vector<vpc::AclEntry> entries = rules.acl(change.acl).entries;
      const auto own = std::ranges::find(entries, change.entry);
      if (own != entries.end()) entries.erase(own);  // Else another fault has replaced it.
      entries.insert(entries.end(), change.replaced.begin(), change.replaced.end());
      rules.set_entries(change.acl, std::move(entries));
    }
    changes_.clear();
    world.publish_subnet_rules();
  }

 private:
  struct Change {
    vpc::AclRef acl;
    vpc::AclEntry entry;
    std::vector<vpc::AclEntry> replaced;
  };

  static vpc::AclEntry entry_of(const scenarios::Fault& spec) {
    const auto block = vpc::parse_cidr(text_parameter(spec, "cidrBlock"));
    HOPLAB_ASSERT(block.has_value(), "a block passed validation but does not parse");
    return {.number = static_cast<std::uint32_t>(integer_parameter(spec, "ruleNumber")),
            .is_egress = boolean_parameter(spec, "egress"),
            .allows = text_parameter(spec, "ruleAction") == "allow",
            .protocol = text_parameter(spec, "protocol"),
            .cidr = *block,
            .port_first = static_cast<std::uint16_t>(integer_parameter(spec, "portFrom")),
            .port_last = static_cast<std::uint16_t>(integer_parameter(spec, "portTo"))};
  }

  scenarios::Fault spec_;
  std::vector<Change> changes_;
};

}  // namespace

FaultKind replace_network_acl_entry() {
  using Type = scenarios::FaultAction::Type;
  return {
      {.action = "hoplab:ec2:replace-network-acl-entry",
       .target = scenarios::FaultAction::Target::subnet,
       .parameters = {number_between("ruleNumber", "50",
                                     "its place, 1..32766; the lowest that "
                                     "fits counts",
                                     {1, 32'766}),
                      {.name = "egress",
                       .type = Type::boolean,
                       .required = false,
                       .default_value = "false",
                       .meaning = "of what leaves the subnet; false: of what enters it"},
                      some_text("ruleAction", "deny", "what becomes of packets that fit",
                                "allow|deny"),
                      some_text("protocol", "tcp", "-1: all, whatever their ports", "tcp|-1"),
                      {.name = "cidrBlock",
                       .type = Type::block,
                       .required = false,
                       .default_value = "0.0.0.0/0",
                       .meaning = "of the other end"},
                      number_between("portFrom", "0", "of the packet's destination", {0, 65'535}),
                      number_between("portTo", "65535", "likewise, the last one", {0, 65'535})},
       .symptom = "504 UT on pooled connections, then 503 UF,URX; no line at the target, or a "
                  "200 that its caller never gets",
       .fis_equivalent = "aws:network:disrupt-connectivity (which changes all of the ACL)"},
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<ReplaceNetworkAclEntry>(spec);
      }};
}

}  // namespace hoplab::models::faults
