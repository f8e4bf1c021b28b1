// What a mesh is told and what its Envoys then do, over whole runs: routes, listeners, backends.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using scenarios::HeaderMatch;
using scenarios::Route;
using scenarios::Scenario;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

/// a calls b; c stands beside b for routes that lead there.
Scenario three(const std::string& call, const std::string& more = "") {
  return test::read_text(
             "hoplab: 1\nname: demo\nduration: 20s\nnetwork: {latency: 1ms}\n"
             "services:\n  a: {calls: [" +
             call + "]}\n  b: {}\n  c: {securityGroup: {allow: [{from: a, port: 8080}]}}\n" +
             "workload: [{rate: 1/s, executor: constant-arrival-rate, to: a}]\n" + more)
      .value_or(Scenario{});
}

std::size_t requests_of(const test::Run& run, const std::string& service) {
  return run.sink->lines_of(service, "envoy").size();
}

std::vector<std::string> egress_lines(const test::Run& run) {
  auto lines = run.sink->lines_of("a", "envoy");
  std::erase_if(lines, [](const std::string& line) { return line.find("a.local") != line.npos; });
  return lines;
}

Route to_c() {
  Route route;
  route.targets = {{.mark = {}, .service = "c", .weight = 1}};
  return route;
}

Scenario with_route(const Route& route, const std::string& call = "{to: b, path: /user/7}") {
  Scenario scenario = three(call);
  auto b = std::ranges::find(scenario.virtual_services, "b", &scenarios::VirtualService::name);
  b->routes.push_back(route);
  return scenario;
}

/// Whether the call takes the route to c, and not the one to b that takes everything.
bool is_taken(const Route& route, const std::string& call = "{to: b, path: /user/7}") {
  const auto run = test::run_scenario(with_route(route, call));
  EXPECT_EQ(requests_of(run, "b") + requests_of(run, "c"), 20U);
  return requests_of(run, "c") == 20;
}

// --- Routes ------------------------------------------------------------------------------------

TEST(RouteMatch, AnExactPathIsTheWholePathWithoutItsQuery) {
  Route route = to_c();
  route.path_exact = "/user/7";
  EXPECT_TRUE(is_taken(route));
  EXPECT_TRUE(is_taken(route, "{to: b, path: \"/user/7?v=2\"}"));
  route.path_exact = "/user";
  EXPECT_FALSE(is_taken(route));
}

TEST(RouteMatch, AnExpressionMatchesTheWholePath) {
  Route route = to_c();
  route.path_regex = "/user/[0-9]+";
  EXPECT_TRUE(is_taken(route));
  route.path_regex = "/user";
  EXPECT_FALSE(is_taken(route));
}

TEST(RouteMatch, ByMethod) {
  Route route = to_c();
  route.prefix = "/user";
  route.method = "POST";
  EXPECT_FALSE(is_taken(route));
  EXPECT_TRUE(is_taken(route, "{to: b, path: /user/7, method: POST}"));
}

TEST(RouteMatch, ByHeaders) {
  const std::string call = "{to: b, path: /user/7, headers: {x-canary: \"yes\", x-tenant: \"7\"}}";
  using Kind = HeaderMatch::Kind;
  const auto taken = [&](HeaderMatch match) {
    Route route = to_c();
    route.prefix = "/user";
    route.headers = {std::move(match)};
    return is_taken(route, call);
  };
  EXPECT_TRUE(taken({.name = "x-canary", .kind = Kind::present, .value = ""}));
  EXPECT_FALSE(taken({.name = "x-other", .kind = Kind::present, .value = ""}));
  EXPECT_TRUE(taken({.name = "x-canary", .kind = Kind::exact, .value = "yes"}));
  EXPECT_FALSE(taken({.name = "x-canary", .kind = Kind::exact, .value = "no"}));
  EXPECT_TRUE(taken({.name = "x-canary", .kind = Kind::prefix, .value = "ye"}));
  EXPECT_TRUE(taken({.name = "x-canary", .kind = Kind::suffix, .value = "es"}));
  EXPECT_TRUE(taken({.name = "x-canary", .kind = Kind::regex, .value = "y.s"}));
  HeaderMatch range{.name = "x-tenant", .kind = Kind::range, .value = ""};
  range.range_start = 5;
  range.range_end = 8;
  EXPECT_TRUE(taken(range));
  range.range_end = 7;
  EXPECT_FALSE(taken(range)) << "the end is outside";
  range.is_inverted = true;
  EXPECT_TRUE(taken(range));
  EXPECT_TRUE(taken({.name = "user-agent", .kind = Kind::prefix, .value = "Go-http"}));
}

