// Loads whose rate changes, against the integrals of their rates; clients that do not wait.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "models/workload/arrivals.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
using models::workload::Arrivals;

/// When each request began, in seconds; an application that takes no time, and no network.
std::vector<double> arrivals_of(const std::string& duration, const std::string& load) {
  const auto run = test::run_text(
      "hoplab: 1\nname: load\nmesh: none\ntelemetry: none\nduration: " + duration +
      "\nnetwork: {loopback: 0ms}\nservices: {a: {}}\n" + "workload: [{to: a, " + load + "}]\n");
  std::vector<double> begun;
  for (const auto& request : run.sink->requests.at("a")) {
    begun.push_back(sim::in_seconds((request.ended - request.took).time_since_epoch()));
  }
  return begun;
}

/// Kolmogorov and Smirnov: the greatest distance of the times' distribution from `expected`, in
/// units of its standard error. Above 1.63 once in a hundred.
double distance(const std::vector<double>& times, const std::function<double(double)>& expected) {
  const auto count = static_cast<double>(times.size());
  double greatest = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const double value = expected(times[i]);
    greatest = std::max({greatest, value - static_cast<double>(i) / count,
                         static_cast<double>(i + 1) / count - value});
  }
  return greatest * std::sqrt(count);
}

/// A Poisson count is its mean within 2.58 standard deviations.
void expect_poisson(double count, double mean) { EXPECT_NEAR(count, mean, 2.58 * std::sqrt(mean)); }

// 10/s to 50/s in 200 s: the integral is 10 t + t^2 / 10, in all 6000.
double ramp_integral(double t) { return 10 * t + t * t / 10; }

TEST(Ramp, OfPoissonArrivalsIsPoissonWithTheRampsIntegral) {
  const auto times = arrivals_of("200s", "rate: 10/s, rampTo: 50/s");
  expect_poisson(static_cast<double>(times.size()), 6000);
  EXPECT_LT(distance(times, [](double t) { return ramp_integral(t) / 6000; }), 1.63);
}

TEST(Ramp, OfEvenArrivalsIsOneRequestPerUnitOfTheIntegral) {
  const auto times =
      arrivals_of("200s", "executor: constant-arrival-rate, rate: 10/s, rampTo: 50/s");
  ASSERT_NEAR(static_cast<double>(times.size()), 6000, 1);
  for (std::size_t k = 0; k < times.size(); ++k) {
    EXPECT_NEAR(ramp_integral(times[k]), static_cast<double>(k), 1e-4);
  }
}

TEST(Ramp, MayFallToNothing) {
  const auto times = arrivals_of("100s", "rate: 40/s, rampTo: 0.001/s");
  expect_poisson(static_cast<double>(times.size()), 2000);
  EXPECT_LT(distance(times, [](double t) { return 1 - (1 - t / 100) * (1 - t / 100); }), 1.63);
}

// The default start is a Monday at noon.
TEST(Day, FollowsItsWave) {
  const auto times =
      arrivals_of("1d", "rate: 0.2/s, profile: diurnal, amplitude: 80%, peakHour: 18");
  constexpr double day = 86'400;
  const double turn = 2 * std::acos(-1.0) / day;
  expect_poisson(static_cast<double>(times.size()), 0.2 * day);
  // From noon on the peak is six hours away.
  const auto integral = [&](double t) {
    const double angle = turn * (t - day / 4);
    return t + 0.8 / turn * (std::sin(angle) + 1);
  };
  EXPECT_LT(distance(times, [&](double t) { return integral(t) / day; }), 1.63);
}

TEST(Day, OfEvenArrivalsIsOneRequestPerUnitOfTheIntegral) {
  const auto times = arrivals_of(
      "6h",
      "executor: constant-arrival-rate, rate: 0.1/s, profile: diurnal, amplitude: 100%, "
      "peakHour: 0");
  const double turn = 2 * std::acos(-1.0) / 86'400;
  for (std::size_t k = 0; k < times.size(); ++k) {
    // Noon is the trough: 1 - cos.
    EXPECT_NEAR(0.1 * (times[k] - std::sin(turn * times[k]) / turn), static_cast<double>(k), 1e-4);
  }
  EXPECT_GT(times.size(), 700U);
}

