#include "report/recording/hop_book.hpp"

#include <gtest/gtest.h>

#include "report/recording/file_trouble.hpp"
#include "tests/report/fake_run.hpp"

namespace {

using namespace hoplab::report::recording;
using hoplab::sim::at;
using hoplab::sim::Ratio;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ShownWindows, AreTheSteadyStateAndEachFault) {
  const auto shown = shown_windows(hoplab::report::testing::fake_scenario());
  ASSERT_EQ(shown.size(), 2U);
  EXPECT_EQ(shown[0].name, "steady state");
  EXPECT_EQ(shown[0].window, (Window{seconds(0), seconds(20)}));
  EXPECT_EQ(shown[1].name, "port-gone");
  EXPECT_EQ(shown[1].window, (Window{seconds(20), seconds(40)}));
}

TEST(ShownWindows, AreOneWholeRunWithoutFaults) {
  auto scenario = hoplab::report::testing::fake_scenario();
  scenario.faults.clear();
  const auto shown = shown_windows(scenario);
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].name, "whole run");
  EXPECT_EQ(shown[0].window, whole_run);
}

TEST(ShownWindows, JoinFaultsOfOneWindowAndSkipAnEmptySteadyState) {
  auto scenario = hoplab::report::testing::fake_scenario();
  scenario.faults[0].at = seconds(0);
  scenario.faults[0].lasts.reset();
  scenario.faults.push_back(scenario.faults[0]);
  scenario.faults[1].name = "second";
  const auto shown = shown_windows(scenario);
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].name, "port-gone + second");
  EXPECT_EQ(shown[0].window.to, open_end);
}

HopBook two_windows() {
  return HopBook(Segments({{seconds(10), seconds(30)}, {seconds(20), seconds(40)}}));
}

// Windows are half-open, and a sample belongs to the one in which it ended.
TEST(HopBook, CountsASampleWhereItEnded) {
  HopBook book = two_windows();
  const auto hop = book.declare_hop("x");
  for (const auto instant : {seconds(9), seconds(10), seconds(20), seconds(30), seconds(40)}) {
    book.add_hop(hop, at(instant), milliseconds(1), false);
  }
  EXPECT_EQ(book.hop("x", {seconds(10), seconds(30)}).crossed.count(), 2U);
  EXPECT_EQ(book.hop("x", {seconds(20), seconds(40)}).crossed.count(), 2U);
  EXPECT_EQ(book.hop("x", whole_run).crossed.count(), 5U);
}

TEST(HopBook, TakesSamplesOutOfOrder) {
  HopBook book = two_windows();
  const auto hop = book.declare_hop("x");
  book.add_hop(hop, at(seconds(50)), milliseconds(1), false);
  book.add_hop(hop, at(seconds(5)), milliseconds(1), false);
  EXPECT_EQ(book.hop("x", {seconds(0), seconds(10)}).crossed.count(), 1U);
}

TEST(HopBook, KeepsFailuresApartFromCrossings) {
  HopBook book = two_windows();
  const auto hop = book.declare_hop("x");
  book.add_hop(hop, at(seconds(1)), milliseconds(2), false);
  book.add_hop(hop, at(seconds(1)), seconds(1), true);
  const auto figures = book.hop("x", whole_run);
  EXPECT_EQ(figures.crossed.max(), milliseconds(2));
  EXPECT_EQ(figures.failed.max(), seconds(1));
}

TEST(HopBook, CountsFailedRequestsAmongAll) {
  HopBook book = two_windows();
  const auto series = book.declare_series("a");
  book.add_request(series, {at(seconds(1)), milliseconds(2), 200, false});
  book.add_request(series, {at(seconds(1)), milliseconds(9), 0, true});
  const auto figures = book.requests("a", whole_run);
  EXPECT_EQ(figures.all.count(), 2U);
  EXPECT_EQ(figures.failed, 1U);
  EXPECT_EQ(figures.statuses, (std::map<int, std::uint64_t>{{0, 1}, {200, 1}}));
}

TEST(HopBook, GivesTasksOfOneServiceOneLine) {
  HopBook book = two_windows();
  EXPECT_EQ(book.declare_hop("b.app"), book.declare_hop("b.app"));
}

TEST(HopBook, AnswersAlikeAfterItWasWrittenAndRead) {
  HopBook book = two_windows();
  const auto hop = book.declare_hop("a.envoy->b.envoy");
  const auto series = book.declare_series("a->b");
  for (int i = 1; i <= 1000; ++i) {
    book.add_hop(hop, at(milliseconds(50) * i), hoplab::sim::Duration(7'654'321 + i * 997),
                 i % 10 == 0);
    book.add_request(
        series, {at(milliseconds(50) * i), milliseconds(i), i % 10 == 0 ? 503 : 200, i % 10 == 0});
  }
  book.declare_chain({"a -> b", {"a.envoy->b.envoy"}});
  const HopBook read = HopBook::from_json(book.to_json());
  EXPECT_EQ(read.to_json(), book.to_json());
  const Window window{seconds(20), seconds(40)};
  EXPECT_EQ(read.hop("a.envoy->b.envoy", window).crossed.quantile(Ratio(0.99)),
            book.hop("a.envoy->b.envoy", window).crossed.quantile(Ratio(0.99)));
  EXPECT_EQ(read.requests("a->b", window).failed, book.requests("a->b", window).failed);
  EXPECT_EQ(read.chains().at(0).hops, book.chains().at(0).hops);
}

TEST(HopBook, RefusesWhatIsNoHopsFile) {
  EXPECT_THROW(static_cast<void>(HopBook::from_json("{}")), BadRecording);
  EXPECT_THROW(static_cast<void>(HopBook::from_json("not json")), BadRecording);
}

}  // namespace