TEST(RouteMatch, ByQueryParameters) {
  Route route = to_c();
  route.prefix = "/user";
  route.query_parameters = {{.name = "v", .kind = HeaderMatch::Kind::exact, .value = "2"}};
  EXPECT_TRUE(is_taken(route, "{to: b, path: \"/user/7?x=1&v=2\"}"));
  EXPECT_FALSE(is_taken(route, "{to: b, path: \"/user/7?x=2\"}"));
}

TEST(RouteOrder, TheLowestPriorityComesBeforeTheLongestPrefix) {
  Scenario scenario = with_route(to_c());
  auto b = std::ranges::find(scenario.virtual_services, "b", &scenarios::VirtualService::name);
  b->routes[0].prefix = "/user/";  // To b, and longer.
  b->routes[1].priority = 3;
  EXPECT_EQ(requests_of(test::run_scenario(scenario), "c"), 20U);
  b->routes[0].priority = 2;
  EXPECT_EQ(requests_of(test::run_scenario(scenario), "c"), 0U);
}

// --- Retry profiles ----------------------------------------------------------------------------

TEST(RetryProfile, DecidesWhatRoutesWithoutAPolicyDo) {
  const std::string fault =
      "faults: [{at: 0s, action: \"hoplab:ecs:failing-responses\", target: b, "
      "parameters: {status: 503, share: 100%}}]\n";
  const auto lines = [&](const std::string& profile) {
    return egress_lines(test::run_scenario(
        three("{to: b}", fault + "mesh: {simulate: {retryProfile: " + profile + "}}\n")));
  };
  EXPECT_THAT(lines("none"), Each(HasSubstr(" 503 - ")));
  EXPECT_THAT(lines("2020-07"), Each(HasSubstr(" 503 URX ")));
  EXPECT_THAT(lines("2021-reset"), Each(HasSubstr(" 503 URX ")));
}

// --- Listeners ---------------------------------------------------------------------------------

// The smaller one wins: b answers 504 UT, which a passes on and does not retry.
TEST(ListenerTimeout, AnswersForTheAppAndTheCallerPassesItOn) {
  Scenario scenario =
      three("{to: b}", "faults: [{at: 0s, action: \"hoplab:ecs:hang\", target: b}]\n");
  scenario.services[1].node.request_timeout = 2s;
  const auto run = test::run_scenario(scenario);
  EXPECT_THAT(run.sink->lines_of("b", "envoy"), Contains(HasSubstr(" 504 UT 0 24 2000 ")));
  EXPECT_THAT(egress_lines(run), Each(HasSubstr(" 504 - 0 24 ")));
}

// Row 3b: b's Envoy dials a port where nobody listens, once for each of a's attempts.
TEST(WrongListenerPort, GivesThreeLinesAtTheServerForOneAtTheCaller) {
  Scenario scenario = three("{to: b}");
  scenario.duration = 1s;
  const auto run = test::run_scenario(
      *test::read_text("hoplab: 1\nname: demo\nduration: 1s\nnetwork: {latency: 1ms}\n"
                       "services:\n  a: {calls: [{to: b}]}\n  b: {listener: {port: 9090}}\n"
                       "workload: [{rate: 1/s, executor: constant-arrival-rate, to: a}]\n"));
  EXPECT_THAT(egress_lines(run), AllOf(SizeIs(1), Each(HasSubstr(" 503 URX "))));
  EXPECT_THAT(run.sink->lines_of("b", "envoy"),
              AllOf(SizeIs(3), Each(AllOf(HasSubstr(" 503 UF "), HasSubstr("127.0.0.1:9090")))));
}

