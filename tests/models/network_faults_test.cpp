// Faults of the network between tasks: what each shows to whom.

#include <gmock/gmock.h>

#include <algorithm>
#include <regex>

#include "models/ecs/identity.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;

/// a in one zone calls b in another, ten times a second, evenly; the network takes 1 ms.
std::string two_zones(const std::string& faults, const std::string& a = "",
                      const std::string& b = "") {
  return "hoplab: 1\nname: network-faults\nduration: 1m\n"
         "network: {latency: 0.1ms, interZoneLatency: 1ms, clientLatency: 0s}\n"
         "infrastructure:\n  subnets:\n"
         "    one: {cidrBlock: 10.0.1.0/24, availabilityZone: us-east-1a}\n"
         "    two: {cidrBlock: 10.0.2.0/24, availabilityZone: us-east-1b}\n"
         "hosts: {ha: {subnet: one}, hb: {subnet: two}}\n"
         "workload: [{name: users, executor: constant-arrival-rate, rate: 10/s, to: a}]\n"
         "services:\n  a: {placement: ha, calls: [{to: b" +
         a + "}]}\n  b: {placement: hb, serviceTime: {wait: 5ms}" + b + "}\nfaults:\n" + faults;
}

std::vector<std::string> with(std::vector<std::string> lines, const std::string& text) {
  std::erase_if(lines, [&](const std::string& line) { return line.find(text) == line.npos; });
  return lines;
}

std::vector<std::string> egress_lines(const test::Run& run) {
  return with(run.sink->lines_of("a", "envoy"), "b.local:8080");
}

/// DURATION and x-envoy-upstream-service-time of each line that has both.
std::vector<std::pair<int, int>> times_of(const std::vector<std::string>& lines) {
  static const std::regex both(R"re( \d+ [-A-Z,]+ \d+ \d+ (\d+) (\d+) )re");
  std::vector<std::pair<int, int>> times;
  for (const std::string& line : lines) {
    std::smatch match;
    if (std::regex_search(line, match, both)) {
      times.emplace_back(std::stoi(match[1]), std::stoi(match[2]));
    }
  }
  return times;
}

/// How long the calls took that ended in a span.
std::vector<sim::Duration> calls_between(const test::Run& run, sim::Duration from,
                                         sim::Duration to) {
  std::vector<sim::Duration> took;
  for (const auto& request : run.sink->requests.at("a->b")) {
    const auto ended = request.ended.time_since_epoch();
    if (ended >= from && ended < to) took.push_back(request.took);
  }
  return took;
}

// --- ACLs and routes ---------------------------------------------------------------------------

TEST(NetworkAcl, ThatDeniesTheWayThereLeavesNoTraceAtTheTarget) {
  const auto run = test::run_text(
      two_zones("  - {at: 10s, action: \"hoplab:ec2:replace-network-acl-entry\", target: two, "
                "parameters: {portFrom: 8080, portTo: 8080}}\n"));
  EXPECT_THAT(with(egress_lines(run), " 504 UT "), Not(IsEmpty()));
  EXPECT_THAT(with(egress_lines(run), " 503 UF,URX "), SizeIs(Ge(100U)));
  // Nothing after the first ten seconds.
  EXPECT_THAT(run.sink->lines_of("b", "envoy"), SizeIs(AllOf(Ge(99U), Le(101U))));
}

TEST(NetworkAcl, ThatDeniesTheWayBackLetsTheTargetAnswerInVain) {
  const auto run = test::run_text(
      two_zones("  - {at: 10s, action: \"hoplab:ec2:replace-network-acl-entry\", target: one, "
                "parameters: {portFrom: 32768, portTo: 60999}}\n"));
  const auto timed_out = with(egress_lines(run), " 504 UT ");
  ASSERT_THAT(timed_out, Not(IsEmpty()));
  // Each of those was answered by b.
  const std::size_t at_b = with(run.sink->lines_of("b", "envoy"), " 200 - 0 1024 ").size();
  EXPECT_EQ(at_b, with(egress_lines(run), " 200 - 0 1024 ").size() + timed_out.size());
  EXPECT_THAT(with(egress_lines(run), " 503 UF,URX "), SizeIs(Ge(100U)));
}

