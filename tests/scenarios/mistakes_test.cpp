// Bad scenarios: each mistake is told once, where it stands, with what to write instead.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Mistakes, TenOfThemAreToldInOneGo) {
  const Loaded loaded = load_text(R"(hoplab: 1
duration: 5
services:
  a: {calls: [{to: bb, path: /user}], workers: 010}
  b: {serviceTme: 7ms, port: 70000}
  c: {serviceTime: {exponental: {mean: 7ms}}, holdsWorkerDuringCalls: no}
workload: [{rate: 20, to: a}]
faults:
  - {at: 1m, action: "hoplab:ecs:hnag", target: b}
expectations:
  - {thresholds: {a.http_req_failed: "rate<1.5", a->b.http_req_failed: "rate<0.1"}}
)");
  EXPECT_FALSE(loaded.scenario);
  EXPECT_THAT(loaded.places(),
              ElementsAre("2:11 E0204", "4:20 E0401", "4:48 E0209", "5:7 E0201", "5:30 E0212",
                          "6:21 E0215", "6:71 E0211", "7:19 E0207", "9:22 E0405", "11:38 E0503"));
  EXPECT_THAT(
      loaded.messages(),
      ElementsAre("'5' needs a unit | write 5ms", "there is no service 'bb' | did you mean 'b'?",
                  "'010' is octal to some YAML readers, decimal to others | write 10",
                  "service 'b' has no key 'serviceTme' | did you mean 'serviceTime'?",
                  "'70000' is out of range | 1 to 65535",
                  "'exponental' is not a distribution | did you mean 'exponential'?",
                  "'no' is a word, not a boolean | write false", "'20' needs a unit | write 20/s",
                  "there is no fault action 'hoplab:ecs:hnag' | did you mean 'hoplab:ecs:hang'?",
                  "'rate<1.5' is not compared with a share of 0 to 1 | write it like "
                  "\"rate<0.001\" or \"count==0\""));
}

TEST(Mistakes, AreShownWithFileLineAndColumn) {
  const Loaded loaded = load_service("{workers: many}");
  ASSERT_EQ(loaded.diagnostics.errors(), 1);
  EXPECT_EQ(sim::to_string(loaded.diagnostics.sorted().front()),
            "folder/s.yaml:3:25: error[E0209]: 'many' is not a whole number\n"
            "  hint: write a number like 1");
}

TEST(Mistakes, AnEmptyFileLacksWhatEveryScenarioHas) {
  EXPECT_THAT(load_text("").messages(),
              ElementsAre(HasSubstr("needs 'hoplab'"), HasSubstr("needs 'duration'"),
                          HasSubstr("needs 'services'")));
  EXPECT_THAT(load_text("just text").messages(), ElementsAre(HasSubstr("a mapping is wanted")));
  EXPECT_THAT(load_text("hoplab: 1\nduration: 1m\nservices: []\nfaults: [{at: 1s, action: "
                        "'hoplab:ecs:hang', target: b}]")
                  .places(),
              ElementsAre("3:11 E0203"));
}

TEST(Mistakes, OneMistakeHidesItsConsequences) {
  // The call of a is wrong, so nothing is said of the metric and the hop that would follow.
  EXPECT_THAT(load_text(R"(hoplab: 1
duration: 5m
services: {a: {calls: [{to: bb}]}, b: {}}
workload: [{rate: 1/s, to: aa}]
faults: [{at: 1m, action: "hoplab:link:latency", target: "a->b", parameters: {delay: 1ms}}]
expectations:
  - {thresholds: {a->b.http_req_failed: "rate<0.1", a.http_reqs: "count>1"}}
  - {hops: {a.app: "count>1", a.envoy->b.envoy: "p(50)<1ms", load->a.envoy: "p(50)<1ms"}}
  - {accessLog: {container: a.envoy, direction: egress, to: b, count: 0}}
)")
                  .places(),
              ElementsAre("3:29 E0401", "4:28 E0401"));
}

// --- Values -----------------------------------------------------------------------------------

