// Behind `./dev bench`: the numbers hoplab is to reach, each measured against a yardstick that runs
// in the same session. Rounds are interleaved (yardstick, every shape, again), so that a machine
// that grows slow half way slows both sides; a figure is the median of its rounds, and times are of
// whole processes, start-up included.
//
// usage: hoplab_bench [--rounds N] | --yardstick
// Exit code: 0 every goal reached, 1 one was not, 2 usage, 4 a program could not be run.
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/process.hpp"

namespace {

namespace fs = std::filesystem;
using hoplab::bench::Finished;
using hoplab::bench::run_program;

constexpr double known_p50_ms = 11.83;
constexpr double known_p99_ms = 33.2;

/// What one kind of program gave in each round.
struct Series {
  std::vector<double> wall_s;
  double requests = 0;
  double events = 0;
  double p50_ms = 0;
  double p99_ms = 0;
  double peak_mib = 0;  ///< The largest of all rounds.
  int exit_code = 0;

  [[nodiscard]] double wall() const {
    std::vector<double> sorted = wall_s;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  [[nodiscard]] double requests_per_s() const { return requests / wall(); }
  [[nodiscard]] double ns_per_event() const { return wall() * 1e9 / events; }
  [[nodiscard]] double quantile_error() const {
    return std::max(std::abs(p50_ms / known_p50_ms - 1), std::abs(p99_ms / known_p99_ms - 1));
  }
};

/// `arguments`: of the yardstick.
void add_yardstick(Series& series, const std::vector<std::string>& arguments = {}) {
  std::vector<std::string> words = {BARE_HEAP_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const Finished done = run_program(words);
  series.wall_s.push_back(done.wall_s);
  series.exit_code = std::max(series.exit_code, done.exit_code);
  std::map<std::string, double, std::less<>> values;
  std::string_view text = done.output;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto space = line.find(' ');
    if (space == std::string_view::npos) continue;
    values[std::string(line.substr(0, space))] = std::stod(std::string(line.substr(space + 1)));
  }
  series.requests = values.at("requests");
  series.events = values.at("events");
  series.p50_ms = values.at("p50_ms");
  series.p99_ms = values.at("p99_ms");
}

/// `scenario`: a path. Without a recording nothing is written.
void add_hoplab(Series& series, const std::string& scenario, const std::string& recording) {
  std::vector<std::string> words = {HOPLAB_BINARY, "run", "--json"};
  if (recording.empty()) {
    words.push_back("--no-recording");
  } else {
    // To write is measured, not to take away what the round before has written.
    fs::remove_all(recording);
    words.insert(words.end(), {"-o", recording});
  }
  words.push_back(scenario);
  const Finished done = run_program(words);
  if (done.exit_code > 1) {
    throw std::runtime_error(fmt::format("{}: exit code {}", scenario, done.exit_code));
  }
  series.wall_s.push_back(done.wall_s);
  series.peak_mib = std::max(series.peak_mib, done.peak_mib);
  series.exit_code = std::max(series.exit_code, done.exit_code);
  const auto result = nlohmann::json::parse(done.output);
  series.events = result.at("events").get<double>();
  series.requests = result.at("requests").at("issued").get<double>();
}

struct Row {
  const char* number;
  const char* what;
  std::string goal;
  std::string measured;
  bool reached;
};

void print(const Row& row) {
  fmt::print("{:<4} {:<52} {:>12} {:>14}  {}\n", row.number, row.what, row.goal, row.measured,
             row.reached ? "reached" : "not reached");
}

Row at_least(const char* number, const char* what, double goal, double measured) {
  return {number, what, fmt::format(">= {}", goal), fmt::format("{:.3f}", measured),
          measured >= goal};
}

Row at_most(const char* number, const char* what, double goal, double measured) {
  return {number, what, fmt::format("<= {}", goal), fmt::format("{:.3f}", measured),
          measured <= goal};
}

/// A folder on a memory file system where there is one; removed at the end.
class Scratch {
 public:
  Scratch() {
    const fs::path base = fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
    folder_ = base / fmt::format("hoplab-bench-{}", getpid());
    fs::create_directories(folder_);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return folder_ / name; }

