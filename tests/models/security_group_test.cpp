#include "models/vpc/security_group.hpp"

#include <gtest/gtest.h>

namespace hoplab::models::vpc {
namespace {

constexpr Ipv4 address_of_a{0x0A00010B};
constexpr Ipv4 address_of_b{0x0A00020B};

SecurityGroup group_that_lets_in(Rule rule) {
  return {.id = "sg-0",
          .name = "",
          .description = "",
          .vpc_id = "",
          .ingress = {std::move(rule)},
          .egress = {{.port_first = 0,
                      .port_last = 65535,
                      .cidrs = {*parse_cidr("0.0.0.0/0")},
                      .groups = {}}}};
}

Rule port_8080_from(const std::string& cidr) {
  return {.port_first = 8080, .port_last = 8080, .cidrs = {*parse_cidr(cidr)}, .groups = {}};
}

TEST(SecurityGroups, AdmitAMatchingSourceAndPortAndNothingElse) {
  SecurityGroups groups;
  const std::vector<GroupRef> mine{groups.add(group_that_lets_in(port_8080_from("10.0.1.0/24")))};
  EXPECT_TRUE(groups.admits_ingress(mine, {address_of_a}, 8080));
  EXPECT_FALSE(groups.admits_ingress(mine, {address_of_a}, 8081));
  EXPECT_FALSE(groups.admits_ingress(mine, {address_of_b}, 8080));
}

TEST(SecurityGroups, ARuleMayNameTheGroupOfTheCaller) {
  SecurityGroups groups;
  const GroupRef callers = groups.add({});
  const std::vector<GroupRef> of_caller{callers};
  const std::vector<GroupRef> mine{groups.add(group_that_lets_in(
      {.port_first = 8080, .port_last = 8080, .cidrs = {}, .groups = {callers}}))};
  EXPECT_TRUE(groups.admits_ingress(mine, {address_of_a, &of_caller}, 8080));
  EXPECT_FALSE(groups.admits_ingress(mine, {address_of_a, &mine}, 8080));
  EXPECT_FALSE(groups.admits_ingress(mine, {address_of_a}, 8080));
}

TEST(SecurityGroups, AnInboundFlowIsUntrackedOnlyWhenBothDirectionsAreOpenToAnyone) {
  SecurityGroups groups;
  const std::vector<GroupRef> open{groups.add(group_that_lets_in(port_8080_from("0.0.0.0/0")))};
  const std::vector<GroupRef> narrow{groups.add(group_that_lets_in(port_8080_from("10.0.0.0/8")))};
  SecurityGroup one_way = group_that_lets_in(port_8080_from("0.0.0.0/0"));
  one_way.egress.clear();
  const std::vector<GroupRef> closed_back{groups.add(one_way)};
  EXPECT_TRUE(groups.is_untracked_inbound(open, 8080));
  EXPECT_FALSE(groups.is_untracked_inbound(narrow, 8080));
  EXPECT_FALSE(groups.is_untracked_inbound(closed_back, 8080));
}

TEST(SecurityGroups, AChangeMovesTheVersion) {
  SecurityGroups groups;
  const GroupRef mine = groups.add({});
  const auto before = groups.version();
  groups.set_ingress(mine, {port_8080_from("10.0.0.0/8")});
  EXPECT_NE(groups.version(), before);
}

TEST(Cidr, ReadsBlocksAndAddressesAndNothingElse) {
  EXPECT_TRUE(parse_cidr("10.0.0.0/8")->contains(address_of_b));
  EXPECT_FALSE(parse_cidr("10.0.1.0/24")->contains(address_of_b));
  EXPECT_EQ(parse_cidr("10.0.1.11")->base, address_of_a);
  for (const char* bad : {"", "10.0.0", "10.0.0.0.0", "10.0.0.256", "10.0.0.0/33", "a.b.c.d",
                          "10.0.0.0/", "10..0.0"}) {
    EXPECT_FALSE(parse_cidr(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace hoplab::models::vpc