TEST(NetworkAcl, OfOneSubnetIsNoMatterWithinIt) {
  const auto run = test::run_text(
      "hoplab: 1\nname: within\nduration: 20s\nworkload: [{name: users, rate: 10/s, to: a}]\n"
      "infrastructure: {subnets: {one: {cidrBlock: 10.0.1.0/24}},\n"
      "  networkAcls: {acl-1: {entries: [], associations: [{subnetId: one}]}}}\n"
      "hosts: {ha: {subnet: one}, hb: {subnet: one}}\n"
      "services: {a: {placement: ha, calls: [{to: b}]}, b: {placement: hb}}\n");
  EXPECT_EQ(run.totals.failed, 0U);
}

// Numbers decide, not the order in which they are written; ephemeral ports are let back in.
TEST(NetworkAcl, OfTheScenarioIsReadByItsNumbers) {
  const std::string acls =
      "infrastructure:\n  subnets:\n"
      "    one: {cidrBlock: 10.0.1.0/24}\n    two: {cidrBlock: 10.0.2.0/24}\n"
      "  networkAcls:\n    acl-2:\n      associations: [{subnetId: two}]\n      entries:\n"
      "        - {ruleNumber: 200, egress: false, protocol: '6', ruleAction: deny, cidrBlock: "
      "0.0.0.0/0, portRange: {from: 0, to: 65535}}\n"
      "        - {ruleNumber: 100, egress: false, protocol: '6', ruleAction: allow, cidrBlock: "
      "10.0.1.0/24, portRange: {from: 8080, to: 8080}}\n"
      "        - {ruleNumber: 100, egress: true, protocol: '6', ruleAction: allow, cidrBlock: "
      "0.0.0.0/0, portRange: {from: FIRST, to: 60999}}\n";
  const auto failures = [&](const std::string& first) {
    std::string text =
        "hoplab: 1\nname: numbers\nduration: 20s\nworkload: [{name: users, rate: 5/s, to: a}]\n" +
        acls +
        "hosts: {ha: {subnet: one}, hb: {subnet: two}}\n"
        "services: {a: {placement: ha, calls: [{to: b}]}, b: {placement: hb}}\n";
    text.replace(text.find("FIRST"), 5, first);
    const auto run = test::run_text(text);
    return std::pair(run.totals.failed, run.totals.issued);
  };
  EXPECT_EQ(failures("32768").first, 0U);
  const auto [failed, issued] = failures("60999");  // One port of 28,232.
  EXPECT_EQ(failed, issued);
}

TEST(Route, ThatLeadsNowhereSwallowsThePacketsOfItsSubnet) {
  const auto run = test::run_text(
      two_zones("  - {at: 10s, for: 30s, action: \"hoplab:ec2:route-blackhole\", target: one, "
                "parameters: {destinationCidrBlock: 10.0.2.0/24}}\n"));
  EXPECT_THAT(with(egress_lines(run), " 504 UT "), Not(IsEmpty()));
  EXPECT_THAT(with(egress_lines(run), " 503 UF,URX "), SizeIs(Ge(50U)));
  ASSERT_EQ(run.sink->configs.at("route-tables").size(), 2U);
  EXPECT_THAT(run.sink->configs.at("route-tables").front(), HasSubstr("blackhole"));
  EXPECT_THAT(run.sink->configs.at("route-tables").back(), Not(HasSubstr("blackhole")));
  EXPECT_THAT(calls_between(run, 45s, 60s), Each(Le(12ms)));
}

