// Goal: `hoplab run SCENARIO -o DIR` may be killed at any instant: DIR is then absent, or the old
// recording, or the new one, whole.
// Method: as crash_test does with the recorder alone, but with the program itself: SIGKILL at its
// k-th call that changes the disk, for k = 1, 2, 3, ... until a run survives. What is found under
// the final name must agree with its manifest, digest by digest, and that manifest must be, byte
// for byte, the one of a run that nobody disturbed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "report/recording/manifest.hpp"
#include "tests/report/temporary_folder.hpp"

namespace {

using hoplab::report::testing::bytes_of;
using hoplab::report::testing::TemporaryFolder;
using hoplab::report::testing::write_bytes;
namespace fs = std::filesystem;
namespace rec = hoplab::report::recording;

constexpr const char* scenario = R"(hoplab: 1
name: killed
duration: 2s
services:
  a: {calls: [{to: b, path: /user}]}
  b: {serviceTime: 7ms}
network: {latency: 2ms}
workload: [{rate: 20/s, to: a}]
)";

constexpr long never = 0;
constexpr long calls_at_least = 50;
constexpr long calls_at_most = 1000;
// crash_test mends after every call; here a sample is enough, for a whole program starts slowly.
constexpr long mended_every = 5;

bool was_killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

class KilledRun : public ::testing::Test {
 protected:
  void SetUp() override {
    write_bytes(folder_ / "killed.yaml", scenario);
    ASSERT_EQ(run("old", 1), 0) << bytes_of(folder_ / "output");
    ASSERT_EQ(run("new", 2), 0) << bytes_of(folder_ / "output");
    old_manifest_ = bytes_of(folder_ / "old/MANIFEST.json");
    new_manifest_ = bytes_of(folder_ / "new/MANIFEST.json");
    ASSERT_NE(old_manifest_, new_manifest_);
  }

  /// The wait status of `hoplab run killed.yaml -o DIRECTORY`, killed at its `kill_at`-th call.
  int run(const char* directory, int seed, long kill_at = never) {
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string file = (folder_ / "output").string();
      ::setenv("LD_PRELOAD", HOPLAB_CRASH_SHIM, 1);
      ::setenv("HOPLAB_SKIP_SYNC", "1", 1);
      if (kill_at != never) ::setenv("HOPLAB_KILL_AT", std::to_string(kill_at).c_str(), 1);
      const int output = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
      if (::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0) ::_exit(99);
      ::close(output);
      ::execl(HOPLAB_BINARY, HOPLAB_BINARY, "run", (folder_ / "killed.yaml").c_str(), "-o",
              (folder_ / directory).c_str(), "--seed", std::to_string(seed).c_str(), nullptr);
      ::_exit(98);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }

  /// 0 when there is no DIR; else the seed of the recording there, which must be whole and right.
  [[nodiscard]] std::uint64_t whole_recording() const {
    const fs::path directory = folder_ / "run";
    if (!fs::exists(directory)) return 0;
    const auto manifest = rec::read_manifest(directory);
    EXPECT_TRUE(manifest.has_value()) << "a directory under the final name without a manifest";
    if (!manifest) return 0;
    EXPECT_THAT(rec::differences(directory, *manifest), ::testing::IsEmpty());
    EXPECT_EQ(bytes_of(directory / "MANIFEST.json"),
              manifest->seed == 1 ? old_manifest_ : new_manifest_);
    return manifest->seed;
  }

  /// After a crash: the next run, undisturbed, leaves its recording and nothing of the dead one.
  void expect_the_next_run_mends_it() {
    ASSERT_EQ(run("run", 2), 0) << bytes_of(folder_ / "output");
    EXPECT_EQ(whole_recording(), 2U);
    EXPECT_FALSE(fs::exists(folder_ / "run.partial"));
  }

  void start_with_the_old_recording() const {
    fs::remove_all(folder_ / "run");
    fs::remove_all(folder_ / "run.partial");
    fs::copy(folder_ / "old", folder_ / "run", fs::copy_options::recursive);
  }

  TemporaryFolder folder_;
  std::string old_manifest_;
  std::string new_manifest_;
};

TEST_F(KilledRun, LeavesNothingOrAWholeRecording) {
  bool nothing_was_seen = false;
  bool new_was_seen = false;
  long k = 1;
  for (; k <= calls_at_most; ++k) {
    SCOPED_TRACE("call " + std::to_string(k));
    // What the run before left in run.partial is cleared: else this run had more calls to count.
    fs::remove_all(folder_ / "run");
    fs::remove_all(folder_ / "run.partial");
    const int status = run("run", 2, k);
    const auto seed = whole_recording();
    if (status == 0) break;
    ASSERT_TRUE(was_killed(status)) << bytes_of(folder_ / "output");
    // Once there, it is there at every later instant.
    EXPECT_TRUE(seed == 2 || (seed == 0 && !new_was_seen));
    nothing_was_seen |= seed == 0;
    new_was_seen |= seed == 2;
  }
  EXPECT_GT(k, calls_at_least);
  ASSERT_LE(k, calls_at_most) << "no run survived";
  EXPECT_EQ(whole_recording(), 2U);
  EXPECT_TRUE(nothing_was_seen && new_was_seen);
}

TEST_F(KilledRun, LeavesTheOldOrTheNewRecordingWhole) {
  bool old_was_seen = false;
  bool new_was_seen = false;
  long k = 1;
  for (; k <= calls_at_most; ++k) {
    SCOPED_TRACE("call " + std::to_string(k));
    start_with_the_old_recording();
    const int status = run("run", 2, k);
    const auto seed = whole_recording();
    if (status == 0) break;
    ASSERT_TRUE(was_killed(status)) << bytes_of(folder_ / "output");
    EXPECT_TRUE(seed == 2 || (seed == 1 && !new_was_seen));
    old_was_seen |= seed == 1;
    new_was_seen |= seed == 2;
    if (k % mended_every == 0) expect_the_next_run_mends_it();
  }
  EXPECT_GT(k, calls_at_least);
  ASSERT_LE(k, calls_at_most) << "no run survived";
  EXPECT_EQ(whole_recording(), 2U);
  EXPECT_TRUE(old_was_seen && new_was_seen);
}

}  // namespace
