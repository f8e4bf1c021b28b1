// What an Envoy does about hosts that fail: outlier detection, health checks, circuit breakers,
// time-outs of attempts and of silence. Figures from the reference and from App Mesh's
// walkthroughs.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/models/one_envoy.hpp"

namespace hoplab::models::envoy {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

long count_of(const std::vector<int>& statuses, int status) {
  return std::ranges::count(statuses, status);
}

// --- Outlier detection -------------------------------------------------------------------------

struct FourHosts : OneEnvoy {
  explicit FourHosts(int bad, std::optional<OutlierDetection> detection,
                     const std::string& profile = "v1.29")
      : OneEnvoy(Start::without_configuration, 4, profile) {
    cluster().outlier_detection = detection;
    apply_again();
    list({0, 1, 2, 3});
    for (int host = 0; host < bad; ++host) server(static_cast<std::size_t>(host)).status = 500;
  }
};

/// App Mesh's walkthrough: five errors, every 10 s, for 10 s, as many hosts as one likes.
constexpr OutlierDetection walkthrough{
    .consecutive_5xx = 5, .interval = 10s, .base_ejection = 10s, .max_ejection_percent = 100};

// 200 requests at 50/s to four hosts of which one answers 500: it gets five of them.
TEST(Outlier, FiveErrorsInARowEjectAHostAtOnce) {
  FourHosts world(1, walkthrough);
  world.send_every(20ms, 200);
  EXPECT_EQ(count_of(world.statuses(), 200), 195);
  EXPECT_EQ(count_of(world.statuses(), 500), 5);
  EXPECT_EQ(world.cluster_stats().ejections_active, 1U);
  EXPECT_EQ(world.cluster_stats().ejections_enforced_consecutive_5xx, 1U);
  EXPECT_EQ(world.cluster_stats().membership_healthy, 3U);
}

TEST(Outlier, WithoutDetectionAQuarterFails) {
  FourHosts world(1, std::nullopt);
  world.send_every(20ms, 200);
  EXPECT_EQ(count_of(world.statuses(), 500), 50);
}

// Three of four ejected leave 25 %: panic, and all four are used again.
TEST(Outlier, WhenMostHostsAreEjectedPanicSendsToAllOfThem) {
  FourHosts world(3, walkthrough);
  world.send_every(20ms, 200);
  EXPECT_NEAR(static_cast<double>(count_of(world.statuses(), 200)), 52, 4);
  EXPECT_EQ(world.cluster_stats().ejections_active, 3U);
  EXPECT_GT(world.cluster_stats().lb_healthy_panic, 150U);
}

TEST(Outlier, AHostReturnsAtTheFirstSweepAfterItsTime) {
  FourHosts world(1, walkthrough);
  world.send_every(20ms, 60);  // Ejected within the first 1.2 s; sweeps at 10 s, 20 s, ...
  world.run_for(15s);
  EXPECT_EQ(world.cluster_stats().ejections_active, 1U) << "at 10 s it had served less than 10 s";
  world.run_for(5s);
  EXPECT_EQ(world.cluster_stats().ejections_active, 0U);
}

// Base times ejections: 10 s, then 20 s.
TEST(Outlier, TheSecondEjectionLastsTwiceAsLong) {
  FourHosts world(1, walkthrough, "v1.15");
  world.send_every(20ms, 60);
  world.run_for(19s);  // Back since 20 s.
  world.send_every(20ms, 60);
  EXPECT_EQ(world.cluster_stats().ejections_active, 1U);
  world.run_for(19s);  // The sweep at 40 s comes too early.
  EXPECT_EQ(world.cluster_stats().ejections_active, 1U);
  world.run_for(10s);
  EXPECT_EQ(world.cluster_stats().ejections_active, 0U);
}

TEST(Outlier, TenPercentOfFourHostsIsStillOne) {
  OutlierDetection few = walkthrough;
  few.max_ejection_percent = 10;
  FourHosts world(2, few);
  world.send_every(20ms, 200);
  EXPECT_EQ(world.cluster_stats().ejections_active, 1U);
  EXPECT_GT(world.cluster_stats().ejections_overflow, 0U);
  EXPECT_THAT(count_of(world.statuses(), 500), testing::Gt(50));
}

TEST(Outlier, AttemptsWithoutAnAnswerCountAsErrors) {
  FourHosts world(0, walkthrough);
  world.server(0).is_hung = true;
  world.route().timeout = 100ms;
  world.apply_again();
  world.send_every(20ms, 100);
  world.run_for(1s);
  EXPECT_EQ(world.cluster_stats().ejections_active, 1U);
}

TEST(Outlier, ASuccessBetweenErrorsStartsTheCountAnew) {
  FourHosts world(0, walkthrough);
  for (int round = 0; round < 10; ++round) {
    world.server(0).status = round % 3 == 2 ? 200 : 500;
    world.send_every(20ms, 4);
  }
  EXPECT_EQ(world.cluster_stats().ejections_detected_consecutive_5xx, 0U);
}

// --- Active health checks ----------------------------------------------------------------------

struct Checked : OneEnvoy {
  explicit Checked(bool keeps_healthy_hosts = false) : OneEnvoy(Start::without_configuration) {
    HealthCheck check;
    check.interval = 5s;
    check.timeout = 2s;
    check.unhealthy_threshold = 3;
    check.method = names().intern("GET");
    check.path = names().intern("/ping");
    check.user_agent = names().intern("Envoy/HC");
    cluster().health_check = check;
    cluster().keeps_healthy_hosts = keeps_healthy_hosts;
    apply_again();
  }
};

TEST(HealthChecks, TheFirstSuccessMakesAHostHealthy) {
  Checked world;
  world.list({0, 1});
  EXPECT_EQ(world.cluster_stats().membership_healthy, 0U);
  world.run_for(100ms);
  EXPECT_EQ(world.cluster_stats().membership_healthy, 2U);
  EXPECT_EQ(world.cluster_stats().health_check_success, 2U);
}

TEST(HealthChecks, AWrongStatusFailsAtOnceAndTwoSuccessesHeal) {
  Checked world;
  world.list({0, 1});
  world.send_every(10ms, 1);  // From now on every 5 s, not every 60 s.
  world.server(0).status = 503;
  world.run_for(61s);
  EXPECT_EQ(world.cluster_stats().membership_healthy, 1U);
  world.server(0).status = 200;
  world.run_for(5s);
  EXPECT_EQ(world.cluster_stats().membership_healthy, 1U);
  world.run_for(5s);
  EXPECT_EQ(world.cluster_stats().membership_healthy, 2U);
}

TEST(HealthChecks, SilenceWantsTheThreshold) {
  Checked world;
  world.list({0, 1});
  world.send_every(10ms, 2);
  world.run_for(60s);
  world.server(0).is_hung = true;
  world.run_for(12s);
  EXPECT_EQ(world.cluster_stats().membership_healthy, 2U)
      << "a probe each 5 s + 2 s: not three yet";
  world.run_for(12s);
  EXPECT_EQ(world.cluster_stats().membership_healthy, 1U);
  EXPECT_GE(world.cluster_stats().health_check_network_failure, 3U);
}

TEST(HealthChecks, WithoutTrafficOneAMinuteIsEnough) {
  Checked world;
  world.list({0});
  world.run_for(119s);
  EXPECT_EQ(world.server(0).requests, 2);
}

// App Mesh before 2021: a host that is gone from the list stays while it answers its checks.
TEST(HealthChecks, StickyRemovalWaitsForAFailure) {
  Checked world(true);
  world.list({0, 1});
  world.send_every(10ms, 2);
  world.list({1});
  EXPECT_EQ(world.cluster_stats().membership_total, 2U);
  world.server(0).status = 500;
  world.run_for(61s);
  EXPECT_EQ(world.cluster_stats().membership_total, 1U);
}

// --- Circuit breakers --------------------------------------------------------------------------

struct Limited : OneEnvoy {
  Limited(std::uint64_t connections, std::uint64_t pending)
      : OneEnvoy(Start::without_configuration) {
    cluster().circuit_breakers = {.connections_max = connections, .pending_requests_max = pending};
    apply_again();
    list({0});
  }
};

TEST(CircuitBreaker, WhatMayNotEvenWaitOverflowsAndIsNeverRetried) {
  Limited world(2, 3);
  world.send_every(1ms, 10, 500ms);
  EXPECT_EQ(world.cluster_stats().cx_active, 2U);
  EXPECT_EQ(world.cluster_stats().cx_open, 1U);
  EXPECT_EQ(world.cluster_stats().rq_pending_active, 3U);
  EXPECT_EQ(world.cluster_stats().rq_pending_open, 1U);
  EXPECT_THAT(world.statuses(), SizeIs(5));
  EXPECT_THAT(world.statuses(), Each(503));
  EXPECT_EQ(world.cluster_stats().rq_pending_overflow, 5U);
  EXPECT_EQ(world.cluster_stats().rq_retry, 0U);
  world.run_for(5s);
  EXPECT_EQ(count_of(world.statuses(), 200), 5);
  EXPECT_EQ(world.cluster_stats().rq_pending_open, 0U);
  EXPECT_GT(world.cluster_stats().cx_overflow, 0U);
}

TEST(CircuitBreaker, AConnectionThatBreaksMakesRoomForOneThatWaits) {
  Limited world(1, 10);
  world.route().timeout = 300ms;
  world.apply_again();
  world.send_every(100ms, 1, 10s);  // Times out after 300 ms; its connection is closed.
  world.send_every(1ms, 1, 10ms);   // Waits for it.
  world.run_for(1s);
  EXPECT_THAT(world.statuses(), ElementsAre(504, 200));
}

// --- Time-outs ---------------------------------------------------------------------------------

TEST(PerTryTimeout, EachAttemptHasItsOwnAndThePolicyDecidesOnRetries) {
  OneEnvoy world;
  world.route().retry.per_try_timeout = 200ms;
  world.apply_again();
  world.list({0, 1});
  world.server(0).is_hung = world.server(1).is_hung = true;
  world.send_every(2s, 1);
  EXPECT_THAT(world.statuses(), ElementsAre(504));
  EXPECT_EQ(world.cluster_stats().rq_per_try_timeout, 3U);
  EXPECT_EQ(world.cluster_stats().rq_retry, 2U);
  EXPECT_EQ(world.cluster_stats().rq_retry_limit_exceeded, 1U);
  EXPECT_EQ(world.cluster_stats().rq_timeout, 0U);
  EXPECT_GE(world.durations()[0], 600ms);
  EXPECT_LE(world.durations()[0], 600ms + 24ms + 49ms);
}

TEST(PerTryTimeout, WithoutResetInThePolicyTheFirstIsTheLast) {
  OneEnvoy world;
  world.route().retry.per_try_timeout = 200ms;
  world.route().retry.on_reset = false;
  world.apply_again();
  world.list({0, 1});
  world.server(0).is_hung = world.server(1).is_hung = true;
  world.send_every(1s, 1);
  EXPECT_EQ(world.cluster_stats().rq_per_try_timeout, 1U);
  EXPECT_EQ(world.durations()[0], 200ms);
}

TEST(PerTryTimeout, ARetryFindsTheHostThatAnswers) {
  OneEnvoy world;
  world.route().retry.per_try_timeout = 200ms;
  world.apply_again();
  world.list({0, 1});
  world.server(0).is_hung = true;
  world.send_every(1s, 4);
  EXPECT_THAT(world.statuses(), ElementsAre(200, 200, 200, 200));
  // Round robin goes on with each attempt: every request meets the hung host first.
  EXPECT_EQ(world.cluster_stats().rq_retry_success, 4U);
}

TEST(IdleTimeout, AStreamOnWhichNothingMovesEndsWith504) {
  OneEnvoy world;
  world.route().timeout = 0ns;
  world.route().idle_timeout = 300s;
  world.apply_again();
  world.list({0});
  world.server(0).is_hung = true;
  world.send_every(310s, 1);
  EXPECT_THAT(world.statuses(), ElementsAre(504));
  EXPECT_EQ(world.durations()[0], 300s);
  EXPECT_EQ(world.proxy().stats().http[1].rq_idle_timeout, 1U);
}

TEST(IdleTimeout, AConnectionThatRestedForAnHourIsClosedAtBothEnds) {
  OneEnvoy world;
  world.list({0});
  world.send_every(10ms, 1);
  world.run_for(59min);
  EXPECT_EQ(world.cluster_stats().cx_active, 1U);
  world.run_for(1min);
  EXPECT_EQ(world.cluster_stats().cx_idle_timeout, 1U);
  EXPECT_EQ(world.cluster_stats().cx_active, 0U);
  world.run_for(61min);  // The listener looks round each hour.
  EXPECT_EQ(world.proxy().stats().http[1].cx_idle_timeout, 1U);
  world.send_every(10ms, 1);
  EXPECT_THAT(world.statuses(), ElementsAre(200, 200));
}

// --- Retries -----------------------------------------------------------------------------------

TEST(Retry, AnAnswerThatIsRetriedIsCountedApart) {
  OneEnvoy world;
  world.list({0, 1});
  world.server(0).status = 503;
  world.send_every(200ms, 2);
  EXPECT_THAT(world.statuses(), ElementsAre(200, 200));
  EXPECT_THAT(world.cluster_stats().retried_codes.all(), ElementsAre(testing::Pair(503, 2U)));
  EXPECT_THAT(world.cluster_stats().codes.all(), ElementsAre(testing::Pair(200, 2U)));
  EXPECT_EQ(world.cluster_stats().rq_retry_backoff_exponential, 2U);
}

TEST(Routing, AClusterThatNobodySentIs503) {
  OneEnvoy world;
  world.route().clusters = {{.cluster = WeightedCluster::missing, .weight = 1}};
  world.apply_again();
  world.send_every(10ms, 1);
  EXPECT_THAT(world.statuses(), ElementsAre(503));
  EXPECT_EQ(world.proxy().stats().http[1].no_cluster, 1U);
}

}  // namespace
}  // namespace hoplab::models::envoy