 private:
  fs::path folder_;
};

int check_yardstick() {
  Series bare;
  add_yardstick(bare);
  fmt::print("bare heap: p50 {:.2f} ms, p99 {:.2f} ms\n", bare.p50_ms, bare.p99_ms);
  return bare.exit_code == 0 && bare.quantile_error() <= 0.01 ? 0 : 1;
}

std::string shipped(const std::string& name) {
  return std::string(HOPLAB_ROOT) + "/tests/bench/" + name;
}

/// N9: a hundred chains of three services, fifty tasks each, five on a machine; 500 requests/s in
/// all. 300 services, 15,000 tasks, 3,000 machines.
std::string write_large_mesh(const std::string& path, std::string_view duration) {
  constexpr int chains = 100;
  constexpr int hosts = 3000;
  constexpr int hosts_per_service = 10;
  std::ofstream file(path);
  file << "hoplab: 1\nname: large-mesh\nduration: " << duration << "\ntelemetry: none\nhosts:\n";
  for (int host = 0; host < hosts; ++host) {
    file << "  h" << host << ": {instanceType: m5.2xlarge}\n";
  }
  file << "services:\n";
  for (int service = 0; service < 3 * chains; ++service) {
    file << "  s" << service << ": {desiredCount: 50, serviceTime: {wait: 2ms}, placement: [";
    for (int i = 0; i < hosts_per_service; ++i) {
      file << (i > 0 ? ", " : "") << "h" << service * hosts_per_service + i;
    }
    file << "]";
    if (service % 3 != 2) file << ", calls: [{to: s" << service + 1 << "}]";
    file << "}\n";
  }
  file << "workload:\n";
  for (int chain = 0; chain < chains; ++chain) {
    file << "  - {name: l" << chain << ", rate: 5/s, to: s" << 3 * chain << "}\n";
  }
  if (!file.flush()) throw std::runtime_error(path + " cannot be written");
  return path;
}

/// The shipped shape of N5 and N6, `seconds` long.
std::string write_thousand(const std::string& path, double seconds) {
  std::ifstream shape(shipped("thousand.yaml"));
  std::ofstream file(path);
  for (std::string line; std::getline(shape, line);) {
    file << (line.starts_with("duration:") ? fmt::format("duration: {}s", seconds) : line) << "\n";
  }
  if (!file.flush()) throw std::runtime_error(path + " cannot be written");
  return path;
}

// An hour of 1,000 requests/s would be 15 GB in memory. What it would need is told from these two.
constexpr double short_s = 30;
constexpr double long_s = 120;
constexpr double hour_s = 3600;

struct Measured {
  Series bare;
  Series bare_lines;      ///< It writes five lines a request.
  Series files;           ///< N3.
  Series thousand_short;  ///< N5 and N6.
  Series thousand_long;

  /// Start-up apart, which weighs nothing in an hour.
  [[nodiscard]] double hour_speed() const {
    return (long_s - short_s) / (thousand_long.wall() - thousand_short.wall());
  }
  /// At the growth between the two, if there is any.
  [[nodiscard]] double hour_mib() const {
    const double growth = (thousand_long.peak_mib - thousand_short.peak_mib) / (long_s - short_s);
    return thousand_long.peak_mib + std::max(growth, 0.0) * (hour_s - long_s);
  }
  Series w3;
  Series envoys;
  Series inflight;
  Series minute;
  Series large_start;  ///< Of the large mesh, its start and a hundredth of a second.
  Series large;