TEST(DisruptConnectivity, CutsASubnetOffAndGivesItBack) {
  const auto run = test::run_text(
      two_zones("  - {at: 10s, for: 20s, action: \"aws:network:disrupt-connectivity\", "
                "target: two, parameters: {scope: availability-zone}}\n"));
  EXPECT_THAT(with(egress_lines(run), " 504 UT "), Not(IsEmpty()));
  EXPECT_THAT(with(egress_lines(run), " 503 UF,URX "), Not(IsEmpty()));
  EXPECT_THAT(calls_between(run, 35s, 60s), Each(Le(12ms)));
  EXPECT_THAT(run.sink->configs.at("network-acls"), SizeIs(2U));
}

// --- Zones -------------------------------------------------------------------------------------

TEST(Zones, AreAsFarApartAsTheNetworkSays) {
  const auto run = test::run_text(two_zones("  []\n"));
  // 1 ms there, 1 ms back, 5 ms of waiting, and the work of four Envoys.
  EXPECT_THAT(calls_between(run, 10s, 60s), Each(AllOf(Ge(7ms), Le(10ms))));
}

TEST(ZoneOutage, IsSilenceInBothDirectionsAndEnds) {
  const auto run = test::run_text(
      two_zones("  - {at: 10s, for: 20s, action: \"hoplab:ec2:availability-zone-outage\", target: "
                "us-east-1b}\n"));
  EXPECT_THAT(with(egress_lines(run), " 504 UT "), Not(IsEmpty()));
  EXPECT_THAT(with(egress_lines(run), " 503 UF,URX "), SizeIs(Ge(20U)));
  EXPECT_THAT(with(run.sink->ecs_events, "STOPPED"), IsEmpty());
  EXPECT_THAT(calls_between(run, 35s, 60s), Each(Le(12ms)));
}

// Silence, not FIN: what is under way times out; ECS hears of nothing.
TEST(PowerLoss, TellsNobody) {
  std::string text = two_zones("  - {at: 10s, action: \"hoplab:ec2:power-loss\", target: hb}\n");
  text.replace(text.find("duration: 1m"), 12, "duration: 2m");
  const auto run = test::run_text(text);
  EXPECT_THAT(with(egress_lines(run), " 504 UT "), Not(IsEmpty()));
  EXPECT_THAT(with(egress_lines(run), " 503 UF,URX "), SizeIs(Ge(100U)));
  EXPECT_THAT(with(egress_lines(run), " UC"), IsEmpty());
  // What b's Envoy had not flushed is lost as well.
  EXPECT_THAT(run.sink->lines_of("b", "envoy"), SizeIs(Le(101U)));
  EXPECT_THAT(with(run.sink->ecs_events, "\"lastStatus\":\"STOPPED\""), IsEmpty());
  EXPECT_THAT(with(run.sink->ecs_events, "PROVISIONING"), IsEmpty());
  const auto disconnected = with(run.sink->ecs_events, "\"agentConnected\":false");
  ASSERT_THAT(disconnected, SizeIs(1U));
  // Heartbeats have to be missed first.
  EXPECT_THAT(disconnected[0], HasSubstr("2026-01-05T12:01:10"));
}

/// The minutes (from 0) of a machine's datapoints, and how many of them are 1.
struct Datapoints {
  std::vector<int> minutes;
  int ones = 0;
};
Datapoints datapoints_of(const test::Run& run, const std::string& metric, const std::string& host) {
  const std::string name = "\"MetricName\":\"" + metric + "\"";
  Datapoints result;
  for (const std::string& line : with(run.sink->metrics, name)) {
    if (line.find(models::ecs::Identity::instance_id(host)) == line.npos) continue;
    result.minutes.push_back(std::stoi(line.substr(line.find("2026-01-05T12:") + 14, 2)));
    if (line.find("\"Maximum\":1.00") != line.npos) ++result.ones;
  }
  return result;
}

