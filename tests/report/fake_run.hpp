// A run without an engine: two services, a calls b, b unreachable from 20 s to 40 s. The lines are
// written by hand in the spelling of the real systems, so that readers are tested against that
// spelling and not against our own writers.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "models/telemetry/sink.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::testing {

using sim::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace tm = models::telemetry;

inline scenarios::Comparison comparison(std::string text, scenarios::Comparison::Aggregate what,
                                        scenarios::Comparison::Operator op, double number) {
  scenarios::Comparison made;
  made.text = std::move(text);
  made.aggregate = what;
  made.op = op;
  made.number = number;
  return made;
}

inline scenarios::Comparison quantile(std::string text, double p,
                                      scenarios::Comparison::Operator op, Duration duration) {
  scenarios::Comparison made =
      comparison(std::move(text), scenarios::Comparison::Aggregate::quantile, op, 0);
  made.quantile = sim::Ratio(p);
  made.is_duration = true;
  made.duration = duration;
  return made;
}

inline scenarios::Expectation expectation(std::string name, scenarios::Expectation::Kind kind,
                                          scenarios::Window window, int line) {
  scenarios::Expectation made;
  made.name = std::move(name);
  made.kind = kind;
  made.window = window;
  made.mark = {"folder/fake.yaml", line, 5};
  return made;
}

/// Three expectations: steady state, UF in the fault's window, b silent in it. All hold.
inline std::vector<scenarios::Expectation> fake_expectations() {
  using Kind = scenarios::Expectation::Kind;
  using Aggregate = scenarios::Comparison::Aggregate;
  using Operator = scenarios::Comparison::Operator;
  auto steady = expectation("steady state", Kind::thresholds, {seconds(5), seconds(20)}, 11);
  steady.comparisons = {
      {"a.http_req_failed", comparison("rate<0.001", Aggregate::rate, Operator::less, 0.001)},
      {"a.http_req_duration", quantile("p(95)<20ms", 0.95, Operator::less, milliseconds(20))}};
  auto broken =
      expectation("broken between the Envoys", Kind::access_log, {seconds(21), seconds(40)}, 14);
  broken.container = "a.envoy";
  broken.egress = true;
  broken.response_flags = "UF";
  broken.share = comparison(">0.99", Aggregate::value, Operator::greater, 0.99);
  auto silent = expectation("b never saw it", Kind::access_log, {seconds(21), seconds(40)}, 15);
  silent.container = "b.envoy";
  silent.count = comparison("0", Aggregate::value, Operator::equal, 0);
  return {steady, broken, silent};
}

inline scenarios::Scenario fake_scenario(std::uint64_t seed = 1) {
  scenarios::Scenario scenario;
  scenario.file = "folder/fake.yaml";
  scenario.name = "fake";
  scenario.seed = seed;
  scenario.duration = seconds(60);
  scenario.start_time = *sim::parse_iso8601("2026-01-05T12:00:00Z");
  scenario.digest = "00112233445566778899aabbccddeeff";
  scenario.sources = {{"folder/fake.yaml", "hoplab: 1\nname: fake\n"}, {"taskdef.json", "{}"}};
  scenarios::Service a;
  a.name = "a";
  scenarios::Call call;
  call.to = "b";
  call.path = "/user";
  a.calls = {call};
  scenarios::Service b;
  b.name = "b";
  scenario.services = {a, b};
  scenarios::Fault fault;
  fault.name = "port-gone";
  fault.action = "hoplab:ec2:revoke-security-group-ingress";
  fault.target = "b";
  fault.at = seconds(20);
  fault.lasts = seconds(20);
  scenario.faults = {fault};
  scenario.expectations = fake_expectations();
  return scenario;
}

