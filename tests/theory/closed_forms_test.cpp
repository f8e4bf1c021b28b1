// Queueing theory is the oracle: each file under scenarios/theory goes through the application
// model and must give the closed form, within the 99 % confidence interval of its own runs.
//
// A cell is one figure from ten runs with fixed seeds. A correct simulator misses one cell in a
// hundred; at least 97 % must hold.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/theory/cells.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using test::Samples;

constexpr int groups = 7;
constexpr sim::Duration run_length = 10min;
constexpr sim::Duration warm_up = 60s;

using Figure = std::function<double(const Samples&)>;

double mean_ms(const Samples& samples) { return 1e3 * test::mean_seconds(samples); }

Figure quantile_ms(double p) {
  return [p](const Samples& samples) {
    std::vector<double> times;
    for (const auto& sample : samples) times.push_back(1e3 * sim::in_seconds(sample.took));
    const auto rank = static_cast<std::ptrdiff_t>(std::ceil(p * static_cast<double>(times.size())));
    std::nth_element(times.begin(), times.begin() + rank - 1, times.end());
    return times[static_cast<std::size_t>(rank - 1)];
  };
}

struct Case {
  std::string file;
  std::string series;
  std::string what;
  double expected;
  Figure figure;
};

/// Expected values follow from the formulas that each file's comment gives.
std::vector<Case> cases() {
  return {
      {"mm1", "s", "mean", 50, mean_ms},
      {"mm1", "s", "p50", 34.657, quantile_ms(0.5)},
      {"mm1", "s", "p95", 149.787, quantile_ms(0.95)},
      {"mm2", "s", "mean", 22.857, mean_ms},
      {"mm4", "s", "mean", 17.4554, mean_ms},
      {"mg1_constant", "s", "mean", 30, mean_ms},
      {"mg1_erlang", "s", "mean", 35, mean_ms},
      {"mg1_lognormal", "s", "mean", 70, mean_ms},
      {"mg1_ps_constant", "s", "mean", 50, mean_ms},
      {"mg1_ps_exponential", "s", "mean", 50, mean_ms},
      {"mg1_ps_lognormal", "s", "mean", 50, mean_ms},
      {"mm1k", "s", "loss", 0.0234929, test::failed_share},
      {"tandem", "s", "mean", 53.3333, mean_ms},
      {"tandem", "s->t", "mean", 33.3333, mean_ms},
      {"closed_mva", "s", "mean", 18.96, mean_ms},
      {"mg_infinity", "s", "mean", 20, mean_ms},
  };
}

std::map<std::string, Samples> run(const std::string& file, std::uint64_t seed) {
  scenarios::Scenario scenario = test::theory_scenario(file);
  scenario.seed = seed;
  scenario.duration = run_length;
  test::MemorySink sink;
  sim::Engine engine(seed);
  models::World world(engine, scenario, sink);
  world.run({});
  for (auto& [series, samples] : sink.requests) {
    std::erase_if(samples, [](const auto& sample) { return sample.ended < sim::at(warm_up); });
  }
  return sink.requests;
}

TEST(ClosedForms, LieWithinTheConfidenceIntervalInAtLeast97PercentOfTheCells) {
  int cells = 0;
  int held = 0;
  std::map<std::string, std::vector<Case>> by_file;
  for (Case& one : cases()) by_file[one.file].push_back(std::move(one));
  for (const auto& [file, of_file] : by_file) {
    for (int group = 0; group < groups; ++group) {
      std::vector<std::vector<double>> values(of_file.size());
      for (int repeat = 0; repeat < test::runs_per_group; ++repeat) {
        const auto requests = run(file, static_cast<std::uint64_t>(1000 * group + repeat + 1));
        for (std::size_t i = 0; i < of_file.size(); ++i) {
          values[i].push_back(of_file[i].figure(requests.at(of_file[i].series)));
        }
      }
      for (std::size_t i = 0; i < of_file.size(); ++i) {
        ++cells;
        const Case& one = of_file[i];
        const std::string what = one.file + " " + one.series + " " + one.what;
        held += test::holds(what, values[i], one.expected) ? 1 : 0;
      }
    }
  }
  std::printf("%d of %d cells held\n", held, cells);
  EXPECT_GE(held * 100, cells * 97);
}

// Little's law by construction: the area under the number in the system, added up event by event
// from the arrivals and departures, is the sum of the times that were logged.
TEST(ClosedForms, TheAreaUnderTheNumberInTheSystemIsTheSumOfTheLoggedTimes) {
  auto samples = run("mm2", 42).at("s");
  std::vector<std::pair<sim::SimTime, int>> changes;
  sim::Duration sum{};
  for (const auto& sample : samples) {
    changes.emplace_back(sample.ended - sample.took, +1);
    changes.emplace_back(sample.ended, -1);
    sum += sample.took;
  }
  std::ranges::sort(changes);
  sim::Duration area{};
  std::int64_t inside = 0;
  for (std::size_t i = 0; i + 1 < changes.size(); ++i) {
    inside += changes[i].second;
    area += (changes[i + 1].first - changes[i].first) * inside;
  }
  EXPECT_EQ(area, sum);
}

}  // namespace
}  // namespace hoplab