// Source: Amazon EC2 User Guide, "Status checks": what is gone has no datapoint, and fails its
// checks.
TEST(PowerLoss, IsAGapInMetricsAndAFailedStatusCheckUntilThePowerIsBack) {
  std::string text = two_zones(
      "  - {at: 61s, for: 4m, action: \"hoplab:ec2:power-loss\", target: hb}\n"
      "  - {at: 2m, for: 1m, action: \"hoplab:ec2:availability-zone-outage\", target: "
      "us-east-1b}\n");
  text.replace(text.find("duration: 1m"), 12, "duration: 8m");
  const auto run = test::run_text(text);
  // At 2, 3, 4 and 5 minutes it is dark: two outages overlap, and the longer one counts.
  EXPECT_THAT(datapoints_of(run, "CPUUtilization", "hb").minutes, ElementsAre(0, 5, 6, 7));
  EXPECT_THAT(datapoints_of(run, "CPUUtilization", "ha").minutes, SizeIs(8U));
  EXPECT_THAT(datapoints_of(run, "StatusCheckFailed", "hb").minutes, SizeIs(8U));
  EXPECT_EQ(datapoints_of(run, "StatusCheckFailed", "hb").ones, 2);
  EXPECT_EQ(datapoints_of(run, "StatusCheckFailed", "ha").ones, 0);
}

TEST(PowerLoss, ThatEndsAsAMinuteDoesLeavesAGapOfThatMinuteToo) {
  std::string text =
      two_zones("  - {at: 70s, for: 50s, action: \"hoplab:ec2:power-loss\", target: hb}\n");
  text.replace(text.find("duration: 1m"), 12, "duration: 4m");
  const auto run = test::run_text(text);
  EXPECT_THAT(datapoints_of(run, "CPUUtilization", "hb").minutes, ElementsAre(0, 2, 3));
  EXPECT_THAT(datapoints_of(run, "NetworkIn", "hb").minutes, ElementsAre(0, 2, 3));
}

TEST(ZoneOutage, DisconnectsTheZonesAgentsAndNoOthers) {
  std::string text = two_zones(
      "  - {at: 10s, for: 2m, action: \"hoplab:ec2:availability-zone-outage\", target: "
      "us-east-1b}\n"
      "  - {at: 20s, action: \"hoplab:ecs:container-exit\", target: b}\n");
  text.replace(text.find("duration: 1m"), 12, "duration: 5m");
  const auto run = test::run_text(text);
  const auto disconnected = with(run.sink->ecs_events, "\"agentConnected\":false");
  ASSERT_THAT(disconnected, SizeIs(1U));
  EXPECT_THAT(disconnected[0], HasSubstr("2026-01-05T12:01:10"));
  // That b's application has ended there is heard of when the zone is back.
  const auto ended = with(run.sink->ecs_events, "EssentialContainerExited");
  ASSERT_THAT(ended, Not(IsEmpty()));
  EXPECT_THAT(ended.front(), HasSubstr("\"time\":\"2026-01-05T12:02:10"));
}

// No heartbeat is missed: ECS has nothing to say of it.
TEST(ZoneOutage, ThatIsShortIsNotNoticedByEcs) {
  const auto run = test::run_text(
      two_zones("  - {at: 10s, for: 30s, action: \"hoplab:ec2:availability-zone-outage\", target: "
                "us-east-1b}\n"));
  EXPECT_THAT(with(run.sink->ecs_events, "\"agentConnected\":false"), IsEmpty());
  EXPECT_THAT(with(run.sink->ecs_events, "DISCONNECTED"), IsEmpty());
}

// A minute after the power its agent is back, and tells that the task has ended.
TEST(PowerLoss, IsHeardOfWhenTheMachineHasBooted) {
  std::string text =
      two_zones("  - {at: 10s, for: 20s, action: \"hoplab:ec2:power-loss\", target: hb}\n");
  text.replace(text.find("duration: 1m"), 12, "duration: 4m");
  const auto run = test::run_text(text);
  EXPECT_THAT(with(run.sink->ecs_events, "\"exitCode\":137"), Not(IsEmpty()));
  EXPECT_THAT(with(run.sink->ecs_events, "PROVISIONING"), Not(IsEmpty()));
  for (const auto& request : run.sink->requests.at("a->b")) {
    const auto ended = request.ended.time_since_epoch();
    if (ended > 30s && ended < 90s) {
      EXPECT_TRUE(request.failed);
    }
    if (ended > 200s) {
      EXPECT_FALSE(request.failed);
    }
  }
}