TEST(Mistakes, ABooleanIsTrueOrFalse) {
  for (const char* word : {"yes", "on", "True", "TRUE", "y"}) {
    EXPECT_THAT(load_service(fmt::format("{{holdsWorkerDuringCalls: {}}}", word)).only_message(),
                testing::EndsWith("| write true"))
        << word;
  }
  EXPECT_THAT(load_service("{holdsWorkerDuringCalls: off}").only_message(),
              testing::EndsWith("| write false"));
  EXPECT_THAT(load_service("{holdsWorkerDuringCalls: 'true'}").only_message(),
              HasSubstr("quoted text"));
  EXPECT_THAT(load_service("{holdsWorkerDuringCalls: true}").messages(), IsEmpty());
}

TEST(Mistakes, AWholeNumberIsPlainDigits) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"010", "octal"},       {"0x10", "plain decimal"}, {"0o17", "plain decimal"},
      {"1:30", "minutes"},    {"1e3", "exponent"},       {"1e999", "exponent"},
      {".nan", "finite"},     {"-.inf", "finite"},       {"1_000", "plain decimal"},
      {"+5", "sign"},         {"1.5", "not a whole"},    {"'5'", "is text"},
      {"-1", "out of range"}, {"0", "out of range"},     {"99999999999999999999", "out of range"},
      {"[1]", "a list"},      {"~", "nothing"},          {"''", "not a whole"}};
  for (const auto& [value, complaint] : cases) {
    EXPECT_THAT(load_service(fmt::format("{{workers: {}}}", value)).only_message(),
                HasSubstr(complaint))
        << value;
  }
}

TEST(Mistakes, ADurationNeedsItsUnit) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"7", "write 7ms"},
      {"0", "write 0s"},
      {"1.5", "write 1.5ms"},
      {"7 ms", "write 7ms"},
      {"-7ms", "negative"},
      {"7min", "not a duration"},
      {"1:30", "write 1m30s"},
      {"1e3ms", "not a"},
      {".inf", "finite"},
      {"9000h", "at most 366d"},
      {"soon", "ns, us, ms, s, m, h or d"}};
  for (const auto& [value, complaint] : cases) {
    EXPECT_THAT(load_service(fmt::format("{{serviceTime: {}}}", value)).only_message(),
                HasSubstr(complaint))
        << value;
  }
}

TEST(Mistakes, OtherQuantitiesNeedTheirsToo) {
  EXPECT_THAT(load_service("{responseSize: 1024}").only_message(), HasSubstr("write 1024KiB"));
  EXPECT_THAT(load_service("{responseSize: 10GiB}").only_message(), HasSubstr("at most 9GB"));
  EXPECT_THAT(load_with("network: {bandwidth: 10}").only_message(), HasSubstr("write 10Mbps"));
  EXPECT_THAT(load_workload("{to: a, rate: 0/s}").only_message(), HasSubstr("more than 0/s"));
  EXPECT_THAT(load_workload("{to: a, rate: 5/d}").only_message(), HasSubstr("/s, /m or /h"));
}

TEST(Mistakes, ADistributionHasAllItsParameters) {
  const auto message = [](const char* distribution) {
    return load_service(fmt::format("{{serviceTime: {}}}", distribution)).only_message();
  };
  EXPECT_THAT(message("{lognormal: {mean: 7ms}}"), HasSubstr("'lognormal' needs 'cv'"));
  EXPECT_THAT(message("{lognormal: {mean: 7ms, cv: 1e1}}"), HasSubstr("exponent"));
  EXPECT_THAT(message("{pareto: {mean: 7ms, alpha: 1}}"), HasSubstr("more than 1"));
  EXPECT_THAT(message("{exponential: {mean: 0s}}"), HasSubstr("more than 0s"));
  EXPECT_THAT(message("{exponential: 7ms}"), HasSubstr("a mapping is wanted"));
  EXPECT_THAT(message("{bimodal: {fast: 1ms, slow: 1s, slowshare: 5%}}"), HasSubstr("2 diagnos"));
  EXPECT_THAT(message("{empirical: []}"), HasSubstr("1 to 100000"));
  EXPECT_THAT(message("{}"), HasSubstr("one distribution"));
  EXPECT_THAT(message("[7ms]"), HasSubstr("one distribution"));
}

// --- Names ------------------------------------------------------------------------------------

TEST(Mistakes, NamesThatCannotBePartsOfOthersAreRefused) {
  EXPECT_THAT(load_text("hoplab: 1\nduration: 1m\nservices: {a.b: {}}").places(),
              ElementsAre("3:12 E0214"));
  EXPECT_THAT(load_workload("{name: 'a b', to: a, rate: 1/s}").places(), ElementsAre("4:19 E0214"));
  EXPECT_THAT(load_workload("{name: a, to: a, rate: 1/s}").only_message(),
              HasSubstr("the name of a service already"));
  EXPECT_THAT(load_workload("{name: l, to: a, rate: 1/s}, {name: l, to: a, rate: 1/s}").places(),
              ElementsAre("4:48 E0411"));
}

