// The program as a shell sees it: exit codes, stdout and stderr.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/report/temporary_folder.hpp"

namespace hoplab::report::testing {

inline constexpr const char* scenario = R"(hoplab: 1
name: first
duration: 10s
services:
  a: {calls: [{to: b, path: /user}]}
  b: {serviceTime: 7ms}
network: {latency: 2ms}
workload: [{rate: 20/s, to: a}]
expectations:
  - {thresholds: {a.http_req_failed: "rate<0.001"}}
)";

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

using Environment = std::vector<std::pair<std::string, std::string>>;

class Program : public ::testing::Test {
 protected:
  void SetUp() override { write_bytes(folder_ / "first.yaml", scenario); }

  pid_t start(const std::vector<std::string>& arguments, const Environment& environment = {}) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    for (const char* name : {"GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"}) ::unsetenv(name);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    const bool is_set = ::chdir((folder_ / ".").c_str()) == 0 &&
                        std::freopen("out", "w", stdout) != nullptr &&
                        std::freopen("err", "w", stderr) != nullptr;
    std::vector<char*> argv{const_cast<char*>(HOPLAB_BINARY)};
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    if (is_set) ::execv(HOPLAB_BINARY, argv.data());
    ::_exit(99);
  }

  Outcome wait_for(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), bytes_of(folder_ / "out"),
            bytes_of(folder_ / "err")};
  }

  Outcome hoplab(const std::vector<std::string>& arguments, const Environment& environment = {}) {
    return wait_for(start(arguments, environment));
  }

  /// The scenario with one text replaced by another.
  void write_variant(const char* name, const std::string& from, const std::string& to) {
    std::string text = scenario;
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_bytes(folder_ / name, text.replace(at, from.size(), to));
  }

  TemporaryFolder folder_;
};

}  // namespace hoplab::report::testing