// --- Task network faults -----------------------------------------------------------------------

TEST(TaskNetworkLatency, DelaysWhatLeavesTheTaskAlone) {
  const auto run = test::run_text(
      two_zones("  - {at: 20s, action: \"aws:ecs:task-network-latency\", target: b, parameters: "
                "{delayMilliseconds: 100, jitterMilliseconds: 0, sources: a}}\n",
                "", ", responseSize: 100B"));
  EXPECT_THAT(calls_between(run, 21s, 60s), Each(AllOf(Ge(107ms), Le(112ms))));
  // b's own DURATION is what it was.
  for (const auto& [duration, upstream] : times_of(run.sink->lines_of("b", "envoy"))) {
    EXPECT_LE(duration, 8);
  }
}

TEST(TaskNetworkLatency, MayHitAShareOfTheConnections) {
  const auto run = test::run_text(
      two_zones("  - {at: 0s, action: \"aws:ecs:task-network-latency\", target: b, parameters: "
                "{delayMilliseconds: 100, jitterMilliseconds: 0, flowsPercent: 30, sources: a}}\n",
                ", noConnectionReuse: true"));
  const auto took = calls_between(run, 1s, 60s);
  const auto slow = std::ranges::count_if(took, [](sim::Duration one) { return one > 100ms; });
  EXPECT_GT(slow, 0);
  EXPECT_LT(slow, std::ssize(took));
}

// With a loss of p, a request alone on its connection waits 200 ms more with probability p.
TEST(TaskNetworkPacketLoss, SendsAnswersTwice) {
  const auto run = test::run_text(
      two_zones("  - {at: 0s, action: \"aws:ecs:task-network-packet-loss\", target: b, parameters: "
                "{lossPercent: 20, sources: a}}\n",
                "", ", responseSize: 100B"));
  const auto took = calls_between(run, 5s, 60s);
  const auto late =
      std::ranges::count_if(took, [](sim::Duration one) { return one >= 200ms && one < 1s; });
  EXPECT_NEAR(static_cast<double>(late) / static_cast<double>(took.size()), 0.2, 0.06);
}

// App Mesh has redirected what comes from elsewhere before the rule sees it: at 8080 there is only
// the Envoy's way to its own application.
TEST(TaskBlackholePort, OfTheApplicationCutsItsEnvoyOffFromIt) {
  const auto run = test::run_text(
      two_zones("  - {at: 10s, action: \"aws:ecs:task-network-blackhole-port\", target: b, "
                "parameters: {port: 8080, protocol: tcp, trafficType: ingress}}\n"));
  EXPECT_THAT(with(run.sink->lines_of("b", "envoy"), " 503 UF "), SizeIs(Ge(100U)));
  EXPECT_THAT(with(egress_lines(run), " 503 URX "), SizeIs(Ge(100U)));
}

TEST(TaskBlackholePort, OfTheEnvoyLetsNothingIn) {
  const auto run = test::run_text(
      two_zones("  - {at: 10s, action: \"aws:ecs:task-network-blackhole-port\", target: b, "
                "parameters: {port: 15000, trafficType: ingress}}\n"));
  EXPECT_THAT(with(egress_lines(run), " 504 UT "), Not(IsEmpty()));
  EXPECT_THAT(with(egress_lines(run), " 503 UF,URX "), SizeIs(Ge(100U)));
  EXPECT_THAT(run.sink->lines_of("b", "envoy"), SizeIs(Le(101U)));
}