TEST(Mistakes, UnknownThingsAreToldWithTheNearestName) {
  EXPECT_THAT(
      load_with("expectations: [{thresholds: {a.http_req_fialed: 'rate<1'}}]").only_message(),
      HasSubstr("did you mean 'a.http_req_failed'?"));
  EXPECT_THAT(
      load_with("expectations: [{thresholds: {b.http_req_failed: 'rate<1'}}]").only_message(),
      HasSubstr("no load goes to 'b'"));
  EXPECT_THAT(load_with("expectations: [{hops: {a.envoy->b.envo: 'p(50)<1ms'}}]").only_message(),
              HasSubstr("did you mean 'a.envoy->b.envoy'?"));
  EXPECT_THAT(load_with("expectations: [{accessLog: {container: a.envoi}}]").only_message(),
              HasSubstr("did you mean 'a.envoy'?"));
  EXPECT_THAT(load_with("expectations: [{accessLog: {container: a.envoy, responseFlags: UFO}}]")
                  .only_message(),
              HasSubstr("there is no response flag 'UFO'"));
  EXPECT_THAT(load_service("{placement: h1}").only_message(), HasSubstr("no host at all"));
}

TEST(Mistakes, WithoutAMeshThereIsNoEnvoyToAsk) {
  EXPECT_THAT(
      load_with("mesh: none\nexpectations: [{accessLog: {container: a.envoy}}]").only_message(),
      HasSubstr("with mesh: none there are no Envoys"));
  EXPECT_THAT(
      load_with("mesh: none\nexpectations: [{hops: {a.app->b.app: 'p(50)<1ms'}}]").messages(),
      IsEmpty());
}

TEST(Mistakes, LinesThatCannotBeAreNotExpected) {
  const auto message = [](const char* access_log) {
    return load_with(fmt::format("expectations: [{{accessLog: {}}}]", access_log)).only_message();
  };
  EXPECT_THAT(message("{container: a.app}"), HasSubstr("writes no access log"));
  EXPECT_THAT(message("{container: b.envoy, direction: egress}"), HasSubstr("calls nobody"));
  EXPECT_THAT(message("{container: a.envoy, to: a}"), HasSubstr("does not call"));
  EXPECT_THAT(message("{container: a.envoy, responseFlags: 'UF,URX'}"), HasSubstr("one flag"));
  EXPECT_THAT(load_with("expectations: [{appLog: {container: a.envoy}}]").only_message(),
              HasSubstr("ask for accessLog"));
}

// --- Faults -----------------------------------------------------------------------------------

TEST(Mistakes, AFaultHasATargetOfItsKind) {
  const auto message = [](const char* fault) {
    return load_with(fmt::format("hosts: {{idle: {{}}}}\nfaults: [{{{}}}]", fault)).only_message();
  };
  EXPECT_THAT(message("at: 1m, action: 'hoplab:ecs:hang', target: c"), HasSubstr("no service 'c'"));
  EXPECT_THAT(message("at: 1m, action: 'hoplab:ec2:cpu-stress', target: idle"),
              HasSubstr("no task runs on host 'idle'"));
  EXPECT_THAT(message("at: 1m, action: 'hoplab:link:latency', target: b, parameters: {delay: 1s}"),
              HasSubstr("not a link"));
  EXPECT_THAT(message("at: 5m, action: 'hoplab:ecs:hang', target: b"), HasSubstr("begins at 5m"));
  EXPECT_THAT(message("at: 1m, action: 'hoplab:ecs:hang', target: b, count: 2"),
              HasSubstr("desiredCount is 1"));
}

TEST(Mistakes, AFaultsParametersAreChecked) {
  const auto message = [](const char* parameters) {
    return load_with(fmt::format("faults: [{{at: 1m, action: "
                                 "'hoplab:ec2:revoke-security-group-ingress', target: b{}}}]",
                                 parameters))
        .only_message();
  };
  EXPECT_THAT(message(""), HasSubstr("needs the parameter 'port'"));
  EXPECT_THAT(message(", parameters: {port: 0}"), HasSubstr("1 to 65535"));
  EXPECT_THAT(message(", parameters: {port: '80'}"), HasSubstr("without quotes"));
  EXPECT_THAT(message(", parameters: {port: 80, prot: tcp}"), HasSubstr("did you mean 'port'?"));
}

