// Writes one recording and exits: crash_driver DIR SEED. Exit codes as hoplab's. What the crash
// test kills.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "report/expectations/witness.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/recorder.hpp"
#include "report/writers/run_report.hpp"
#include "tests/report/fake_run.hpp"

namespace {

using namespace hoplab;  // A program of one page.

void record(const char* directory, std::uint64_t seed) {
  const auto scenario = report::testing::fake_scenario(seed);
  report::expectations::Witness witness(scenario);
  report::recording::Recorder recorder(scenario, {directory, "0.0.0", &witness});
  report::testing::FakeRun run(scenario, recorder);
  run.requests(1200);
  const auto end = sim::at(scenario.duration);
  const auto shown = report::writers::make_report(scenario, recorder.book(), witness,
                                                  {"0.0.0", 1200, {1200, 800, 400, 0}, end});
  recorder.finish(
      {report::expectations::to_json(shown.results), report::writers::summary_json(shown), end});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    record(argv[1], std::strtoull(argv[2], nullptr, 10));
    return 0;
  } catch (const report::recording::FileTrouble& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 4;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 70;
  }
}
