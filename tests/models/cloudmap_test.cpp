// Cloud Map: when who sees which address.
#include "models/cloudmap/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/mesh/control_plane.hpp"
#include "scenarios/schema/timings.hpp"

namespace hoplab::models {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr vpc::Ipv4 first{0x0A000105};
constexpr vpc::Ipv4 second{0x0A000106};

scenarios::Distribution exactly(sim::Duration time) {
  scenarios::Distribution distribution;
  distribution.mean = time;
  return distribution;
}

scenarios::ControlPlaneTimings exact_timings() {
  scenarios::ControlPlaneTimings timings;
  timings.cloud_map = exactly(2s);
  timings.endpoints = exactly(20s);
  timings.configuration = exactly(10s);
  return timings;
}

struct OneRegistry {
  void run_until(sim::Duration instant) { engine.run(sim::at(instant)); }

  sim::Engine engine{1};
  scenarios::ControlPlaneTimings timings = exact_timings();
  cloudmap::Registry registry{engine, timings};
};

TEST(CloudMap, ARegistrationAndItsEndShowAfterAWhile) {
  OneRegistry one;
  one.registry.register_instance("b", {"t1", first});
  one.run_until(1s);
  EXPECT_THAT(one.registry.addresses("b"), IsEmpty());
  one.run_until(2s);
  EXPECT_THAT(one.registry.addresses("b"), ElementsAre(first));
  one.registry.deregister_instance("b", "t1");
  one.run_until(3s);
  EXPECT_THAT(one.registry.addresses("b"), ElementsAre(first));
  one.run_until(4s);
  EXPECT_THAT(one.registry.addresses("b"), IsEmpty());
}

TEST(CloudMap, ARegistrationThatIsTakenBackInTimeNeverShows) {
  OneRegistry one;
  one.registry.register_instance("b", {"t1", first});
  one.run_until(1s);
  one.registry.deregister_instance("b", "t1");
  one.run_until(1min);
  EXPECT_THAT(one.registry.records("b"), IsEmpty());
}

// Source: Cloud Map API reference, UpdateInstanceCustomHealthStatus.
TEST(CloudMap, ACustomHealthStatusTakesThirtySeconds) {
  OneRegistry one;
  one.registry.put("b", {"t1", first});
  one.registry.put("b", {"t2", second});
  one.registry.set_health("b", "t1", false);
  one.run_until(29s);
  EXPECT_THAT(one.registry.addresses("b"), ElementsAre(first, second));
  one.run_until(30s);
  EXPECT_THAT(one.registry.addresses("b"), ElementsAre(second));
}

TEST(CloudMap, WhereNoneIsHealthyAllAreHandedOut) {
  OneRegistry one;
  one.registry.put("b", {"t1", first});
  one.registry.set_health("b", "t1", false);
  one.run_until(1min);
  EXPECT_THAT(one.registry.addresses("b"), ElementsAre(first));
}

TEST(CloudMap, FrozenRecordsAreStaleAndCatchUp) {
  OneRegistry one;
  one.registry.put("b", {"t1", first});
  one.registry.freeze("b");
  one.registry.deregister_instance("b", "t1");
  one.registry.register_instance("b", {"t2", second});
  one.run_until(1min);
  EXPECT_THAT(one.registry.addresses("b"), ElementsAre(first));
  one.registry.thaw("b");
  EXPECT_THAT(one.registry.addresses("b"), ElementsAre(second));
}

// --- DNS --------------------------------------------------------------------------------------

struct OneResolver : OneRegistry {
  OneResolver() {
    registry.put("b", {"t1", first});
    resolver.prime();
    registry.watch([this](const std::string&) { resolver.on_change(); });
  }
  std::vector<vpc::Ipv4> told{first};
  sim::Duration told_at{};
  cloudmap::Resolver resolver{
      engine, registry, "b", timings, "resolver/a", [this](const std::vector<vpc::Ipv4>& known) {
        told = known;
        told_at = engine.now().time_since_epoch();
      }};
};

TEST(Resolver, HearsOfAChangeWithinTheTtl) {
  OneResolver one;
  one.registry.register_instance("b", {"t2", second});
  one.run_until(1min);
  EXPECT_THAT(one.told, ElementsAre(first, second));
  EXPECT_GE(one.told_at, 2s);
  EXPECT_LE(one.told_at, 12s);
}

// Source: RFC 2308; the SOA of Cloud Map's zones.
TEST(Resolver, BelievesForFifteenMinutesThatThereIsNoAddress) {
  OneResolver one;
  one.registry.deregister_instance("b", "t1");
  one.run_until(20s);
  EXPECT_THAT(one.told, IsEmpty());
  const sim::Duration none_since = one.told_at;
  one.registry.register_instance("b", {"t2", second});
  one.run_until(none_since + 899s);
  EXPECT_THAT(one.told, IsEmpty());
  one.run_until(none_since + 901s);
  EXPECT_THAT(one.told, ElementsAre(second));
}

// --- App Mesh ---------------------------------------------------------------------------------

class Envoy final : public mesh::ConfigurationUser {
 public:
  void on_configuration() override { ++configurations; }
  void on_endpoints(const std::string& /*service*/,
                    const std::vector<vpc::Ipv4>& addresses) override {
    known = addresses;
  }
  void on_stream(bool is_connected, int grpc_status, const std::string& /*message*/) override {
    connected = is_connected;
    status = grpc_status;
    ++changes;
  }
  int configurations = 0;
  std::vector<vpc::Ipv4> known;
  bool connected = true;
  int status = -1;
  int changes = 0;
};

struct OneMesh {
  OneMesh() {
    scenario.control_plane = exact_timings();
    registry.put("b", {"t1", first});
    static_cast<void>(control_plane.addresses("b"));
    control_plane.adopt(envoy, "a", {"b"});
  }
  void run_until(sim::Duration instant) { engine.run(sim::at(instant)); }

