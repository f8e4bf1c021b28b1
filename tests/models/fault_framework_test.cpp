// What all faults have in common: which resources they hit, and that they overlap in any order.

#include <gmock/gmock.h>

#include "models/faults/revocations.hpp"
#include "models/faults/selection.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using models::faults::pick;
using models::faults::Resource;
using scenarios::TargetSelection;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<Resource> tasks(int count) {
  std::vector<Resource> all;
  for (int index = 0; index < count; ++index) {
    const std::string name = "t" + std::to_string(index);
    all.push_back({.name = name,
                   .arn = "arn/" + name,
                   .tags = {{"Name", name}},
                   .attributes = {{"Zone", index % 2 == 0 ? "a" : "b"}}});
  }
  return all;
}

TargetSelection some(TargetSelection::Mode mode, int number) {
  TargetSelection selection;
  selection.name = "some";
  selection.mode = mode;
  selection.number = number;
  return selection;
}

TEST(Selection, CountPicksEachResourceEquallyOften) {
  std::vector<int> hits(4);
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    for (const auto index : pick(some(TargetSelection::Mode::count, 1), seed, tasks(4))) {
      ++hits[index];
    }
  }
  // 1000 each; 4 standard deviations are 110.
  for (const int of_one : hits) EXPECT_NEAR(of_one, 1000, 110);
}

TEST(Selection, TwoActionsOnOneTargetHitTheSameResources) {
  const auto both = some(TargetSelection::Mode::count, 3);
  EXPECT_EQ(pick(both, 7, tasks(10)), pick(both, 7, tasks(10)));
}

TEST(Selection, APercentageIsRoundedDownButNeverToNone) {
  EXPECT_THAT(pick(some(TargetSelection::Mode::percent, 50), 1, tasks(5)), SizeIs(2));
  EXPECT_THAT(pick(some(TargetSelection::Mode::percent, 1), 1, tasks(5)), SizeIs(1));
  EXPECT_THAT(pick(some(TargetSelection::Mode::percent, 1), 1, {}), IsEmpty());
}

TEST(Selection, WhereThereAreFewerThanTheCountAllAreHit) {
  EXPECT_THAT(pick(some(TargetSelection::Mode::count, 9), 1, tasks(2)), ElementsAre(0, 1));
}

TEST(Selection, ArnsTagsAndFiltersMustAllHold) {
  TargetSelection selection;
  selection.filters = {{"Zone", {"b"}}};
  EXPECT_THAT(pick(selection, 1, tasks(4)), ElementsAre(1, 3));
  selection.arns = {"arn/t2", "arn/t3"};
  EXPECT_THAT(pick(selection, 1, tasks(4)), ElementsAre(3));
  selection.tags = {{"Name", "t1"}};
  EXPECT_THAT(pick(selection, 1, tasks(4)), IsEmpty());
}

TEST(Revocations, ARuleIsBackWhenTheLastOfThemIsOver) {
  using models::vpc::Rule;
  models::vpc::SecurityGroups groups;
  const auto group = groups.add({});
  Rule wide;
  wide.port_first = 1;
  wide.port_last = 9000;
  Rule narrow;
  narrow.port_first = narrow.port_last = 80;
  groups.set_ingress(group, {wide, narrow});
  models::faults::Revocations revocations(groups);
  revocations.revoke(group, 80);
  revocations.revoke(group, 8080);
  revocations.revoke(group, 80);
  EXPECT_THAT(groups.group(group).ingress, IsEmpty());
  revocations.restore(group, 80);
  EXPECT_THAT(groups.group(group).ingress, IsEmpty());
  revocations.restore(group, 80);
  EXPECT_THAT(groups.group(group).ingress, ElementsAre(narrow));
  revocations.restore(group, 8080);
  EXPECT_THAT(groups.group(group).ingress, ElementsAre(narrow, wide));
}

/// The status of each of a's calls of b that ended in the second that begins at `second`.
int failures_in(const test::Run& run, int second) {
  int failures = 0;
  for (const auto& request : run.sink->requests.at("a->b")) {
    const auto at = std::chrono::floor<std::chrono::seconds>(request.ended.time_since_epoch());
    if (at.count() == second && request.failed) ++failures;
  }
  return failures;
}

std::string overlapping(const std::string& faults) {
  return "hoplab: 1\nname: overlap\nduration: 40s\nworkload: [{name: users, rate: 50/s, to: a}]\n"
         "services: {a: {calls: [{to: b}]}, b: {serviceTime: 1ms, desiredCount: 2}}\n"
         "faults:\n" +
         faults;
}

