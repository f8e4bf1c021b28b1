// Hosts that come and go while requests are under way: what one Envoy makes of an update, and of a
// process that stands still.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "models/envoy/host_set.hpp"
#include "models/envoy/load_balancer.hpp"
#include "tests/models/one_envoy.hpp"

namespace hoplab::models::envoy {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Endpoint endpoint(std::uint32_t last) { return {vpc::Ipv4{0x0A000000U + last}, 8080}; }

// --- The set itself ----------------------------------------------------------------------------

TEST(HostSet, AHostThatStaysKeepsItsIndexAndANewOneGetsItsOwn) {
  HostSet hosts;
  hosts.update({endpoint(1), endpoint(2)}, false, false);
  const auto change = hosts.update({endpoint(2), endpoint(3)}, false, false);
  EXPECT_THAT(change.joined, ElementsAre(2));
  EXPECT_THAT(change.left, ElementsAre(0));
  EXPECT_THAT(hosts.members(), ElementsAre(1, 2));
  EXPECT_EQ(hosts.at(0).endpoint, endpoint(1)) << "log lines still name it";
}

TEST(HostSet, OneThatComesBackIsANewHost) {
  HostSet hosts;
  hosts.update({endpoint(1)}, false, false);
  hosts.update({}, false, false);
  hosts.update({endpoint(1)}, false, false);
  EXPECT_THAT(hosts.members(), ElementsAre(1));
}

TEST(HostSet, StickyRemovalKeepsAHostUntilItsHealthCheckFails) {
  HostSet hosts;
  hosts.update({endpoint(1), endpoint(2)}, false, true);
  EXPECT_THAT(hosts.update({endpoint(2)}, false, true).left, IsEmpty());
  EXPECT_THAT(hosts.members(), ElementsAre(1, 0));
  EXPECT_TRUE(hosts.set_failing(0, true));
  EXPECT_THAT(hosts.members(), ElementsAre(1));
  EXPECT_FALSE(hosts.set_failing(1, true)) << "a listed host stays, unhealthy";
  EXPECT_THAT(hosts.healthy(), IsEmpty());
}

// --- Load balancing ----------------------------------------------------------------------------

struct Balancing {
  explicit Balancing(LoadBalancing kind, std::uint32_t hosts_count) {
    std::vector<Endpoint> endpoints;
    for (std::uint32_t i = 0; i < hosts_count; ++i) endpoints.push_back(endpoint(i + 1));
    hosts.update(endpoints, false, false);
    balancer = std::make_unique<LoadBalancer>(kind, 50, 1, endpoints.size(), rng);
  }
  HostIndex choose(std::vector<HostIndex> tried = {}) {
    return balancer->choose(hosts, 0, tried, rng, stats).value();
  }
  sim::Rng rng = sim::Rng::stream(1, "balancing");
  HostSet hosts;
  ClusterStats stats;
  std::unique_ptr<LoadBalancer> balancer;
};

TEST(LoadBalancer, RoundRobinLeavesOutWhoIsNotHealthy) {
  Balancing it(LoadBalancing::round_robin, 4);
  it.hosts.set_ejected(2, true);
  std::vector<int> hits(4);
  for (int i = 0; i < 30; ++i) ++hits[it.choose()];
  EXPECT_THAT(hits, ElementsAre(10, 10, 0, 10));
  EXPECT_EQ(it.stats.lb_healthy_panic, 0U);
}

// 50 % are enough, fewer are not: App Mesh's walkthrough ejects three of four.
TEST(LoadBalancer, PanicsBelowHalfAndUsesAllHosts) {
  Balancing it(LoadBalancing::round_robin, 4);
  it.hosts.set_ejected(0, true);
  it.hosts.set_ejected(1, true);
  for (int i = 0; i < 10; ++i) EXPECT_GE(it.choose(), 2U);
  it.hosts.set_ejected(2, true);
  std::vector<int> hits(4);
  for (int i = 0; i < 40; ++i) ++hits[it.choose()];
  EXPECT_THAT(hits, Each(10));
  EXPECT_EQ(it.stats.lb_healthy_panic, 40U);
}

TEST(LoadBalancer, ARetryAvoidsTheHostsThatWereTried) {
  Balancing it(LoadBalancing::round_robin, 3);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(it.choose({0, 2}), 1U);
}

TEST(LoadBalancer, WhenAllWereTriedTheLastChoiceStands) {
  Balancing it(LoadBalancing::round_robin, 2);
  EXPECT_LT(it.choose({0, 1}), 2U);
}

// Of two drawn with replacement from n hosts, the one with fewer requests: an idle host among busy
// ones gets 1 - (1 - 1/n)^2 of them.
TEST(LoadBalancer, LeastRequestPrefersTheIdlerOfTwo) {
  Balancing it(LoadBalancing::least_request, 4);
  for (const HostIndex host : {0U, 1U, 2U}) it.hosts.at(host).requests_active = 5;
  int idle = 0;
  constexpr int draws = 10'000;
  for (int i = 0; i < draws; ++i) idle += it.choose() == 3 ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(idle) / draws, 1 - 0.75 * 0.75, 0.02);
}

// --- An Envoy whose endpoints change -----------------------------------------------------------

TEST(Endpoints, ANewHostGetsRequestsAndARemovedOneGetsNone) {
  OneEnvoy world;
  world.list({0});
  world.send_every(10ms, 10);
  EXPECT_THAT(world.served(), ElementsAre(10, 0));
  world.list({0, 1});
  world.send_every(10ms, 10);
  EXPECT_THAT(world.served(), ElementsAre(15, 5));
  world.list({1});
  world.send_every(10ms, 10);
  EXPECT_THAT(world.served(), ElementsAre(15, 15));
  EXPECT_EQ(world.cluster_stats().membership_change, 3U);
  EXPECT_EQ(world.cluster_stats().membership_total, 1U);
}

