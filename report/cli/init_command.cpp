#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/recording/file_trouble.hpp"

namespace hoplab::report::cli {
namespace {

constexpr std::string_view starter =
    R"(# A scenario: what there is, what load it gets, what goes wrong, and what you expect.
#   hoplab run FILE       shows where each millisecond went and which expectations held
#   hoplab test FOLDER    checks many such files, for CI
#   hoplab faults         lists what can go wrong; `hoplab schema` every key there is
hoplab: 1
description: one of two tasks of stock crashes, and no customer notices
duration: 3m                            # simulated; takes about a second of yours
network: {latency: 1ms}                 # one way between two hosts

services:                               # ECS services, each task with an Envoy beside its app
  shop: {calls: [{to: stock, path: /items}]}
  stock: {serviceTime: 7ms, desiredCount: 2}

workload:
  - {name: customers, rate: 20/s, to: shop}

faults:                                 # Take this one out, and the last expectation fails.
  - at: 1m
    action: "hoplab:ecs:container-exit"
    target: stock
    count: 1
    parameters: {exitCode: 1}

expectations:                           # All must hold, else the exit code is 1.
  - {name: quick at first, window: [10s, 1m], thresholds: {shop.http_req_duration: "p(95)<20ms"}}
  - {name: retries hide the crash, thresholds: {shop.http_req_failed: "rate<0.001"}}
  - {name: ECS knows of it, ecs: {service: stock, container: app, exitCode: 1, lastStatus: STOPPED}}
)";

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

int init_command(const InitOptions& options) {
  if (options.file == "-") {
    print(starter);
    return exit_all_held;
  }
  const auto folder = std::filesystem::path(options.file).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder);
  // "x": an old file is somebody's work.
  const std::unique_ptr<std::FILE, Close> file(std::fopen(options.file.c_str(), "wx"));
  if (!file) recording::fail_with_errno("create", options.file, errno);
  const bool is_taken =
      std::fwrite(starter.data(), 1, starter.size(), file.get()) == starter.size();
  if (!is_taken || std::fflush(file.get()) != 0) {
    recording::fail_with_errno("write", options.file, errno);
  }
  print("wrote " + options.file + "; try it: hoplab run " + options.file + "\n");
  return exit_all_held;
}

}  // namespace hoplab::report::cli
