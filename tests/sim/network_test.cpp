#include <malloc.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/diagnostic.hpp"
#include "sim/engine.hpp"

// CTest runs each TEST in a process of its own; SimGrid allows one engine per process.
namespace hoplab::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;

constexpr BytesPerSecond eight_mbit{1'000'000};

struct Outcome {
  TransferOutcome outcome;
  Duration time;
  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& o) {
  return out << (o.outcome == TransferOutcome::delivered ? "delivered" : "failed") << " at "
             << format(o.time);
}

/// Four hosts with 8 Mbit/s each, and the ends of flows as they come.
class Network : public ::testing::Test {
 protected:
  Network() {
    for (const char* name : {"a", "b", "c", "d"}) {
      hosts_.push_back(platform().add_host({name, eight_mbit}));
    }
  }
  Platform& platform() { return engine_.platform(); }
  void transfer(int from, int to, Bytes size) {
    engine_.transfer(host(from), host(to), size, [this](TransferOutcome outcome) {
      ends_.push_back({outcome, engine_.now().time_since_epoch()});
    });
  }
  [[nodiscard]] HostId host(int index) const { return hosts_.at(static_cast<std::size_t>(index)); }
  void run() { EXPECT_EQ(engine_.run(SimTime::max()), StopReason::finished); }
  static Outcome delivered(Duration time) { return {TransferOutcome::delivered, time}; }
  static Outcome failed(Duration time) { return {TransferOutcome::failed, time}; }

  Engine engine_{1};
  std::vector<HostId> hosts_;
  std::vector<Outcome> ends_;
};

// --- Messages ----------------------------------------------------------------------------------

TEST_F(Network, AnEmptyMessageOnATwoMillisecondPathArrivesAfterTwoMilliseconds) {
  platform().set_default_latency(2ms);
  EXPECT_EQ(platform().message_arrival(host(0), host(1), 0_B), at(2ms));
}

TEST_F(Network, AMessageTakesItsSerialisationAndQueuesBehindOthersOfItsSender) {
  platform().set_default_latency(2ms);
  EXPECT_EQ(platform().message_arrival(host(0), host(1), 1000_B), at(3ms));
  EXPECT_EQ(platform().message_arrival(host(0), host(2), 500_B), at(3500us));
  EXPECT_EQ(platform().message_arrival(host(1), host(0), 500_B), at(2500us)) << "own uplink";
  engine_.after(10ms, [this] {
    EXPECT_EQ(platform().message_arrival(host(0), host(1), 500_B), at(12500us));
  });
  run();
}

TEST_F(Network, LatencyBelongsToOneDirectionOfOnePair) {
  platform().set_default_latency(1ms);
  platform().set_latency(host(0), host(1), 7ms);
  EXPECT_EQ(platform().latency(host(0), host(1)), 7ms);
  EXPECT_EQ(platform().latency(host(1), host(0)), 1ms);
  EXPECT_EQ(platform().latency(host(0), host(2)), 1ms);
  platform().set_default_latency(2ms);
  EXPECT_EQ(platform().latency(host(0), host(1)), 7ms) << "its own value stays";
  EXPECT_EQ(platform().latency(host(0), host(2)), 2ms);
  const HostId late = platform().add_host({"late", eight_mbit});
  EXPECT_EQ(platform().latency(host(0), late), 2ms);
}

TEST_F(Network, UnknownHostsAreBrokenInvariants) {
  EXPECT_THROW((void)platform().name(HostId{4}), InternalError);
  EXPECT_THROW(platform().set_latency(host(0), HostId{4}, 1ms), InternalError);
  EXPECT_THROW((void)platform().message_arrival(host(0), host(0), 1_B), InternalError);
  EXPECT_EQ(platform().name(host(2)), "c");
}

// --- Flows alone -------------------------------------------------------------------------------

TEST_F(Network, AMegabyteOverEightMegabitTakesASecond) {
  transfer(0, 1, 1'000'000_B);
  EXPECT_EQ(engine_.transfers_in_flight(), 1U);
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(1s)));
  EXPECT_EQ(engine_.transfers_in_flight(), 0U);
}

// SimGrid's default network model would make 26 ms of these 2 ms.
TEST_F(Network, TheLatencyOfThePathIsAddedAsItIs) {
  platform().set_default_latency(2ms);
  transfer(0, 1, 1'000'000_B);
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(1002ms)));
}

TEST_F(Network, TwoFlowsOfOneSenderShareItsUplinkFairly) {
  transfer(0, 1, 1'000'000_B);
  transfer(0, 2, 1'000'000_B);
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(2s), delivered(2s)));
}

