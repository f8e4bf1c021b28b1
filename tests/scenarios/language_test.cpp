// Loads that change, versions behind one name, tracing, links, and what is asked beyond logs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/schema/names.hpp"
#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// --- Load -------------------------------------------------------------------------------------

TEST(Load, CanRiseAlongALine) {
  const Loaded loaded = load_workload("{to: a, rate: 10/s, rampTo: 50/s, duration: 2m}");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const Load& load = loaded.scenario->workload.front();
  EXPECT_EQ(load.rate, PerSecond(10));
  EXPECT_EQ(load.ramp_to, PerSecond(50));
}

TEST(Load, CanFollowTheHoursOfTheDay) {
  const Loaded loaded = load_workload(
      "{to: a, rate: 10/s, profile: diurnal, amplitude: 60%, peakHour: 20.5, "
      "weekdayFactors: [1, 1, 1, 1, 1.5, 0.5, 0.4]}");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const auto& diurnal = loaded.scenario->workload.front().diurnal;
  ASSERT_TRUE(diurnal);
  EXPECT_EQ(diurnal->amplitude, Ratio(0.6));
  EXPECT_EQ(diurnal->peak, 20h + 30min);
  EXPECT_EQ(diurnal->weekday[4], 1.5);
}

TEST(Load, ComesFromClientsThatGiveUp) {
  const Loaded loaded = load_workload("{to: a, executor: constant-vus, vus: 3, abandonAfter: 4s}");
  ASSERT_TRUE(loaded.scenario);
  EXPECT_EQ(loaded.scenario->workload.front().abandon_after, std::optional<Duration>(4s));
}

TEST(Mistakes, AShapeOfLoadGoesWithARate) {
  EXPECT_THAT(load_workload("{to: a, executor: constant-vus, vus: 1, rampTo: 5/s}").places(),
              ElementsAre("4:52 E0218"));
  EXPECT_THAT(load_workload("{to: a, rate: 1/s, rampTo: 5/s, profile: diurnal}").only_message(),
              HasSubstr("has both 'rampTo' and 'profile'"));
  EXPECT_THAT(load_workload("{to: a, rate: 1/s, amplitude: 50%}").only_message(),
              HasSubstr("'amplitude' needs profile: diurnal"));
  EXPECT_THAT(load_workload("{to: a, rate: 1/s, profile: diurnal}").only_message(),
              HasSubstr("needs 'amplitude'"));
  EXPECT_THAT(load_workload("{to: a, rate: 1/s, profile: weekly}").only_message(),
              HasSubstr("write diurnal"));
  EXPECT_THAT(load_workload("{to: a, rate: 1/s, profile: diurnal, amplitude: 1, peakHour: 25}")
                  .only_message(),
              HasSubstr("out of range"));
  EXPECT_THAT(
      load_workload("{to: a, rate: 1/s, profile: diurnal, amplitude: 1, weekdayFactors: [1, 2]}")
          .only_message(),
      HasSubstr("a list of seven numbers"));
}

TEST(Mistakes, ALoadIsMeasuredAtItsHighest) {
  const auto warning = [](const char* load) {
    return load_text(fmt::format("hoplab: 1\nduration: 24h\nservices: {{a: {{serviceTime: 7ms}}}}\n"
                                 "workload: [{{to: a, {}}}]\n",
                                 load))
        .only_message();
  };
  EXPECT_THAT(warning("rate: 20/s, rampTo: 100/s"), HasSubstr("needs 74 % of the CPU"));
  EXPECT_THAT(warning("rate: 50/s, profile: diurnal, amplitude: 100%"),
              HasSubstr("needs 74 % of the CPU"));
  // The default start is a Monday.
  EXPECT_THAT(warning("rate: 10/s, profile: diurnal, amplitude: 0, weekdayFactors: "
                      "[10, 1, 1, 1, 1, 1, 90]"),
              HasSubstr("needs 74 % of the CPU"));
}

// --- Versions ---------------------------------------------------------------------------------