TEST(Endpoints, IdleConnectionsToARemovedHostCloseAtOnceBusyOnesAfterTheirAnswer) {
  OneEnvoy world;
  world.list({0, 1});
  world.send_every(10ms, 2);
  world.send_every(10ms, 1, 200ms);  // One slow request is under way when both leave.
  world.list({});
  world.run_for(50ms);
  EXPECT_EQ(world.cluster_stats().cx_active, 1U);
  world.run_for(300ms);
  EXPECT_EQ(world.cluster_stats().cx_active, 0U);
  EXPECT_THAT(world.statuses(), Each(200));
}

TEST(Endpoints, WithoutAnyTheAnswerIs503NoHealthyUpstream) {
  OneEnvoy world;
  world.list({});
  world.send_every(10ms, 1);
  EXPECT_THAT(world.statuses(), ElementsAre(503));
  EXPECT_EQ(world.cluster_stats().cx_none_healthy, 1U);
}

TEST(Configuration, BeforeTheFirstOneNobodyListens) {
  OneEnvoy world(OneEnvoy::Start::without_configuration);
  world.send_every(10ms, 1);
  EXPECT_THAT(world.statuses(), ElementsAre(0));
  EXPECT_EQ(world.proxy().state(), Proxy::State::initialising);
}

// A configuration may take a cluster away under a request that waits for its answer.
TEST(Configuration, ARequestUnderWayEndsOnTheRouteItBeganWith) {
  OneEnvoy world;
  world.list({0});
  world.send_every(10ms, 1, 500ms);
  world.apply_without_clusters();
  world.run_for(1s);
  EXPECT_THAT(world.statuses(), ElementsAre(200));
  world.send_every(10ms, 1);
  EXPECT_THAT(world.statuses(), ElementsAre(200, 404));
}

TEST(Configuration, AClusterThatStaysKeepsItsConnections) {
  OneEnvoy world;
  world.list({0});
  world.send_every(10ms, 3);
  world.apply_again();
  world.send_every(10ms, 3);
  EXPECT_EQ(world.cluster_stats().cx_total, 1U);
  EXPECT_THAT(world.statuses(), SizeIs(6));
}

// --- A process that stands still ---------------------------------------------------------------

TEST(Pause, TheKernelAcceptsAndNothingIsAnsweredUntilItGoesOn) {
  OneEnvoy world;
  world.list({0});
  world.proxy().pause();
  world.send_every(10ms, 3);
  world.run_for(2s);
  EXPECT_THAT(world.statuses(), IsEmpty());
  EXPECT_EQ(world.proxy().stats().http[1].cx_total, 0U) << "nobody called accept()";
  world.proxy().resume();
  world.run_for(1s);
  EXPECT_THAT(world.statuses(), ElementsAre(200, 200, 200));
}

// Linux lets one more in than the backlog says: it is full when there are more than that.
TEST(Pause, TheAcceptQueueHoldsItsBacklogAndTheNextSynIsDropped) {
  OneEnvoy world(OneEnvoy::Start::with_configuration, 2, "v1.15");
  world.list({0});
  world.proxy().pause();
  world.send_every(1ms, 200);
  world.run_for(500ms);
  world.proxy().resume();
  EXPECT_EQ(world.proxy().stats().http[1].cx_total, 129U);
  world.run_for(900ms);
  EXPECT_THAT(world.statuses(), SizeIs(200)) << "SYNs are sent again after a second";
  EXPECT_EQ(world.proxy().stats().http[1].cx_total, 200U);
}

TEST(Pause, ASecondStopFindsAnEmptyQueue) {
  OneEnvoy world(OneEnvoy::Start::with_configuration, 2, "v1.15");
  world.list({0});
  world.proxy().pause();
  world.send_every(1ms, 100);
  world.proxy().resume();
  world.run_for(1s);
  ASSERT_EQ(world.proxy().stats().http[1].cx_total, 100U);
  world.proxy().pause();
  world.send_every(1ms, 100 + 129 + 11);  // As many as are connected, fit in, do not.
  world.proxy().resume();
  EXPECT_EQ(world.proxy().stats().http[1].cx_total, 229U);
}

TEST(Pause, LaterVersionsHaveRoomForSomaxconn) {
  OneEnvoy world;
  world.list({0});
  world.proxy().pause();
  world.send_every(1ms, 1000);
  world.proxy().resume();
  EXPECT_EQ(world.proxy().stats().http[1].cx_total, 1000U);
}

TEST(Pause, TimersWaitAndAnAnswerThatCameInTimeCountsBeforeThem) {
  OneEnvoy world;
  world.list({0});
  world.send_every(10ms, 1, 500ms);
  world.proxy().pause();
  world.run_for(30s);  // Both the answer and the route's 15 s lie in the pause.
  world.proxy().resume();
  world.run_for(1s);
  EXPECT_THAT(world.statuses(), ElementsAre(200));
}

TEST(Drain, AnswersGoOnAndConnectionsAreLetGo) {
  OneEnvoy world;
  world.list({0});
  world.send_every(10ms, 2);
  world.proxy().drain();
  world.send_every(10ms, 2);
  EXPECT_THAT(world.statuses(), ElementsAre(200, 200, 200, 200));
  EXPECT_EQ(world.proxy().stats().http[1].cx_total, 2U) << "the first closed after its answer";
  EXPECT_EQ(world.proxy().stats().http[1].cx_active, 0U);
}

}  // namespace
}  // namespace hoplab::models::envoy
