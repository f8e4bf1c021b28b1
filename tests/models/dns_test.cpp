// Clusters that an Envoy looks up itself: how often, what a failure changes, how many hosts a name
// is.

#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "models/envoy/dns_poller.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using models::envoy::DnsPoller;
using models::envoy::NameService;
using models::vpc::Ipv4;
using models::vpc::LookUp;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr Ipv4 one{0x0A000001};

// --- One name ---------------------------------------------------------------------------------

class Names final : public NameService {
 public:
  Answer look_up(const std::string& host_name) override {
    asked.push_back(host_name);
    return answer;
  }
  Answer answer;
  std::vector<std::string> asked;
};

class Hosts final : public DnsPoller::Listener {
 public:
  void on_addresses(const std::vector<Ipv4>& addresses) override { told.push_back(addresses); }
  std::vector<std::vector<Ipv4>> told;
};

/// An Envoy's poller of "b.local", every 5 s.
struct OnePoller {
  explicit OnePoller(const std::string& profile = "v1.29")
      : poller({.engine = engine,
                .suspension = suspension,
                .names = names,
                .profile = *models::envoy::find_profile(profile),
                .stats = stats},
               "b.local", 5s, hosts) {}
  void run(LookUp::Outcome outcome, std::vector<Ipv4> addresses, sim::Duration end) {
    names.answer = {.outcome = outcome, .after = {}, .addresses = std::move(addresses)};
    poller.start();
    engine.run(sim::at(end));
  }
  sim::Engine engine{1};
  models::Suspension suspension;
  Names names;
  Hosts hosts;
  models::envoy::ClusterStats stats;
  DnsPoller poller;
};

TEST(DnsPoller, AsksAtOnceAndEveryFiveSeconds) {
  OnePoller it;
  it.run(LookUp::Outcome::found, {one}, 21s);
  EXPECT_THAT(it.names.asked, SizeIs(5));
  EXPECT_THAT(it.names.asked, Each("b.local"));
  EXPECT_THAT(it.hosts.told, Each(ElementsAre(one)));
  EXPECT_EQ(it.stats.update_attempt, 5U);
  EXPECT_EQ(it.stats.update_success, 5U);
  EXPECT_EQ(it.stats.update_failure, 0U);
}

TEST(DnsPoller, TellsNothingOfALookUpThatFailed) {
  OnePoller it;
  it.run(LookUp::Outcome::try_again, {}, 11s);
  EXPECT_THAT(it.hosts.told, IsEmpty());
  EXPECT_EQ(it.stats.update_failure, 3U);
  EXPECT_EQ(it.stats.update_success, 0U);
}

// Source: Envoy, issue 20890: before v1.23 an answer without records was a failure.
TEST(DnsPoller, BelievesThatThereIsNoSuchNameSinceV1_23) {
  OnePoller late;
  late.run(LookUp::Outcome::no_such_name, {}, 1s);
  EXPECT_THAT(late.hosts.told, ElementsAre(IsEmpty()));
  EXPECT_EQ(late.stats.update_success, 1U);
  OnePoller early("v1.22");
  early.run(LookUp::Outcome::no_such_name, {}, 1s);
  EXPECT_THAT(early.hosts.told, IsEmpty());
  EXPECT_EQ(early.stats.update_failure, 1U);
}

TEST(DnsPoller, WaitsForAnAnswerBeforeItRests) {
  OnePoller it;
  it.names.answer = {.outcome = LookUp::Outcome::try_again, .after = 10s, .addresses = {}};
  it.poller.start();
  it.engine.run(sim::at(14s));
  EXPECT_EQ(it.stats.update_attempt, 1U);
  EXPECT_EQ(it.stats.update_failure, 1U);
  it.engine.run(sim::at(16s));
  EXPECT_EQ(it.stats.update_attempt, 2U);
}

TEST(DnsPoller, AsksNobodyWhileItsProcessStandsStill) {
  OnePoller it;
  it.run(LookUp::Outcome::found, {one}, 1s);
  it.suspension.begin();
  it.engine.run(sim::at(30s));
  EXPECT_EQ(it.stats.update_attempt, 1U);
  it.suspension.end();
  EXPECT_EQ(it.stats.update_attempt, 2U);
}

// --- Whole runs -------------------------------------------------------------------------------

/// a calls b, which has two tasks behind b-nodes.local, ten times a second.
std::string by_dns(const std::string& response_type, const std::string& faults,
                   const std::string& more = "") {
  const std::string listener = "listeners: [{portMapping: {port: 8080, protocol: http}}]";
  return "hoplab: 1\nname: dns\nduration: 1m\nnetwork: {latency: 1ms}\n"
         "workload: [{name: users, executor: constant-arrival-rate, rate: 10/s, to: a}]\n"
         "services:\n  a: {calls: [{to: b}], envoy: {workers: 1}}\n"
         "  b: {serviceTime: 2ms, desiredCount: 2}\n"
         "mesh:\n  virtualNodes:\n    a: {spec: {" +
         listener +
         ", serviceDiscovery: {awsCloudMap: {namespaceName: local, serviceName: a}}, "
         "backends: [{virtualService: {virtualServiceName: b.local}}]}}\n    b: {spec: {" +
         listener +
         ", serviceDiscovery: {dns: {hostname: b-nodes.local, responseType: " + response_type +
         "}}}}\n  virtualServices: {b.local: {spec: {provider: {virtualNode: "
         "{virtualNodeName: b}}}}}\n" +
         more + (faults.empty() ? "" : "faults:\n") + faults;
}