constexpr const char* canary = R"(hoplab: 1
duration: 5m
services:
  a: {calls: [{to: b, path: /user}]}
  b-v1: {family: b, revision: 1, appMemory: 64MiB}
  b-v2: {family: b, revision: 2, serviceTime: 7ms}
virtualServices: {b: {b-v1: 90, b-v2: 10}}
workload: [{rate: 20/s, to: a}]
)";

TEST(Load, PutsVersionsBehindOneName) {
  const Loaded loaded = load_text(canary);
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const Scenario& scenario = *loaded.scenario;
  EXPECT_EQ(scenario.services[1].family, "b");
  EXPECT_EQ(scenario.services[2].revision, 2);
  EXPECT_EQ(scenario.services[1].app_memory, Bytes(64 * 1024 * 1024));
  const VirtualService& b = scenario.virtual_services.front();
  EXPECT_EQ(b.name, "b");
  EXPECT_EQ(b.hostname, "b.local");
  ASSERT_EQ(b.routes.size(), 1U);
  ASSERT_EQ(b.routes[0].targets.size(), 2U);
  EXPECT_EQ(b.routes[0].targets[0].service, "b-v1");
  EXPECT_EQ(b.routes[0].targets[1].weight, 10U);
  EXPECT_EQ(scenario.services[0].calls[0].to, "b");
}

TEST(Names, OfACallTellTheNameCalledAndTheHopsOfWhoAnswers) {
  const Loaded loaded = load_text(canary);
  ASSERT_TRUE(loaded.scenario);
  const Names names(*loaded.scenario);
  EXPECT_THAT(names.metrics(), Contains("a->b.http_req_failed"));
  EXPECT_THAT(names.metrics(), Not(Contains("a->b-v1.http_req_failed")));
  EXPECT_THAT(names.hops(), Contains("a.envoy->b-v1.envoy"));
  EXPECT_THAT(names.hops(), Contains("b-v2.app"));
  EXPECT_THAT(names.hops(), Not(Contains("a.envoy->b.envoy")));
  EXPECT_TRUE(names.calls("a", "b"));
  EXPECT_TRUE(names.calls("a", "b-v2"));
  EXPECT_FALSE(names.calls("b-v1", "b"));
}

TEST(Load, TakesTheHostNameOfACallee) {
  const Loaded loaded =
      load_text("hoplab: 1\nduration: 1m\nservices: {a: {calls: [{to: b.local}]}, b: {}}\n");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  EXPECT_EQ(loaded.scenario->services[0].calls[0].to, "b");
}

TEST(Mistakes, OfVirtualServicesAreToldAtTheirPlace) {
  const auto places = [](const char* virtual_services) {
    return load_with(fmt::format("virtualServices: {}", virtual_services)).places();
  };
  EXPECT_THAT(places("{b: {bb: 90}}"), ElementsAre("5:23 E0401"));
  EXPECT_THAT(places("{c: {b: 101}}"), ElementsAre("5:26 E0212"));
  EXPECT_THAT(places("{c: {b: 0}}"), ElementsAre("5:22 E0212"));
  EXPECT_THAT(places("{c: {}}"), ElementsAre("5:22 E0203"));
  EXPECT_THAT(places("[b]"), ElementsAre("5:18 E0203"));
  EXPECT_THAT(load_with("mesh: none\nvirtualServices: {c: {b: 1}}").places(),
              ElementsAre("6:1 E0218"));
  EXPECT_THAT(load_service("{family: 'a b'}").places(), ElementsAre("3:24 E0214"));
}

TEST(Mistakes, ACycleThroughAVirtualServiceIsOne) {
  EXPECT_THAT(load_text("hoplab: 1\nduration: 1m\nservices: {a: {calls: [{to: b}]}, "
                        "c: {calls: [{to: a}]}}\nvirtualServices: {b: {c: 1}}\n")
                  .only_message(),
              HasSubstr("never end: a -> c -> a"));
}