TEST(Overlap, TheFirstOfTwoFaultsToHealLeavesTheOtherInPlace) {
  const auto run = test::run_text(overlapping(
      "  - {at: 5s, for: 10s, action: \"hoplab:ecs:failing-responses\", target: b}\n"
      "  - {at: 10s, for: 15s, action: \"hoplab:ecs:failing-responses\", target: b}\n"));
  EXPECT_EQ(failures_in(run, 3), 0);
  EXPECT_GT(failures_in(run, 7), 20);
  EXPECT_GT(failures_in(run, 20), 20);
  EXPECT_EQ(failures_in(run, 30), 0);
}

TEST(Overlap, TwoRevocationsOfOnePortHealInAnyOrder) {
  const auto run = test::run_text(overlapping(
      "  - {at: 5s, for: 5s, action: \"hoplab:ec2:revoke-security-group-ingress\", target: b, "
      "parameters: {port: 8080}}\n"
      "  - {at: 6s, for: 14s, action: \"hoplab:ec2:revoke-security-group-ingress\", target: b, "
      "parameters: {port: 8080}}\n"));
  std::vector<std::size_t> rules;
  for (const std::string& document : run.sink->configs.at("security-groups")) {
    rules.push_back(document.size());
  }
  // As built; without the rule three times; with it again.
  ASSERT_EQ(rules.size(), 5U);
  EXPECT_LT(rules[1], rules[0]);
  EXPECT_EQ(rules[2], rules[1]);
  EXPECT_EQ(rules[3], rules[1]);
  EXPECT_EQ(rules[4], rules[0]);
}

TEST(Overlap, TwoDelaysAddUpAndGoOneByOne) {
  const auto run = test::run_text(
      overlapping("  - {at: 5s, for: 10s, action: \"hoplab:link:latency\", target: \"a->b\", "
                  "parameters: {delay: 10ms}}\n"
                  "  - {at: 10s, for: 10s, action: \"hoplab:link:latency\", target: \"a->b\", "
                  "parameters: {delay: 20ms}}\n"));
  const auto fastest = [&](int from, int to) {
    sim::Duration least = 1h;
    for (const auto& request : run.sink->requests.at("a->b")) {
      const auto at = request.ended.time_since_epoch();
      if (at > from * 1s && at < to * 1s) least = std::min(least, request.took);
    }
    return std::chrono::floor<std::chrono::milliseconds>(least);
  };
  EXPECT_LT(fastest(1, 5), 10ms);
  EXPECT_THAT(fastest(6, 10), ::testing::AllOf(::testing::Ge(20ms), ::testing::Lt(30ms)));
  EXPECT_THAT(fastest(11, 15), ::testing::AllOf(::testing::Ge(60ms), ::testing::Lt(70ms)));
  EXPECT_THAT(fastest(16, 20), ::testing::AllOf(::testing::Ge(40ms), ::testing::Lt(50ms)));
  EXPECT_LT(fastest(21, 40), 10ms);
}

TEST(Overlap, ABadVersionIsInATaskThatComesInItsPlaceAndGoesFromIt) {
  const auto run = test::run_text(
      "hoplab: 1\nname: replaced\nduration: 4m\nworkload: [{name: users, rate: 20/s, to: a}]\n"
      "services: {a: {calls: [{to: b}]}, b: {serviceTime: 1ms}}\n"
      "faults:\n"
      "  - {at: 10s, for: 3m, action: \"hoplab:ecs:failing-responses\", target: b}\n"
      "  - {at: 20s, for: 3m, action: \"hoplab:ecs:memory-leak\", target: b, "
      "parameters: {perSecond: 1MiB}}\n"
      "  - {at: 30s, action: \"hoplab:ecs:container-exit\", target: b}\n");
  const auto answers = [&](sim::Duration from, int status) {
    return std::ranges::count_if(run.sink->requests.at("a->b"), [&](const auto& request) {
      const auto at = request.ended.time_since_epoch();
      return at >= from && at < from + 20s && request.status == status;
    });
  };
  EXPECT_GT(answers(160s, 500), 300);
  EXPECT_EQ(answers(160s, 200), 0);
  EXPECT_EQ(answers(200s, 500), 0);
  EXPECT_GT(answers(200s, 200), 300);
}

}  // namespace
}  // namespace hoplab