TEST(AgentFault, IsTheSameInTheWordsOfTheAgentsEndpoint) {
  const std::string fis =
      "  - {at: 20s, action: \"aws:ecs:task-network-latency\", name: late, target: b, parameters: "
      "{delayMilliseconds: 100, jitterMilliseconds: 5, sources: \"10.0.1.0/24\", flowsPercent: "
      "100}}\n";
  const std::string agent =
      "  - {at: 20s, target: b, name: late, agentFault: {type: network-latency, body: "
      "{DelayMilliseconds: 100, JitterMilliseconds: 5, Sources: [10.0.1.0/24], "
      "SourcesToFilter: [], FlowsPercent: 100}}}\n";
  const auto one = test::run_text(two_zones(fis));
  const auto other = test::run_text(two_zones(agent));
  EXPECT_EQ(egress_lines(one), egress_lines(other));
}

// --- Bandwidth ---------------------------------------------------------------------------------

// 50 kB at 8 Mbit/s take 50 ms; the head of the answer is there after 7 ms as ever.
TEST(LinkBandwidth, MakesBodiesSlowAndLeavesHeadsAlone) {
  const auto run = test::run_text(
      two_zones("  - {at: 0s, action: \"hoplab:link:bandwidth\", target: \"a->b\", parameters: "
                "{bandwidth: 8Mbps}}\n",
                "", ", responseSize: 50kB"));
  const auto times = times_of(egress_lines(run));
  ASSERT_THAT(times, SizeIs(Ge(500U)));
  for (const auto& [duration, upstream] : times) {
    EXPECT_GE(duration, 55);
    EXPECT_LE(upstream, 12);
  }
}

// --- Names -------------------------------------------------------------------------------------

TEST(ResolverOutage, IsSeenByTheApplicationAlone) {
  for (const auto& [mode, error, wait] :
       {std::tuple("nxdomain", "getaddrinfo ENOTFOUND b.local", 0s),
        std::tuple("servfail", "getaddrinfo EAI_AGAIN b.local", 0s),
        std::tuple("timeout", "getaddrinfo EAI_AGAIN b.local", 10s)}) {
    const auto run = test::run_text(
        two_zones("  - {at: 10s, action: \"hoplab:route53:resolver-outage\", target: a, "
                  "parameters: {mode: " +
                      std::string(mode) + "}}\n",
                  ", noConnectionReuse: true"));
    EXPECT_THAT(egress_lines(run), SizeIs(AllOf(Ge(99U), Le(101U)))) << mode;
    const auto told = with(run.sink->lines_of("a", "app"), "call failed");
    EXPECT_THAT(told, AllOf(SizeIs(Ge(250U)), Each(HasSubstr(error)))) << mode;
    for (const auto& request : run.sink->requests.at("a->b")) {
      if (request.failed) {
        EXPECT_EQ(request.took, wait) << mode;
      }
    }
    EXPECT_THAT(with(run.sink->segments, error), Not(IsEmpty())) << mode;
  }
}

TEST(ResolverOutage, LeavesConnectionsThatStandAlone) {
  const auto run = test::run_text(
      two_zones("  - {at: 10s, action: \"hoplab:route53:resolver-outage\", target: a}\n"));
  EXPECT_EQ(run.totals.failed, 0U);
}

TEST(ResolverOutage, IsRememberedForTheNegativeTtl) {
  const auto run = test::run_text(
      two_zones("  - {at: 10s, for: 10s, action: \"hoplab:route53:resolver-outage\", target: a, "
                "parameters: {mode: nxdomain, negativeTtl: 15s}}\n",
                ", noConnectionReuse: true"));
  for (const auto& request : run.sink->requests.at("a->b")) {
    const auto ended = request.ended.time_since_epoch();
    if (ended > 10010ms && ended < 25s) {
      EXPECT_TRUE(request.failed);
    }
    if (ended > 25200ms) {
      EXPECT_FALSE(request.failed);
    }
  }
}