TEST(Mistakes, AVersionIsAsBusyAsItsWeight) {
  // 200/s: 90 % of them are 180/s of 0.35 ms; the rest are 20/s of 7.35 ms.
  const Loaded loaded = load_text(
      "hoplab: 1\nduration: 1m\nservices: {a: {cpu: 4096, calls: [{to: b}]}, b-v1: {}, "
      "b-v2: {serviceTime: 38ms}}\nvirtualServices: {b: {b-v1: 90, b-v2: 10}}\n"
      "workload: [{rate: 200/s, to: a}]\n");
  EXPECT_THAT(loaded.only_message(), HasSubstr("needs 77 % of the CPU of service 'b-v2'"));
}

// --- Tracing, links ---------------------------------------------------------------------------

TEST(Load, ReadsSamplingInBothSpellings) {
  const Loaded aws =
      load_with("telemetry: {xray: {samplingRule: {FixedRate: 1.0, ReservoirSize: 5}}}");
  ASSERT_TRUE(aws.scenario);
  EXPECT_EQ(aws.scenario->sampling.rate, Ratio(1));
  EXPECT_EQ(aws.scenario->sampling.fixed_target, 5U);
  const Loaded local = load_with(
      "telemetry: {xray: {version: 2, default: {fixed_target: 0, rate: 0.1}, rules: "
      "[{host: b.local, http_method: GET, url_path: /api/*, fixed_target: 2, rate: 1}]}}");
  EXPECT_THAT(local.messages(), IsEmpty());
  ASSERT_TRUE(local.scenario);
  EXPECT_EQ(local.scenario->sampling.fixed_target, 0U);
  ASSERT_EQ(local.scenario->sampling.rules.size(), 1U);
  EXPECT_EQ(local.scenario->sampling.rules[0].url_path, "/api/*");
  EXPECT_EQ(local.scenario->sampling.rules[0].rate, Ratio(1));
}

TEST(Mistakes, OfSamplingAreTold) {
  EXPECT_THAT(load_with("telemetry: {xray: {version: 1}}").places(), ElementsAre("5:29 E0212"));
  EXPECT_THAT(load_with("telemetry: {xray: {rules: [{rate: 2, fixed_target: 1}]}}").places(),
              ElementsAre("5:35 E0208"));
  EXPECT_THAT(load_with("telemetry: {xray: {rules: [{}]}}").places(),
              ElementsAre("5:28 E0202", "5:28 E0202"));
  EXPECT_THAT(load_with("telemetry: {xray: {samplingRule: {FixedRate: 1}, default: "
                        "{fixed_target: 1, rate: 1}}}")
                  .places(),
              ElementsAre("5:20 E0218"));
  EXPECT_THAT(load_with("telemetry: {xrays: {}}").only_message(), HasSubstr("mean 'xray'"));
}

TEST(Load, ReadsLinksBetweenTheHostsOfServices) {
  const Loaded loaded = load_with(
      "hosts: {h1: {}}\n"
      "network: {links: [{between: [a, host-b-1], latency: 2ms, jitter: 0.1ms}]}");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  ASSERT_EQ(loaded.scenario->links.size(), 1U);
  const Link& link = loaded.scenario->links.front();
  EXPECT_EQ(link.first, "host-a-1");
  EXPECT_EQ(link.second, "host-b-1");
  EXPECT_EQ(link.latency, std::optional<Duration>(2ms));
  EXPECT_EQ(link.jitter, std::chrono::microseconds(100));
  EXPECT_FALSE(link.bandwidth);
}

TEST(Mistakes, ALinkHasTwoEndsAndIsGivenOnce) {
  const auto message = [](const char* links) {
    return load_with(fmt::format("network: {{links: [{}]}}", links)).only_message();
  };
  EXPECT_THAT(message("{between: [a, c]}"), HasSubstr("no host or service 'c'"));
  EXPECT_THAT(message("{between: [a]}"), HasSubstr("a list of two hosts"));
  EXPECT_THAT(message("{latency: 1ms}"), HasSubstr("needs 'between'"));
  EXPECT_THAT(message("{between: [a, a]}"), HasSubstr("no network to itself"));
  EXPECT_THAT(message("{between: [a, b]}, {between: [b, a]}"), HasSubstr("given twice"));
}