TEST(Day, HasTheFactorOfItsWeekdayFromMidnightOn) {
  const auto times = arrivals_of("3d",
                                 "rate: 0.1/s, profile: diurnal, amplitude: 0%, "
                                 "weekdayFactors: [1, 3, 0.5, 1, 1, 1, 1]");
  const auto between = [&](double from, double to) {
    return static_cast<double>(
        std::ranges::count_if(times, [&](double t) { return from <= t && t < to; }));
  };
  constexpr double hour = 3600;
  expect_poisson(between(0, 12 * hour), 0.1 * 12 * hour);           // Monday.
  expect_poisson(between(12 * hour, 36 * hour), 0.3 * 24 * hour);   // Tuesday.
  expect_poisson(between(36 * hour, 60 * hour), 0.05 * 24 * hour);  // Wednesday.
  expect_poisson(between(60 * hour, 72 * hour), 0.1 * 12 * hour);   // Thursday.
}

TEST(Arrivals, OfAFallingRampEnd) {
  scenarios::Load load;
  load.rate = sim::PerSecond(10);
  load.ramp_to = sim::PerSecond(0);
  const Arrivals arrivals(load, 10s, {});  // 50 in all.
  EXPECT_TRUE(arrivals.wait_for(49.9, 0s).has_value());
  EXPECT_EQ(arrivals.wait_for(50.1, 0s), std::nullopt);
}

// --- Impatience --------------------------------------------------------------------------------

const std::string hanging_a =
    "network: {latency: 2ms}\nservices: {a: {}}\n"
    "faults: [{at: 10s, action: \"hoplab:ecs:hang\", target: a}]\n";

/// What a load measures, in order of time, of an application with one worker, which one request at
/// 1 s keeps for 1 s.
std::vector<double> times_over_a_stall(const std::string& load) {
  const auto run = test::run_text(
      "hoplab: 1\nname: stall\nmesh: none\ntelemetry: none\nduration: 4s\n"
      "network: {loopback: 0ms}\n"
      "services: {a: {workers: 1, acceptQueue: 2000, serviceTime: {wait: 0ms}}}\n"
      "faults: [{at: 1s, for: 1ms, action: \"hoplab:ecs:slow-responses\", target: a, "
      "parameters: {delay: 1s}}]\n"
      "workload: [{to: a, " +
      load + "}]\n");
  std::vector<double> slow;
  for (const auto& request : run.sink->requests.at("a")) {
    if (request.took >= 1ms) slow.push_back(sim::in_seconds(request.took));
  }
  std::sort(slow.begin(), slow.end());
  return slow;
}

// Coordinated omission: what a generator that waits for answers does not send, it does not measure.
// An open loop sends when a request is due, so that a stall of a second shows in each of the
// thousand that were due in it, evenly from 0 to 1 s.
TEST(Stall, ShowsInAsManySamplesAsWereDueInIt) {
  const auto slow = times_over_a_stall("executor: constant-arrival-rate, rate: 1000/s");
  ASSERT_NEAR(static_cast<double>(slow.size()), 1000, 2);
  double sum = 0;
  for (const double took : slow) sum += took;
  EXPECT_NEAR(sum / static_cast<double>(slow.size()), 0.5, 0.002);
  EXPECT_LT(distance(slow, [](double took) { return took; }), 0.1);
}

TEST(Stall, ShowsInOneSampleOfAClosedLoopWithOneClient) {
  EXPECT_EQ(times_over_a_stall("executor: constant-vus, vus: 1, thinkTime: 0.9ms").size(), 1U);
}

TEST(ImpatientClients, CloseTheirConnectionAndAreCountedAsFailed) {
  const auto run = test::run_text("hoplab: 1\nname: patience\nduration: 20s\n" + hanging_a +
                                  "workload: [{to: a, executor: constant-arrival-rate, duration: "
                                  "12s, rate: 10/s, abandonAfter: 3s}]\n");
  EXPECT_EQ(run.totals.gave_up, 20U);
  EXPECT_EQ(run.totals.failed, 20U);
  for (const auto& request : run.sink->requests.at("a")) {
    if (!request.failed) continue;
    EXPECT_EQ(request.status, 0);
    EXPECT_EQ(request.took, 3s);
  }
  // The Envoy of a sees its downstream go.
  const auto lines = run.sink->lines_of("a", "envoy");
  EXPECT_EQ(std::ranges::count_if(
                lines, [](const auto& line) { return line.find(" 0 DC ") != line.npos; }),
            20);
}

TEST(ImpatientClients, OfAClosedLoopLeaveForGood) {
  const auto run = test::run_text(
      "hoplab: 1\nname: patience\nduration: 1m\n" + hanging_a +
      "workload: [{to: a, executor: constant-vus, vus: 7, thinkTime: 1s, abandonAfter: 3s}]\n");
  EXPECT_EQ(run.totals.gave_up, 7U);
  EXPECT_EQ(run.totals.failed, 7U);
  EXPECT_LT(run.sink->requests.at("a").back().ended, sim::at(15s));
}

}  // namespace
}  // namespace hoplab
