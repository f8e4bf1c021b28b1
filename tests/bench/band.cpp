// How long bands take to learn: the anomaly models of many series of two weeks of minutes.
//
//   band_bench [SERIES]     prints "SERIES series x 14 days x 1 min: SECONDS s" and exits with 1
//                           above the goal of 6 ms a series (10,000 in 60 s on one core)
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "models/cloudwatch/anomaly_band.hpp"
#include "sim/random.hpp"

int main(int argc, char** argv) {
  using namespace hoplab;
  using namespace std::chrono_literals;
  constexpr int minutes = 14 * 24 * 60;
  constexpr double goal_per_series = 0.006;
  const int count = argc > 1 ? std::atoi(argv[1]) : 100;
  models::cloudwatch::TimeSeries series;
  const auto start = *sim::parse_iso8601("2026-01-05T00:00:00Z");
  series.points.resize(minutes);
  std::clock_t spent = 0;
  double kept = 0;
  for (int i = 0; i < count; ++i) {
    auto random = sim::Rng::stream(static_cast<std::uint64_t>(i), "bench");
    for (int minute = 0; minute < minutes; ++minute) {
      const double noise = 1 + 0.05 * random.standard_normal();
      series.points[static_cast<std::size_t>(minute)] = {
          start + minute * 60s, (100 + minute % 1440 / 20.0 + minute / 1440) * noise};
    }
    const std::clock_t begin = std::clock();
    const models::cloudwatch::AnomalyModel model(series, {});
    kept += model.at(start, 2).upper;
    spent += std::clock() - begin;
  }
  const double seconds = static_cast<double>(spent) / CLOCKS_PER_SEC;
  std::printf("%d series x 14 days x 1 min: %.3f s of CPU, %.2f ms each (mean edge %.1f)\n", count,
              seconds, seconds / count * 1000, kept / count);
  return seconds / count <= goal_per_series ? 0 : 1;
}