TEST_F(Network, TwoFlowsToOneReceiverShareItsDownlinkFairly) {
  transfer(0, 2, 1'000'000_B);
  transfer(1, 2, 1'000'000_B);
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(2s), delivered(2s)));
}

TEST_F(Network, FlowsInOppositeDirectionsDoNotMeet) {
  transfer(0, 1, 1'000'000_B);
  transfer(1, 0, 1'000'000_B);
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(1s), delivered(1s)));
}

// First alone for 0.5 s, then at half speed for its other half: 0.5 + 1.0. The second has then sent
// half, and sends the rest alone: 1.5 + 0.5.
TEST_F(Network, AFlowThatJoinsHalfWaySlowsTheOtherFromThenOn) {
  transfer(0, 1, 1'000'000_B);
  engine_.at(at(500ms), [this] { transfer(0, 2, 1'000'000_B); });
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(1500ms), delivered(2s)));
}

// What the first flow cannot use of its uplink, since the downlink is shared, goes to the third.
TEST_F(Network, SharingIsMaxMinFair) {
  platform().set_bandwidth(host(1), BytesPerSecond(500'000));
  transfer(0, 1, 250'000_B);  // 0.25 MB/s: half of b's downlink.
  transfer(2, 1, 250'000_B);
  transfer(0, 3, 750'000_B);  // 0.75 MB/s.
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(1s), delivered(1s), delivered(1s)));
}

TEST_F(Network, AFlowStartsAtTheInstantAnotherEnds) {
  platform().set_default_latency(3ms);
  engine_.after(100ms, [this] {
    engine_.transfer(host(0), host(1), 1'000'000_B,
                     [this](TransferOutcome) { transfer(1, 2, 1'000'000_B); });
  });
  engine_.after(1h, [] {});  // The next event is far away when the first flow ends.
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(2106ms)));
}

TEST_F(Network, AFlowEndsOnAWholeMicrosecond) {
  transfer(0, 1, 1_B);
  transfer(0, 2, 2_B);
  transfer(0, 3, 1'000'003_B);
  run();
  ASSERT_EQ(ends_.size(), 3U);
  for (const Outcome& end : ends_) EXPECT_EQ(end.time.count() % 1000, 0);
  EXPECT_EQ(ends_[2].time, 1'000'006us);
}

TEST_F(Network, AChangeOfBandwidthActsOnFlowsUnderWay) {
  transfer(0, 1, 1'000'000_B);
  engine_.at(at(500ms), [this] { platform().set_bandwidth(host(0), BytesPerSecond(250'000)); });
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(2500ms)));
}

TEST_F(Network, ANewLatencyActsOnNewFlowsOnly) {
  transfer(0, 1, 1'000'000_B);
  engine_.at(at(500ms), [this] { platform().set_latency(host(0), host(1), 10ms); });
  engine_.at(at(2s), [this] { transfer(0, 1, 1'000'000_B); });
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(1s), delivered(3010ms)));
}

TEST_F(Network, NothingToSendTakesTheLatencyAndLoopbackNothing) {
  platform().set_default_latency(2ms);
  transfer(0, 1, 0_B);
  transfer(0, 0, 1'000'000_B);
  EXPECT_TRUE(ends_.empty()) << "done is told from an event, not from within the call";
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(0s), delivered(2ms)));
}

TEST_F(Network, AHorizonInTheMiddleOfAFlowChangesNothing) {
  transfer(0, 1, 1'000'000_B);
  EXPECT_EQ(engine_.run(at(300ms)), StopReason::horizon);
  EXPECT_EQ(engine_.now(), at(300ms));
  EXPECT_TRUE(ends_.empty());
  EXPECT_EQ(engine_.run(at(1s)), StopReason::finished);
  EXPECT_THAT(ends_, ElementsAre(delivered(1s)));
}

// --- Failures ----------------------------------------------------------------------------------

TEST_F(Network, AFlowFromOrToAHostThatIsOffFailsAtOnce) {
  platform().set_host_on(host(1), false);
  EXPECT_FALSE(platform().is_on(host(1)));
  transfer(0, 1, 1'000'000_B);
  transfer(1, 0, 1'000'000_B);
  transfer(0, 2, 1'000'000_B);
  run();
  EXPECT_THAT(ends_, ElementsAre(failed(0s), failed(0s), delivered(1s)));
}

TEST_F(Network, AHostThatGoesOffInTheEventThatStartsAFlowFailsItOnce) {
  transfer(2, 3, 1_B);  // SimGrid exists by now.
  engine_.at(at(1s), [this] {
    platform().set_host_on(host(1), false);
    transfer(0, 1, 1'000'000_B);
  });
  engine_.at(at(2s), [this] {
    transfer(0, 2, 1'000'000_B);
    platform().set_host_on(host(2), false);
  });
  run();
  EXPECT_THAT(ends_, ElementsAre(delivered(1us), failed(1s), failed(2s)));
}