// b's task is replaced at another address while a's Envoy cannot look b.local up: it keeps the old
// one until it can.
TEST(ResolverOutage, LeavesADnsClusterTheAddressesItHad) {
  const auto successes = [](const std::string& outage) {
    std::string text = two_zones(
        "  - {at: 10s, action: \"hoplab:ecs:container-exit\", target: b, parameters: {container: "
        "app, exitCode: 1}}\n" +
        outage);
    text.replace(text.find("duration: 1m"), 12, "duration: 3m");
    auto scenario = test::read_text(text);
    for (scenarios::Service& service : scenario->services) {
      service.node.discovery = scenarios::VirtualNodeSettings::Discovery::dns_endpoints;
    }
    const auto run = test::run_scenario(*scenario);
    std::pair<int, int> counts;  // From 100 s to 120 s, and from 140 s on.
    for (const auto& request : run.sink->requests.at("a->b")) {
      const auto ended = request.ended.time_since_epoch();
      if (!request.failed && ended > 100s && ended < 120s) ++counts.first;
      if (!request.failed && ended > 140s) ++counts.second;
    }
    return counts;
  };
  const auto plain = successes("");
  EXPECT_GE(plain.first, 190);
  const auto troubled = successes(
      "  - {at: 5s, for: 2m, action: \"hoplab:route53:resolver-outage\", target: a, parameters: "
      "{mode: servfail}}\n");
  EXPECT_EQ(troubled.first, 0);
  EXPECT_GE(troubled.second, 390);
}

// --- Ports and tables --------------------------------------------------------------------------

// 28,232 ports, each for 60 s after its end: 470 a second for ever, 1000 a second for 28 s.
TEST(NoConnectionReuse, RunsOutOfPorts) {
  const auto run = test::run_text(
      "hoplab: 1\nname: ports\nduration: 40s\nmesh: none\ntelemetry: none\n"
      "workload: [{name: users, executor: constant-arrival-rate, rate: 1000/s, to: a}]\n"
      "services: {a: {calls: [{to: b, noConnectionReuse: true}]}, b: {}}\n");
  sim::Duration first{0};
  for (const auto& request : run.sink->requests.at("a->b")) {
    if (!request.failed) continue;
    first = request.ended.time_since_epoch();
    break;
  }
  EXPECT_GE(first, 28'232ms);
  EXPECT_LE(first, 28'240ms);
}

TEST(TrackedConnections, HaveNoPlaceInAFullTable) {
  std::string text = two_zones("  []\n", ", noConnectionReuse: true");
  text.replace(text.find("hb: {subnet: two}"), 17, "hb: {subnet: two, trackedConnections: 1}");
  text.replace(text.find("5ms"), 3, "1s");
  const auto run = test::run_text(text);
  EXPECT_THAT(with(egress_lines(run), " UF"), Not(IsEmpty()));
}

// 750 Mbit/s are 93.75 MB/s; 2000 answers of 60 kB a second want 120 MB/s. A caller of 64 workers
// has 64 answers under way at most, which take 41 ms.
TEST(NetworkCredits, LeaveTheBaselineWhenTheyAreUsedUp) {
  const auto slowest = [](const std::string& host) {
    std::string text = two_zones("  []\n", "", ", responseSize: 60kB");
    text.replace(text.find("hb: {subnet: two}"), 17, host);
    text.replace(text.find("rate: 10/s"), 10, "rate: 2000/s");
    text.replace(text.find("duration: 1m"), 12, "duration: 5s\nmesh: none");
    const auto run = test::run_text(text);
    const auto took = calls_between(run, 4s, 5s);
    return *std::ranges::max_element(took);
  };
  EXPECT_LE(slowest("hb: {subnet: two}"), 15ms);
  EXPECT_LE(slowest("hb: {subnet: two, networkCredits: 100%}"), 15ms);
  EXPECT_GE(slowest("hb: {subnet: two, networkCredits: 0%}"), 40ms);
}

}  // namespace
}  // namespace hoplab