  sim::Engine engine{1};
  scenarios::Scenario scenario;
  cloudmap::Registry registry{engine, scenario.control_plane};
  mesh::ControlPlane control_plane{engine, registry, scenario};
  Envoy envoy;
};

// Source: App Mesh roadmap, issue 151: 20 to 30 s.
TEST(ControlPlane, EndpointsAreStaleForTwentyToThirtySeconds) {
  OneMesh one;
  one.registry.register_instance("b", {"t2", second});
  one.run_until(21s);
  EXPECT_THAT(one.envoy.known, IsEmpty());
  one.run_until(22s);
  EXPECT_THAT(one.envoy.known, ElementsAre(first, second));
}

TEST(ControlPlane, WhatChangesUntilThePollGoesAlong) {
  OneMesh one;
  one.registry.deregister_instance("b", "t1");
  one.engine.after(10s, [&] { one.registry.register_instance("b", {"t2", second}); });
  one.run_until(22s);
  EXPECT_THAT(one.envoy.known, ElementsAre(second));
}

TEST(ControlPlane, DuringAnOutageEnvoysKeepWhatTheyHaveAndNewOnesWait) {
  OneMesh one;
  Envoy late;
  one.control_plane.begin_outage();
  EXPECT_FALSE(one.envoy.connected);
  EXPECT_EQ(one.envoy.status, 14);
  one.registry.register_instance("b", {"t2", second});
  one.control_plane.connect(late, "late", {"b"});
  one.run_until(10min);
  EXPECT_THAT(one.envoy.known, IsEmpty());
  EXPECT_EQ(late.configurations, 0);
  one.control_plane.end_outage();
  one.run_until(10min + 30s);
  EXPECT_EQ(late.configurations, 1);
  EXPECT_EQ(one.envoy.configurations, 1);
  EXPECT_THAT(one.control_plane.addresses("b"), ElementsAre(first, second));
}

// Source: App Mesh roadmap, issue 32.
TEST(ControlPlane, StreamsAreClosedWithStatus0AboutEveryHalfHour) {
  OneMesh one;
  one.run_until(29min);
  EXPECT_EQ(one.envoy.changes, 0);
  one.run_until(36min);
  EXPECT_EQ(one.envoy.changes, 2);
  EXPECT_EQ(one.envoy.status, 0);
  EXPECT_TRUE(one.envoy.connected);
}

// Each Envoy looks it up itself.
TEST(ControlPlane, TellsNothingOfAServiceThatIsFoundByDns) {
  sim::Engine engine{1};
  scenarios::Scenario scenario;
  scenario.control_plane = exact_timings();
  scenarios::Service& b = scenario.services.emplace_back();
  b.name = "b";
  b.node.discovery = scenarios::VirtualNodeSettings::Discovery::dns_endpoints;
  cloudmap::Registry registry{engine, scenario.control_plane};
  mesh::ControlPlane control_plane{engine, registry, scenario};
  Envoy envoy;
  registry.put("b", {"t1", first});
  static_cast<void>(control_plane.addresses("b"));
  control_plane.adopt(envoy, "a", {"b"});
  registry.register_instance("b", {"t2", second});
  engine.run(sim::at(10min));
  EXPECT_EQ(envoy.changes, 0);
  EXPECT_THAT(envoy.known, IsEmpty());
}

}  // namespace
}  // namespace hoplab::models