TEST_F(Network, AReceiverThatGoesOffInFlightFailsTheFlowOnceAndAtOnce) {
  transfer(0, 1, 1'000'000_B);
  transfer(0, 2, 1'000'000_B);
  engine_.at(at(500ms), [this] { platform().set_host_on(host(1), false); });
  run();
  // The other has sent a quarter and has the uplink for itself.
  EXPECT_THAT(ends_, ElementsAre(failed(500ms), delivered(1250ms)));
}

TEST_F(Network, ASenderThatGoesOffInFlightFailsAllItsFlowsOnce) {
  transfer(0, 1, 1'000'000_B);
  transfer(0, 2, 1'000'000_B);
  transfer(3, 2, 1'000'000_B);
  engine_.at(at(500ms), [this] { platform().set_host_on(host(0), false); });
  run();
  EXPECT_THAT(ends_, ElementsAre(failed(500ms), failed(500ms), delivered(1250ms)));
}

TEST_F(Network, BothEndsGoingOffTellTheFailureOnce) {
  transfer(0, 1, 1'000'000_B);
  engine_.at(at(500ms), [this] {
    platform().set_host_on(host(1), false);
    platform().set_host_on(host(0), false);
    platform().set_host_on(host(1), true);
    platform().set_host_on(host(0), true);
  });
  engine_.at(at(1s), [this] { transfer(0, 1, 1'000'000_B); });
  run();
  EXPECT_THAT(ends_, ElementsAre(failed(500ms), delivered(2s)));
}

TEST_F(Network, AHostThatGoesOffWhileAFlowWaitsOutItsLatencyFailsItThen) {
  platform().set_default_latency(100ms);
  transfer(0, 1, 1'000'000_B);
  transfer(2, 0, 0_B);
  engine_.at(at(50ms), [this] { platform().set_host_on(host(0), false); });
  engine_.at(at(60ms), [this] { platform().set_host_on(host(0), true); });
  run();
  EXPECT_THAT(ends_, ElementsAre(failed(50ms), failed(50ms)));
  EXPECT_EQ(engine_.transfers_in_flight(), 0U);
}

TEST_F(Network, AHostComesBackAndCarriesFlowsAgain) {
  platform().set_host_on(host(1), false);
  transfer(0, 1, 1_B);
  engine_.at(at(1s), [this] { platform().set_host_on(host(1), true); });
  engine_.at(at(2s), [this] { transfer(0, 1, 1'000'000_B); });
  run();
  EXPECT_THAT(ends_, ElementsAre(failed(0s), delivered(3s)));
}

// --- Messages and flows on one link ------------------------------------------------------------

TEST_F(Network, AFlowSlowsAMessage) {
  EXPECT_EQ(platform().message_arrival(host(0), host(1), 1000_B), at(1ms)) << "alone";
  transfer(0, 2, 10'000'000_B);
  engine_.at(at(1s), [this] {
    EXPECT_EQ(platform().flow_rate(host(0)), eight_mbit);
    EXPECT_EQ(platform().message_arrival(host(0), host(1), 1000_B), at(1s + 2ms))
        << "as one of two";
    EXPECT_EQ(platform().message_arrival(host(1), host(0), 1000_B), at(1s + 1ms))
        << "another uplink";
  });
  run();
  EXPECT_EQ(platform().flow_rate(host(0)), BytesPerSecond(0));
}