  /// Start-up apart: that is a figure of its own.
  [[nodiscard]] double large_ns_per_event() const {
    return (large.wall() - large_start.wall()) * 1e9 / (large.events - large_start.events);
  }
};

Measured measure(int rounds) {
  const Scratch scratch;
  const std::string start = write_large_mesh(scratch / "start.yaml", "10ms");
  const std::string large = write_large_mesh(scratch / "large.yaml", "400s");
  const std::string brief = write_thousand(scratch / "short.yaml", short_s);
  const std::string longer = write_thousand(scratch / "long.yaml", long_s);
  Measured all;
  for (int round = 0; round < rounds; ++round) {
    add_yardstick(all.bare);
    add_yardstick(all.bare_lines, {"200000", "1", scratch / "lines.log"});
    add_hoplab(all.files, shipped("w3_files.yaml"), scratch / "files");
    add_hoplab(all.thousand_short, brief, scratch / "thousand");
    add_hoplab(all.thousand_long, longer, scratch / "thousand");
    add_hoplab(all.w3, shipped("w3.yaml"), "");
    add_hoplab(all.envoys, shipped("w3_envoys.yaml"), "");
    add_hoplab(all.inflight, shipped("w3_inflight.yaml"), "");
    add_hoplab(all.minute, shipped("n7.yaml"), scratch / "n7");
    add_hoplab(all.large_start, start, "");
    add_hoplab(all.large, large, "");
  }
  return all;
}

int report(const Measured& all) {
  const double bare = all.bare.requests_per_s();
  const std::vector<Row> rows = {
      at_most("", "bare heap: W3 quantiles, largest error", 0.01, all.bare.quantile_error()),
      at_least("N1", "W3 without sidecars, share of the bare heap", 0.25,
               all.w3.requests_per_s() / bare),
      at_least("N2", "W3 with two Envoys a hop, share of the bare heap", 0.15,
               all.envoys.requests_per_s() / bare),
      at_least("N3", "N2 with every file, share of the bare heap + 5 lines", 0.5,
               all.files.requests_per_s() / all.bare_lines.requests_per_s()),
      at_most("N4", "10,000 in flight on one host, cost per event / N2's", 2,
              all.inflight.ns_per_event() / all.envoys.ns_per_event()),
      at_most("N5", "1,000 req/s, 3 services, all files: MiB of an hour", 256, all.hour_mib()),
      at_least("N6", "the same: simulated / real time", 120, all.hour_speed()),
      at_most("N7", "3 services, 60 s at 20/s, all files, seconds", 0.15, all.minute.wall()),
      at_most("N9", "3,000 hosts, 15,000 tasks, 300 services: start, seconds", 5,
              all.large_start.wall()),
      at_most("", "the same: cost per event / N2's", 3,
              all.large_ns_per_event() / all.envoys.ns_per_event()),
      {"N8", "W3 quantiles within 1 % (its expectations)", "hold",
       all.w3.exit_code == 0 ? "held" : "failed", all.w3.exit_code == 0},
  };
  bool reached = all.minute.exit_code == 0;
  for (const Row& row : rows) {
    print(row);
    reached = reached && row.reached;
  }
  fmt::print(
      "\nns per event: bare heap {:.0f}, W3 {:.0f}, with Envoys {:.0f}, in flight {:.0f}, "
      "large mesh {:.0f}\n",
      all.bare.ns_per_event(), all.w3.ns_per_event(), all.envoys.ns_per_event(),
      all.inflight.ns_per_event(), all.large_ns_per_event());
  fmt::print("requests/s: bare heap {:.0f}, W3 {:.0f}, with Envoys {:.0f}\n", bare,
             all.w3.requests_per_s(), all.envoys.requests_per_s());
  fmt::print("requests/s, written to memory: bare heap + 5 lines {:.0f}, every file {:.0f}\n",
             all.bare_lines.requests_per_s(), all.files.requests_per_s());
  fmt::print(
      "N5 and N6 are told from {:.0f} s and {:.0f} s of that load: {:.1f} and {:.1f} MiB at most, "
      "{:.2f} and {:.2f} s\n",
      short_s, long_s, all.thousand_short.peak_mib, all.thousand_long.peak_mib,
      all.thousand_short.wall(), all.thousand_long.wall());
  return reached ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words == std::vector<std::string>{"--yardstick"}) return check_yardstick();
  int rounds = 5;
  if (words.size() == 2 && words[0] == "--rounds") {
    const char* end = words[1].data() + words[1].size();
    if (std::from_chars(words[1].data(), end, rounds).ptr != end) rounds = 0;
  } else if (!words.empty()) {
    rounds = 0;
  }
  if (rounds < 1) {
    fmt::print(stderr, "usage: hoplab_bench [--rounds N] | --yardstick\n");
    return 2;
  }
  return report(measure(rounds));
} catch (const std::exception& trouble) {
  fmt::print(stderr, "hoplab_bench: {}\n", trouble.what());
  return 4;
}