// --- The whole --------------------------------------------------------------------------------

TEST(Mistakes, CallsThatNeverEndAreRefused) {
  const Loaded loaded = load_text(
      "hoplab: 1\nduration: 1m\n"
      "services: {a: {calls: [{to: b}]}, b: {calls: [{to: c}]}, c: {calls: [{to: a}]}}\n");
  EXPECT_THAT(loaded.places(), ElementsAre("3:75 E0409"));
  EXPECT_THAT(loaded.only_message(), HasSubstr("a -> b -> c -> a"));
}

TEST(Mistakes, ADiamondOfCallsIsNoCycle) {
  EXPECT_THAT(load_text("hoplab: 1\nduration: 1m\nservices: {a: {calls: [{to: b}, {to: c}]}, "
                        "b: {calls: [{to: d}]}, c: {calls: [{to: d}]}, d: {}}\n")
                  .messages(),
              IsEmpty());
}

TEST(Mistakes, MoreRequestsThanAnybodyWaitsForAreRefused) {
  // Thirty services that call the next one twice each make 2^30 requests of one.
  std::string services = "s0: {}";
  for (int i = 1; i <= 30; ++i) {
    services += fmt::format(", s{}: {{calls: [{{to: s{}}}, {{to: s{}}}]}}", i, i - 1, i - 1);
  }
  EXPECT_THAT(load_text(fmt::format("hoplab: 1\nduration: 1m\nservices: {{{}}}\nworkload: [{{rate: "
                                    "1/s, to: s30}}]\n",
                                    services))
                  .places(),
              ElementsAre("4:12 E0416"));
}

TEST(Mistakes, ABusyTaskIsAWarningAndNoError) {
  const Loaded loaded = load_text(
      "hoplab: 1\nduration: 5m\nservices: {a: {calls: [{to: b}, {to: b}]}, b: {serviceTime: 7ms}}\n"
      "workload: [{rate: 50/s, to: a}]\n");
  EXPECT_TRUE(loaded.scenario);
  EXPECT_THAT(loaded.places(), ElementsAre("3:44 W0601"));
  // 50/s, called twice each: 100/s of 7 ms and 0.35 ms of Envoy.
  EXPECT_THAT(loaded.only_message(), HasSubstr("needs 74 % of the CPU of service 'b'"));
}

TEST(Mistakes, LoadsOneAfterTheOtherDoNotAddUp) {
  EXPECT_THAT(load_text("hoplab: 1\nduration: 4m\nservices: {b: {serviceTime: 7ms}}\nworkload:\n"
                        "  - {rate: 60/s, to: b, duration: 2m}\n"
                        "  - {rate: 60/s, to: b, startTime: 2m}\n")
                  .messages(),
              IsEmpty());
}

TEST(Mistakes, AResolverFailsForNamesThatServicesHave) {
  const auto outage_of = [](const std::string& name) {
    return load_text(
        "hoplab: 1\nduration: 5m\nservices: {a: {calls: [{to: b}]}, b: {}}\n"
        "faults: [{at: 1s, action: \"hoplab:route53:resolver-outage\", target: a, "
        "parameters: {name: " +
        name + "}}]\n");
  };
  EXPECT_THAT(outage_of("b.local").messages(), IsEmpty());
  EXPECT_THAT(outage_of("b.locl").only_message(),
              "no service has the host name 'b.locl' | did you mean 'b.local'?");
}

TEST(Mistakes, AServiceWithoutTasksNeedsAnEnvoyBeforeIt) {
  const char* services =
      "hoplab: 1\nduration: 5m\nservices: {a: {calls: [{to: b}]}, b: {desiredCount: 0}}\n";
  EXPECT_THAT(load_text(services).messages(), IsEmpty());
  EXPECT_THAT(load_text(std::string(services) + "mesh: none\n").places(),
              ElementsAre("3:29 E0412"));
  EXPECT_THAT(load_text(std::string(services) + "workload: [{rate: 1/s, to: b}]\n").places(),
              ElementsAre("4:28 E0412"));
}

}  // namespace
}  // namespace hoplab::scenarios
