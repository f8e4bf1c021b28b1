#include "sim/diagnostic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hoplab::sim {
namespace {

using ::testing::MatchesRegex;
using ::testing::ThrowsMessage;

TEST(Diagnostic, PrintsPlaceSeverityCodeMessageAndHint) {
  const Diagnostic whole{
      {"a.yaml", 3, 7}, Severity::error, "E0103", "no such key 'portt'", "did you mean 'port'?"};
  EXPECT_EQ(to_string(whole),
            "a.yaml:3:7: error[E0103]: no such key 'portt'\n  hint: did you mean 'port'?");
  const Diagnostic file{{"a.yaml", 0, 0}, Severity::warning, "W1", "empty", ""};
  EXPECT_EQ(to_string(file), "a.yaml: warning[W1]: empty");
  const Diagnostic note{{"a.yaml", 2, 0}, Severity::note, "", "see here", ""};
  EXPECT_EQ(to_string(note), "a.yaml:2: note: see here");
}

TEST(Diagnostics, CountsErrorsOnlyAndSortsByPlaceKeepingDiscoveryOrder) {
  Diagnostics found;
  found.warning({"b", 1, 1}, "W1", "first at b");
  EXPECT_FALSE(found.has_errors());
  found.error({"b", 1, 1}, "E1", "second at b");
  found.note({"a", 9, 1}, "N1", "late in a");
  found.error({"a", 2, 5}, "E2", "early in a");
  found.error({"a", 2, 4}, "E3", "earlier in a");
  EXPECT_EQ(found.errors(), 3);
  std::string order;
  for (const Diagnostic& entry : found.sorted()) order += entry.code + " ";
  EXPECT_EQ(order, "E3 E2 N1 W1 E1 ");
}

TEST(NearestName, FindsASlipOfTheFingerButNotAnotherWord) {
  const std::vector<std::string> keys = {"duration", "faults", "network", "workload"};
  EXPECT_EQ(nearest_name("durations", keys), "duration");
  EXPECT_EQ(nearest_name("fualts", keys), "faults");
  EXPECT_EQ(nearest_name("netwrok", keys), "network");
  EXPECT_EQ(nearest_name("services", keys), "");
  EXPECT_EQ(nearest_name("", keys), "");
  EXPECT_EQ(nearest_name("network", {}), "");
}

TEST(NearestName, PrefersTheNearestThenTheFirst) {
  EXPECT_EQ(nearest_name("port", {"ports", "sort", "port"}), "port");
  EXPECT_EQ(nearest_name("pork", {"port", "fork"}), "port");
}

TEST(Assertion, TellsConditionReasonAndPlaceWithoutTheFolder) {
  const auto fail = [] { HOPLAB_ASSERT(1 + 1 == 3, "sums are right"); };
  EXPECT_THAT(fail, ThrowsMessage<InternalError>(MatchesRegex(
                        R"(1 \+ 1 == 3: sums are right \(diagnostic_test\.cpp:[0-9]+\))")));
}

}  // namespace
}  // namespace hoplab::sim