// The callers' probes are requests like others to b's Envoy and its app.
TEST(HealthCheck, ShowsInTheServersAccessLog) {
  Scenario scenario = three("{to: b}");
  scenario.services[1].node.health_check = scenarios::ActiveHealthCheck{};
  scenario.services[1].node.health_check->path = "/ping";
  scenario.services[1].node.health_check->interval = 5s;
  const auto lines = test::run_scenario(scenario).sink->lines_of("b", "envoy");
  EXPECT_GE(std::ranges::count_if(
                lines, [](const auto& line) { return line.find("Envoy/HC") != line.npos; }),
            1);
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("\"GET /ping HTTP/1.1\" 200 - "),
                                    HasSubstr("\"cds_egress_demo_b_http_8080\""))));
}

// --- Backends and the egress filter ------------------------------------------------------------

Scenario stray(const std::string& filter, bool shares_port) {
  return test::read_text(
             "hoplab: 1\nname: demo\nduration: 5s\nnetwork: {latency: 1ms}\n"
             "mesh: {egressFilter: " +
             filter +
             "}\nservices:\n  a: {calls: [{to: b}, {to: c}], backends: [c]}\n"
             "  b: {port: " +
             (shares_port ? "8080" : "9090") +
             "}\n  c: {}\n"
             "workload: [{rate: 1/s, executor: constant-arrival-rate, to: a}]\n")
      .value_or(Scenario{});
}

// Row 16: the port is known, the host is not.
TEST(EgressFilter, DropAllAnswersAStrayCallOnAKnownPortWith404) {
  const auto run = test::run_scenario(stray("DROP_ALL", true));
  EXPECT_THAT(
      egress_lines(run),
      Contains(AllOf(HasSubstr(" 404 NR 0 0 0 - "), HasSubstr("\"b.local:8080\" \"-\""))).Times(5));
  EXPECT_THAT(run.sink->lines_of("b", "envoy"), IsEmpty());
}

TEST(EgressFilter, AllowAllSendsItOnPastRetriesAndWeights) {
  const auto run = test::run_scenario(stray("ALLOW_ALL", true));
  EXPECT_THAT(run.sink->lines_of("b", "envoy"), SizeIs(5));
  EXPECT_THAT(egress_lines(run), Each(HasSubstr(" 200 - ")));
  EXPECT_THAT(run.sink->datagrams, Contains(HasSubstr("cds_egress_demo_mesh-allow-all")));
}

// Row 16b: no filter chain has the port. Refused, the app sees a reset and no log a line; passed
// through, it is TCP: b's Envoy logs the request, a's does not.
TEST(EgressFilter, OnAPortOfItsOwnTheConnectionIsClosedAndNothingIsLogged) {
  const auto run = test::run_scenario(stray("DROP_ALL", false));
  EXPECT_THAT(egress_lines(run), Each(HasSubstr("c.local")));
  EXPECT_THAT(run.sink->lines_of("b", "envoy"), IsEmpty());
  EXPECT_EQ(run.totals.answered, 0U);
  EXPECT_THAT(run.sink->datagrams, Contains(HasSubstr("no_filter_chain_match")));
}

TEST(EgressFilter, OrPassedThroughAsTcpWithoutALineAtTheCaller) {
  const auto run = test::run_scenario(stray("ALLOW_ALL", false));
  EXPECT_THAT(egress_lines(run), Each(HasSubstr("c.local")));
  EXPECT_THAT(run.sink->lines_of("b", "envoy"), SizeIs(5));
  EXPECT_EQ(run.totals.answered, 5U);
  EXPECT_THAT(run.sink->datagrams, Contains(HasSubstr("envoy.tcp.downstream_cx_total")));
}

}  // namespace
}  // namespace hoplab
