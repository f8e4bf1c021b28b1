// Goal: whatever instant a run dies at, DIR is absent, or the old recording, or the new one, whole.
// Method: a shim counts every call that changes the disk (create, write, fsync, mkdir, rename,
// unlink) and kills the program with SIGKILL at the k-th, for every k. What is found then must
// agree with its own manifest, digest by digest; and the next run must succeed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "report/recording/manifest.hpp"

namespace {

namespace fs = std::filesystem;
namespace rec = hoplab::report::recording;
using Environment = std::map<std::string, std::string>;

class CrashSafety : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "hoplab-crash-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }

  /// The wait status of the driver under the shim.
  int run(const fs::path& directory, int seed, const Environment& environment) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv("LD_PRELOAD", HOPLAB_CRASH_SHIM, 1);
      ::setenv("HOPLAB_SKIP_SYNC", "1", 1);
      for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
      const std::string errors = (root_ / "stderr").string();
      if (std::freopen(errors.c_str(), "w", stderr) == nullptr) ::_exit(99);
      ::execl(HOPLAB_CRASH_DRIVER, HOPLAB_CRASH_DRIVER, directory.c_str(),
              std::to_string(seed).c_str(), nullptr);
      ::_exit(98);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }

  long count_calls(const fs::path& directory, int seed, Environment environment) {
    environment["HOPLAB_COUNT_TO"] = (root_ / "count").string();
    EXPECT_EQ(run(directory, seed, environment), 0);
    long count = 0;
    std::ifstream(root_ / "count") >> count;
    return count;
  }

  std::string errors() const {
    std::ifstream in(root_ / "stderr");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  /// 0 when there is no DIR; else the seed of the recording there, which must be whole.
  static std::uint64_t whole_recording(const fs::path& directory) {
    if (!fs::exists(directory)) return 0;
    const auto manifest = rec::read_manifest(directory);
    EXPECT_TRUE(manifest.has_value()) << "a directory under the final name without a manifest";
    if (!manifest) return 0;
    EXPECT_EQ(rec::differences(directory, *manifest), std::vector<std::string>());
    EXPECT_GE(manifest->files.size(), 10U);
    return manifest->seed;
  }

  void kill_everywhere_while_replacing(const Environment& environment) {
    const fs::path directory = root_ / "run";
    ASSERT_EQ(run(directory, 1, environment), 0);
    const long calls = count_calls(directory, 2, environment);
    ASSERT_GT(calls, 30);
    bool old_was_seen = false;
    bool new_was_seen = false;
    for (long k = 1; k <= calls; ++k) {
      fs::remove_all(directory);
      ASSERT_EQ(run(directory, 1, environment), 0);
      Environment killing = environment;
      killing["HOPLAB_KILL_AT"] = std::to_string(k);
      const int status = run(directory, 2, killing);
      ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "call " << k;
      const auto seed = whole_recording(directory);
      old_was_seen |= seed == 1;
      new_was_seen |= seed == 2;
      if (!environment.contains("HOPLAB_NO_EXCHANGE")) {
        EXPECT_NE(seed, 0U) << "call " << k;
      }
      ASSERT_EQ(run(directory, 3, environment), 0) << "after a crash at call " << k << errors();
      ASSERT_EQ(whole_recording(directory), 3U) << "after a crash at call " << k;
      ASSERT_FALSE(fs::exists(directory.string() + ".partial"));
    }
    EXPECT_TRUE(old_was_seen);
    EXPECT_TRUE(new_was_seen);
  }

  fs::path root_;
};

TEST_F(CrashSafety, AKilledRunLeavesNothingOrAWholeRecording) {
  const long calls = count_calls(root_ / "first", 2, {});
  ASSERT_GT(calls, 30);
  const fs::path directory = root_ / "run";
  for (long k = 1; k <= calls; ++k) {
    const int status = run(directory, 2, {{"HOPLAB_KILL_AT", std::to_string(k)}});
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "call " << k;
    const auto seed = whole_recording(directory);
    // Only the last calls come after the rename.
    EXPECT_TRUE(seed == 0 || k >= calls - 2) << "call " << k << " of " << calls;
    fs::remove_all(directory);
  }
  EXPECT_EQ(run(directory, 2, {}), 0);
  EXPECT_EQ(whole_recording(directory), 2U);
}

TEST_F(CrashSafety, AKilledReplacementLeavesTheOldOrTheNewRecordingWhole) {
  kill_everywhere_while_replacing({});
}

// Where two names cannot be swapped there is an instant without DIR; the next run mends it.
TEST_F(CrashSafety, AKilledReplacementWithoutSwappingLosesNothing) {
  kill_everywhere_while_replacing({{"HOPLAB_NO_EXCHANGE", "1"}});
}

TEST_F(CrashSafety, AFullDiskIsFileTroubleWithThePathAndKeepsTheOldRecording) {
  const fs::path directory = root_ / "run";
  ASSERT_EQ(run(directory, 1, {}), 0);
  const long calls = count_calls(root_ / "other", 2, {});
  for (long k = 1; k < calls - 2; ++k) {
    const int status = run(directory, 2, {{"HOPLAB_FAIL_AT", std::to_string(k)}});
    ASSERT_TRUE(WIFEXITED(status)) << "call " << k;
    if (whole_recording(directory) == 2) break;  // It failed while it removed the old one.
    ASSERT_EQ(WEXITSTATUS(status), 4) << "call " << k << " " << errors();
    EXPECT_NE(errors().find((root_ / "run").string()), std::string::npos) << errors();
    ASSERT_EQ(whole_recording(directory), 1U) << "call " << k;
  }
}

}  // namespace