class FakeRun {
 public:
  FakeRun(const scenarios::Scenario& scenario, tm::Sink& sink) : scenario_(scenario), sink_(sink) {
    a_envoy_ = sink.open_log_stream("/ecs/a/envoy", "envoy/0a");
    a_app_ = sink.open_log_stream("/ecs/a/app", "app/0a");
    firelens_ = sink.declare_firelens(R"(,"container_name":"app","ecs_cluster":"hoplab")");
    b_envoy_ = sink.open_log_stream("/ecs/b/envoy", "envoy/0b");
    out_ = sink.declare_hop("a.envoy->b.envoy");
    work_ = sink.declare_hop("b.app");
    back_ = sink.declare_hop("b.envoy->a.envoy");
    sink.declare_chain({"a -> b", {out_, work_, back_}});
    load_ = sink.declare_series("a");
    calls_ = sink.declare_series("a->b");
    sink.ecs_task(scenario.start_time, task("RUNNING"));
    sink.config(scenario.start_time, "security-groups", R"({"SecurityGroups":[]})");
  }

  /// 20 requests a second, evenly spaced.
  void requests(int count) {
    for (int i = 0; i < count; ++i) request(i, milliseconds(50) * i);
  }

  static std::string task(std::string_view status) {
    return fmt::format(R"({{"taskArn":"arn:aws:ecs:us-east-1:111122223333:task/hoplab/0b",)"
                       R"("group":"service:b","lastStatus":"{}","containers":[{{"name":"app"}}]}})",
                       status);
  }

 private:
  void request(int i, Duration start) {
    const bool is_cut = start >= seconds(20) && start < seconds(40);
    if (start == seconds(20)) fault(true);
    if (start == seconds(40)) fault(false);
    const Duration took = is_cut ? Duration(milliseconds(300)) : Duration(milliseconds(12));
    const auto ended = sim::at(start + took);
    sink_.hop(out_, ended, is_cut ? Duration(milliseconds(300)) : Duration(milliseconds(2)),
              is_cut);
    if (!is_cut) {
      sink_.hop(work_, ended, milliseconds(7), false);
      sink_.hop(back_, ended, milliseconds(2), false);
      envoy(b_envoy_, start, 8, R"(200 - 0 1024)", "b.fake.local:8080", "127.0.0.1:8080");
    }
    const int status = is_cut ? 503 : 200;
    sink_.request(calls_, ended, took, status, is_cut);
    sink_.request(load_, ended, took, status, is_cut);
    const std::string outcome = is_cut ? "503 UF 0 91" : "200 - 0 1024";
    envoy(a_envoy_, start, took / milliseconds(1), outcome, "b.fake.local:8080", "10.0.1.11:8080");
    envoy(a_envoy_, start, took / milliseconds(1), fmt::format("{} - 0 91", status),
          "a.fake.local:8080", "127.0.0.1:8080");
    app(start + took, is_cut, i);
  }

  void envoy(tm::LogStreamId stream, Duration start, std::int64_t ms, std::string_view outcome,
             std::string_view authority, std::string_view upstream) {
    const auto at = scenario_.start_time + start;
    const std::string line = fmt::format(
        R"([{}] "GET /user HTTP/1.1" {} {} 7 "-" "Go-http-client/1.1" "{:08x}" "{}" "{}")",
        sim::format_iso8601(at), outcome, ms, start.count() / 50'000'000 + ms, authority, upstream);
    sink_.log(stream, {at + milliseconds(ms) + seconds(9), at + seconds(12), line});
  }

  void app(Duration at, bool failed, int i) {
    const auto time = scenario_.start_time + at;
    const std::string line =
        fmt::format(R"({{"time":"{}","level":"{}","transactionId":"{}","status":{},)"
                    R"("durationMs":12.5}})",
                    sim::format_iso8601(time), failed ? "error" : "info", i, failed ? 503 : 200);
    const tm::LogSource source =
        failed ? tm::LogSource::standard_error : tm::LogSource::standard_output;
    sink_.log(a_app_, {time, time + seconds(1), line, source, firelens_});
  }

  void fault(bool begins) {
    const auto& given = scenario_.faults.front();
    const Duration at = begins ? given.at : given.at + *given.lasts;
    sink_.fault(sim::at(at), given.name, given.action, given.target, begins);
  }

  const scenarios::Scenario& scenario_;
  tm::Sink& sink_;
  tm::LogStreamId a_envoy_, a_app_, b_envoy_;
  tm::FireLensId firelens_;
  tm::HopId out_, work_, back_;
  tm::SeriesId load_, calls_;
};

}  // namespace hoplab::report::testing