TEST_F(Network, AFlowThatIsHeldUpElsewhereLeavesTheRestToMessages) {
  platform().set_bandwidth(host(2), BytesPerSecond(100'000));
  transfer(0, 2, 1'000'000_B);
  engine_.at(at(1s), [this] {
    EXPECT_EQ(platform().flow_rate(host(0)), BytesPerSecond(100'000));
    EXPECT_EQ(platform().message_arrival(host(0), host(1), 900_B), at(1s + 1ms));
  });
  run();
}

/// Sends 1000-byte messages at half of the uplink's capacity for as long as asked.
void send_messages(Engine& engine, HostId from, HostId to, SimTime until, SimTime& last) {
  last = engine.platform().message_arrival(from, to, 1000_B);
  if (engine.now() < until) {
    engine.after(
        2ms, [&engine, from, to, until, &last] { send_messages(engine, from, to, until, last); });
  }
}

TEST_F(Network, MessagesSlowAFlowToWhatTheyLeave) {
  SimTime last{};
  engine_.after(0ms, [&] { send_messages(engine_, host(0), host(1), at(5s), last); });
  engine_.at(at(1s), [this] { transfer(0, 2, 1'000'000_B); });
  run();
  ASSERT_EQ(ends_.size(), 1U);
  // Half of the uplink is left: two seconds, within the 1 % that a change must exceed.
  EXPECT_THAT(ends_[0].time, AllOf(Ge(2950ms), Le(3050ms)));
  EXPECT_LE(last - at(5s), 10ms) << "and the messages do not pile up";
}

TEST_F(Network, AFlowGetsItsUplinkBackWhenTheMessagesStop) {
  SimTime last{};
  engine_.after(0ms, [&] { send_messages(engine_, host(0), host(1), at(1s), last); });
  engine_.at(at(500ms), [this] { transfer(0, 2, 2'000'000_B); });
  run();
  ASSERT_EQ(ends_.size(), 1U);
  // 0.25 MB until 1 s; then 1.75 MB at a rate that recovers with a time constant of 100 ms, which
  // costs 0.5 * 100 ms more.
  EXPECT_THAT(ends_[0].time, AllOf(Ge(2770ms), Le(2840ms)));
}

TEST_F(Network, TheMeanRateOfMessagesLooksBackOverATenthOfASecond) {
  SimTime last{};
  send_messages(engine_, host(0), host(1), at(2s), last);
  engine_.at(at(2s), [this] {
    EXPECT_NEAR(static_cast<double>(platform().message_rate(host(0)).count()), 500'000, 5'000);
  });
  engine_.at(at(2100ms + 2ms), [this] {
    EXPECT_NEAR(static_cast<double>(platform().message_rate(host(0)).count()), 500'000 / 2.718,
                20'000);
  });
  engine_.at(at(10s), [this] { EXPECT_EQ(platform().message_rate(host(0)), BytesPerSecond(0)); });
  run();
}

// --- Manners -----------------------------------------------------------------------------------

TEST_F(Network, ThousandsOfFlowsLeaveNothingBehind) {
  std::size_t before = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 1000; ++i) {
      engine_.after(i * 100us, [this, i] { transfer(i % 4, (i + 1) % 4, 20_B); });
    }
    run();
    ends_.clear();
    if (round == 4) before = mallinfo2().uordblks;
  }
  EXPECT_LE(mallinfo2().uordblks, before + 16'384) << "15,000 flows later";
}

void on_interrupt(int) {}

TEST_F(Network, SignalHandlersSurviveTheFirstTransfer) {
  struct sigaction before {};
  ASSERT_EQ(sigaction(SIGSEGV, nullptr, &before), 0);
  struct sigaction ours {};
  ours.sa_handler = on_interrupt;
  ASSERT_EQ(sigaction(SIGINT, &ours, nullptr), 0);
  transfer(0, 1, 1_B);
  run();
  struct sigaction now {};
  ASSERT_EQ(sigaction(SIGINT, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, on_interrupt);
  ASSERT_EQ(sigaction(SIGSEGV, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, before.sa_handler);
}

TEST_F(Network, NothingIsPrinted) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  transfer(0, 1, 1'000'000_B);
  engine_.at(at(500ms), [this] { platform().set_host_on(host(1), false); });
  run();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(Network, HostsCannotBeAddedOnceFlowsExist) {
  transfer(0, 1, 1_B);
  EXPECT_THROW(platform().add_host({"late", eight_mbit}), InternalError);
  run();
}

TEST(Engines, LiveSideBySideAsLongAsOneOfThemTransfers) {
  Engine first(1);
  Engine second(2);
  int ends = 0;
  for (Engine* engine : {&first, &second}) {
    engine->platform().add_host({"a", eight_mbit});
    engine->platform().add_host({"b", eight_mbit});
    engine->after(1ms, [] {});
  }
  first.transfer(HostId{0}, HostId{1}, 1000_B, [&](TransferOutcome) { ++ends; });
  EXPECT_THROW(second.transfer(HostId{0}, HostId{1}, 1_B, [](TransferOutcome) {}), InternalError);
  second.run(SimTime::max());
  first.run(SimTime::max());
  EXPECT_EQ(ends, 1);
}

// A flow may still fly when the world is torn down.
TEST(Engines, MayBeDestroyedWhileAFlowIsUnderWay) {
  auto engine = std::make_unique<Engine>(1);
  engine->platform().add_host({"a", eight_mbit});
  engine->platform().add_host({"b", eight_mbit});
  bool told = false;
  engine->transfer(HostId{0}, HostId{1}, 1'000'000_B, [&](TransferOutcome) { told = true; });
  engine->run(at(1ms));
  engine.reset();
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace hoplab::sim
