// The hops of a request add up to its duration. With one request in the world at a time, whatever
// crosses a hop between two answers belongs to the second one.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

/// Adds up hops until the load has its answer.
class HopSums final : public test::MemorySink {
 public:
  struct Sum {
    sim::Duration hops;
    sim::Duration whole;
  };

  models::telemetry::SeriesId declare_series(std::string_view name) override {
    const auto id = MemorySink::declare_series(name);
    if (name.find("->") == std::string_view::npos) of_loads_.insert(id.index);
    return id;
  }
  void hop(models::telemetry::HopId /*hop*/, sim::SimTime /*ended*/, sim::Duration took,
           bool /*failed*/) override {
    since_ += took;
  }
  void request(models::telemetry::SeriesId series, sim::SimTime /*ended*/, sim::Duration took,
               int status, bool /*failed*/) override {
    if (!of_loads_.contains(series.index)) return;
    if (status == 200) sums.push_back({since_, took});
    since_ = {};
  }

  std::vector<Sum> sums;

 private:
  std::set<std::uint32_t> of_loads_;
  sim::Duration since_{};
};

/// Without faults, calls one after the other, and one client that waits.
void make_quiet(scenarios::Scenario& scenario) {
  scenario.faults.clear();
  scenario.duration = 1min;
  scenario.workload.resize(1);
  scenarios::Load& load = scenario.workload.front();
  load.executor = scenarios::Load::Executor::constant_vus;
  load.vus = 1;
  load.rate = {};
  load.ramp_to.reset();
  load.diurnal.reset();
  load.requests_max = 50;
  for (scenarios::Service& service : scenario.services) {
    service.call_order = scenarios::Service::CallOrder::sequence;
  }
}

TEST(HopSums, AddUpToEachRequestsDurationInEveryShippedScenario) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(HOPLAB_ROOT) / "scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    sim::Diagnostics diagnostics;
    auto scenario =
        scenarios::load_scenario(entry.path().string(), models::faults::catalogue(), diagnostics);
    ASSERT_TRUE(scenario.has_value()) << entry.path();
    make_quiet(*scenario);
    HopSums sink;
    sim::Engine engine(scenario->seed);
    models::World world(engine, *scenario, sink);
    world.run({});
    EXPECT_EQ(sink.sums.size(), 50U) << entry.path();
    for (const HopSums::Sum& sum : sink.sums) {
      ASSERT_LE(std::chrono::abs(sum.hops - sum.whole), 1us) << entry.path();
    }
    ++files;
  }
  EXPECT_GE(files, 15);
}

}  // namespace
}  // namespace hoplab