// --- Beyond logs ------------------------------------------------------------------------------

TEST(Load, ReadsAnExpectedDiagnosis) {
  const Loaded loaded = load_with(
      "expectations: [{diagnose: {at: 4m, from: a, to: b, verdict: network.blocked, "
      "hop: a.envoy->b.envoy}}]");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const Expectation& expectation = loaded.scenario->expectations.front();
  EXPECT_EQ(expectation.kind, Expectation::Kind::diagnose);
  EXPECT_EQ(expectation.at, std::optional<Duration>(4min));
  EXPECT_EQ(expectation.verdict, "network.blocked");
  EXPECT_EQ(expectation.name, "diagnose: network.blocked at a.envoy->b.envoy at 4m");
}

TEST(Mistakes, OfAnExpectedDiagnosisAreTold) {
  const auto message = [](const char* diagnose) {
    return load_with(fmt::format("expectations: [{{diagnose: {}}}]", diagnose)).only_message();
  };
  EXPECT_THAT(message("{from: a}"), HasSubstr("needs 'verdict'"));
  EXPECT_THAT(message("{verdict: network.bloked}"), HasSubstr("did you mean 'network.blocked'?"));
  EXPECT_THAT(message("{verdict: healthy, hop: a.envoy->c.envoy}"), HasSubstr("no hop"));
  EXPECT_THAT(message("{verdict: healthy, to: c}"), HasSubstr("no service 'c'"));
  EXPECT_THAT(message("{verdict: healthy, at: 1h}"), HasSubstr("the run is over"));
}

constexpr const char* one_alarm =
    "telemetry: {cloudwatch: {alarms: [{AlarmName: b-5xx, EvaluationPeriods: 1, "
    "ComparisonOperator: GreaterThanThreshold, Threshold: 5}]}}\n";

TEST(Load, KeepsAlarmsAndWhatIsExpectedOfThem) {
  const Loaded loaded =
      load_with(std::string(one_alarm) +
                "expectations: [{alarm: b-5xx, inState: [{ALARM: [1m, 2m]}, {OK: [3m, 4m]}]}]");
  ASSERT_TRUE(loaded.scenario);
  EXPECT_THAT(loaded.scenario->not_simulated, IsEmpty());
  EXPECT_THAT(loaded.scenario->alarms.front().json, HasSubstr("\"Threshold\":5"));
  const Expectation& expectation = loaded.scenario->expectations.front();
  EXPECT_EQ(expectation.kind, Expectation::Kind::alarm);
  ASSERT_EQ(expectation.in_state.size(), 2U);
  EXPECT_EQ(expectation.in_state[1].first, "OK");
  EXPECT_EQ(expectation.in_state[1].second.to, 4min);
}

TEST(Mistakes, OfAlarmsAreTold) {
  EXPECT_THAT(load_with("expectations: [{alarm: b-5xx}]").only_message(),
              HasSubstr("there is no alarm 'b-5xx'"));
  EXPECT_THAT(load_with(std::string(one_alarm) +
                        "expectations: [{alarm: b-5xx, inState: [{AL: [1m, 2m]}]}]")
                  .messages(),
              Contains(HasSubstr("'AL' is not known here")));
  EXPECT_THAT(load_with("expectations: [{inState: [], hops: {b.app: 'count>1'}}]").only_message(),
              HasSubstr("'inState' needs 'alarm'"));
  EXPECT_THAT(load_with("telemetry: {cloudwatch: {alarms: [{AlarmName: x}]}}").messages(),
              Contains(HasSubstr("needs 'ComparisonOperator'")));
}

}  // namespace
}  // namespace hoplab::scenarios