std::vector<std::string> egress_lines(const test::Run& run) {
  auto lines = run.sink->lines_of("a", "envoy");
  std::erase_if(lines, [](const std::string& line) {
    return line.find("b.local:8080") == std::string::npos;
  });
  return lines;
}

std::vector<std::string> with(std::vector<std::string> lines, const std::string& text) {
  std::erase_if(lines, [&](const std::string& line) { return line.find(text) == line.npos; });
  return lines;
}

std::set<std::string> hosts_of(const std::vector<std::string>& lines) {
  static const std::regex last(R"re("(10\.[0-9.]+):8080"$)re");
  std::set<std::string> hosts;
  for (const std::string& line : lines) {
    std::smatch match;
    if (std::regex_search(line, match, last)) hosts.insert(match[1]);
  }
  return hosts;
}

const std::string membership = "envoy.cluster.membership_total:";
const std::string failures = "envoy.cluster.update_failure:";

TEST(StrictDns, HasAHostForEachAddress) {
  const auto run = test::run_text(by_dns("ENDPOINTS", ""));
  const auto members = with(with(run.sink->datagrams, membership), "cds_egress_dns_b");
  EXPECT_THAT(members, Not(IsEmpty()));
  EXPECT_THAT(members, Each(HasSubstr(membership + "2|g")));
  EXPECT_THAT(hosts_of(egress_lines(run)), SizeIs(2));
  const auto changes = with(run.sink->datagrams, "envoy.cluster.membership_change:1|c");
  EXPECT_THAT(with(changes, "cds_egress_dns_b"), SizeIs(1)) << "the order of an answer is none";
}

// The order of the records changes with each answer; the connection that stands leads on to where
// it did.
TEST(LogicalDns, IsOneHostWhoseConnectionsStay) {
  const auto run = test::run_text(by_dns("LOADBALANCER", ""));
  const auto members = with(with(run.sink->datagrams, membership), "cds_egress_dns_b");
  EXPECT_THAT(members, Each(HasSubstr(membership + "1|g")));
  EXPECT_THAT(hosts_of(egress_lines(run)), SizeIs(1));
}

TEST(LogicalDns, TakesNewConnectionsToTheAddressOfTheLastAnswer) {
  const auto run =
      test::run_text(by_dns("LOADBALANCER", "", "  simulate: {maxRequestsPerConnection: 1}\n"));
  EXPECT_THAT(hosts_of(egress_lines(run)), SizeIs(2));
}

TEST(ResolverOutage, OfOneNameLeavesTheOthersAlone) {
  const auto run =
      test::run_text(by_dns("LOADBALANCER",
                            "  - {at: 20s, action: \"hoplab:route53:resolver-outage\", target: a, "
                            "parameters: {mode: servfail, name: a.local}}\n"));
  EXPECT_THAT(with(run.sink->datagrams, failures), IsEmpty());
}

TEST(ResolverOutage, ThatDeniesANameEmptiesAStrictClusterAndNoLogicalOne) {
  const std::string denial =
      "  - {at: 20s, action: \"hoplab:route53:resolver-outage\", target: a, "
      "parameters: {mode: nxdomain, name: b-nodes.local}}\n";
  const auto strict = test::run_text(by_dns("ENDPOINTS", denial));
  EXPECT_GE(with(egress_lines(strict), " 503 UH ").size(), 350U);
  const auto logical = test::run_text(by_dns("LOADBALANCER", denial));
  EXPECT_THAT(with(egress_lines(logical), " 200 - "), SizeIs(600));
  const auto early = test::run_text(by_dns("ENDPOINTS", denial, "envoyProfile: v1.22\n"));
  EXPECT_THAT(with(egress_lines(early), " 200 - "), SizeIs(600));
  EXPECT_THAT(with(early.sink->datagrams, failures), Not(IsEmpty()));
}

// 5 s at most until Cloud Map has the new task, 10 s of TTL, 5 s until Envoy asks again.
TEST(StrictDns, NeedsNoControlPlane) {
  std::string text = by_dns("ENDPOINTS",
                            "  - {at: 0s, action: \"hoplab:appmesh:control-plane-outage\"}\n"
                            "  - {at: 10s, action: \"hoplab:ecs:update-service\", target: b, "
                            "parameters: {desiredCount: 3}}\n");
  text.replace(text.find("duration: 1m"), 12, "duration: 2m");
  const auto run = test::run_text(text);
  const auto members = with(with(run.sink->datagrams, membership), "cds_egress_dns_b");
  EXPECT_THAT(members.front(), HasSubstr(membership + "2|g"));
  EXPECT_THAT(members.back(), HasSubstr(membership + "3|g"));
}

}  // namespace
}  // namespace hoplab
