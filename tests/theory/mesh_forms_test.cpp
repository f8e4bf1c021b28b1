// What a mesh does to requests has closed forms, too: retries, weighted routes, requests that hang,
// quotas, and what a client sees of a stall. Through the same files, models and records as a
// user's.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/theory/cells.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using test::MemorySink;

constexpr int groups = 3;

double crossings(const MemorySink& sink, const std::string& hop) {
  const auto found = sink.hops.find(hop);
  if (found == sink.hops.end()) return 0;
  return static_cast<double>(
      std::ranges::count_if(found->second, [](const auto& sample) { return !sample.failed; }));
}

double attempts_per_call(const MemorySink& sink) {
  return crossings(sink, "b.envoy->b.app") / static_cast<double>(sink.requests.at("a->b").size());
}

double failed_calls(const MemorySink& sink) { return test::failed_share(sink.requests.at("a->b")); }

double share_of_version_2(const MemorySink& sink) {
  const double second = crossings(sink, "b-v2.app");
  return second / (second + crossings(sink, "b-v1.app"));
}

// --- Requests that hang -----------------------------------------------------------------------

/// How many calls were open, every 20 s: further apart than a call lasts, so each is a new draw.
std::vector<double> open_calls(const MemorySink& sink) {
  std::vector<double> counts;
  for (sim::Duration at = 60s; at < 55min; at += 20s) {
    const sim::SimTime instant = sim::at(at);
    counts.push_back(
        static_cast<double>(std::ranges::count_if(sink.requests.at("a->b"), [&](const auto& call) {
          return call.ended - call.took <= instant && instant < call.ended;
        })));
  }
  return counts;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double mean_open(const MemorySink& sink) { return mean_of(open_calls(sink)); }

/// Of a Poisson number the variance is the mean.
double variance_by_mean(const MemorySink& sink) {
  const std::vector<double> counts = open_calls(sink);
  const double mean = mean_of(counts);
  double squares = 0;
  for (const double count : counts) squares += (count - mean) * (count - mean);
  return squares / static_cast<double>(counts.size() - 1) / mean;
}

// --- Cells ------------------------------------------------------------------------------------

struct Case {
  std::string file;
  std::string what;
  double expected;
  std::function<double(const MemorySink&)> figure;
};

/// Expected values follow from the formulas that each file's comment gives.
std::vector<Case> cases() {
  return {
      {"retries_f10", "attempts", 1.11, attempts_per_call},
      {"retries_f10", "failed", 0.001, failed_calls},
      {"retries_f50", "attempts", 1.75, attempts_per_call},
      {"retries_f50", "failed", 0.125, failed_calls},
      {"previous_hosts_1", "attempts", 1.25, attempts_per_call},
      {"previous_hosts_3", "failed", 0.2539, failed_calls},
      {"weighted_split", "share of version 2", 0.1, share_of_version_2},
      {"hung_requests", "mean open", 150, mean_open},
      {"hung_requests", "variance by mean", 1, variance_by_mean},
  };
}

/// Hops and requests only: logs of a million requests would fill the memory.
class Counts final : public MemorySink {
 public:
  void log(models::telemetry::LogStreamId /*stream*/,
           const models::telemetry::LogEvent& /*event*/) override {}
  void xray_segment(std::string_view /*json*/) override {}
  void statsd(models::telemetry::StatsdId /*task*/, sim::WallTime /*at*/,
              std::string_view /*datagram*/) override {}
  void metric(std::string_view /*json*/) override {}
};

Counts run(scenarios::Scenario scenario, std::uint64_t seed) {
  // Without telemetry there are no hops; only attempts are counted by them.
  scenario.telemetry = scenario.has_mesh && scenario.name != "hung-requests";
  scenario.seed = seed;
  Counts sink;
  sim::Engine engine(seed);
  models::World world(engine, scenario, sink);
  world.run({});
  return sink;
}

TEST(MeshForms, LieWithinTheConfidenceIntervalInAtLeast97PercentOfTheCells) {
  int cells = 0;
  int held = 0;
  std::map<std::string, std::vector<Case>> by_file;
  for (Case& one : cases()) by_file[one.file].push_back(std::move(one));
  for (const auto& [file, of_file] : by_file) {
    const scenarios::Scenario scenario = test::theory_scenario(file);
    for (int group = 0; group < groups; ++group) {
      std::vector<std::vector<double>> values(of_file.size());
      for (int repeat = 0; repeat < test::runs_per_group; ++repeat) {
        const MemorySink sink =
            run(scenario, static_cast<std::uint64_t>(1000 * group + repeat + 1));
        for (std::size_t i = 0; i < of_file.size(); ++i) {
          values[i].push_back(of_file[i].figure(sink));
        }
      }
      for (std::size_t i = 0; i < of_file.size(); ++i) {
        ++cells;
        held += test::holds(file + " " + of_file[i].what, values[i], of_file[i].expected) ? 1 : 0;
      }
    }
  }
  std::printf("%d of %d cells held\n", held, cells);
  EXPECT_GE(held * 100, cells * 97);
}

/// Mean value analysis of one station: R(n) = D (1 + Q(n-1)), X = n / (Z + R), Q = X R.
double response_seconds(int clients, double demand, double think) {
  double queue = 0;
  double response = 0;
  for (int n = 1; n <= clients; ++n) {
    response = demand * (1 + queue);
    queue = n / (think + response) * response;
  }
  return response;
}

TEST(MeshForms, AClosedLoopFollowsMeanValueAnalysisAtEveryNumberOfClients) {
  EXPECT_NEAR(response_seconds(100, 0.01, 1), 0.0819, 0.0001);  // Of the published table.
  int cells = 0;
  int held = 0;
  for (const int clients : {1, 10, 50, 100, 150, 200}) {
    scenarios::Scenario scenario = test::theory_scenario("closed_mva");
    scenario.workload.front().vus = static_cast<std::uint32_t>(clients);
    scenario.duration = 20min;
    std::vector<double> responses;
    std::vector<double> throughputs;
    for (int repeat = 0; repeat < test::runs_per_group; ++repeat) {
      test::Samples samples =
          run(scenario, static_cast<std::uint64_t>(repeat + 1)).requests.at("s");
      // From when the queue has filled to the end of the load.
      std::erase_if(samples, [](const auto& sample) {
        return sample.ended < sim::at(2min) || sample.ended >= sim::at(20min);
      });
      responses.push_back(test::mean_seconds(samples));
      throughputs.push_back(static_cast<double>(samples.size()) / (18.0 * 60));
    }
    const double expected = response_seconds(clients, 0.01, 1);
    const std::string name = std::to_string(clients) + " clients ";
    held += test::holds(name + "response", responses, expected) ? 1 : 0;
    held += test::holds(name + "throughput", throughputs, clients / (1 + expected)) ? 1 : 0;
    cells += 2;
  }
  std::printf("%d of %d cells held\n", held, cells);
  EXPECT_GE(held * 100, cells * 97 - 100);  // One of a dozen may miss.
}

// --- Exact ones -------------------------------------------------------------------------------

TEST(MeshForms, OneBadHostOfFourNeverFailsACall) {
  EXPECT_EQ(failed_calls(run(test::theory_scenario("previous_hosts_1"), 5)), 0);
}

TEST(MeshForms, TwoBadHostsOfFourHardlyEverFailACallThatIsTriedThreeTimes) {
  scenarios::Scenario scenario = test::theory_scenario("previous_hosts_1");
  scenario.faults.front().count = 2;
  // But for six draws in a row that all name a host that was tried: 1/2 x 1/3 x 1/64.
  EXPECT_NEAR(failed_calls(run(scenario, 5)), 0.0026, 0.001);
}

TEST(MeshForms, TakenInTurnARetryUsesUpATurnOfItsOwn) {
  scenarios::Scenario scenario = test::theory_scenario("previous_hosts_1");
  scenario.envoy.load_balancing = scenarios::LoadBalancing::round_robin;
  for (scenarios::Service& service : scenario.services) service.envoy.workers = 1;
  // One at a time: of four turns one is bad and one is its retry, so three calls make four
  // attempts.
  scenario.workload.front().executor = scenarios::Load::Executor::constant_vus;
  scenario.workload.front().vus = 1;
  EXPECT_NEAR(attempts_per_call(run(scenario, 5)), 4.0 / 3, 0.001);
}

TEST(MeshForms, AQuotaStopsAndGoes) {
  const Counts sink = run(test::theory_scenario("cfs_stall"), 1);
  for (const auto& request : sink.requests.at("s")) {
    ASSERT_NEAR(sim::in_seconds(request.took), 0.420, 1e-4);
  }
}

// Requests that were late, and by how much in the mean.
std::pair<std::size_t, double> late(const MemorySink& sink) {
  test::Samples samples = sink.requests.at("s");
  std::erase_if(samples, [](const auto& sample) { return sample.took < 500us; });
  return {samples.size(), test::mean_seconds(samples)};
}

TEST(MeshForms, AnOpenScheduleMeetsAStallOfASecondWithAThousandRequests) {
  const auto [count, mean] = late(run(test::theory_scenario("stall_open"), 1));
  EXPECT_NEAR(static_cast<double>(count), 1000, 2);
  EXPECT_NEAR(mean, 0.5, 0.001);
}

TEST(MeshForms, AClientThatWaitsForItsAnswerMeetsTheStallOnce) {
  const auto [count, mean] = late(run(test::theory_scenario("stall_closed"), 1));
  EXPECT_EQ(count, 1U);
  EXPECT_NEAR(mean, 1, 0.001);
}

}  // namespace
}  // namespace hoplab
