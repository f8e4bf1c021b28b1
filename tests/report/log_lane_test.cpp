// Log lines on the second core: the same bytes, and no trouble lost.
#include "report/recording/log_lane.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "report/recording/file_trouble.hpp"
#include "tests/report/temporary_folder.hpp"

namespace hoplab::report::recording {
namespace {

namespace fs = std::filesystem;

class Notes final : public Listener {
 public:
  void stream_opened(models::telemetry::LogStreamId id, std::string_view group,
                     std::string_view stream) override {
    text += fmt::format("open {} {} {}\n", id.index, group, stream);
  }
  void line(models::telemetry::LogStreamId id, sim::WallTime timestamp,
            std::string_view message) override {
    text += fmt::format("{} {} {}\n", id.index, sim::epoch_milliseconds(timestamp), message);
  }
  void task(sim::WallTime at, std::string_view json) override {
    text += fmt::format("task {} {}\n", sim::epoch_milliseconds(at), json);
  }
  std::string text;
};

/// Many chunks' worth, streams opened on the way.
void write_much(LogLane& lane) {
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    if (i % 3000 == 0) lane.open_stream("/ecs/a/app", fmt::format("app/{}", i / 3000));
    const sim::WallTime now{std::chrono::milliseconds(i)};
    const std::string message =
        fmt::format("line \"{}\" \\ \t and {}", i, std::string(i % 200, 'x'));
    lane.log(i % (i / 3000 + 1), {now, now + std::chrono::seconds(1), message});
    if (i % 1000 == 7) lane.task(now, fmt::format("{{\"n\":{}}}", i));
  }
}

std::map<std::string, std::string> files_of(const fs::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[fs::relative(entry.path(), root)] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

struct Written {
  std::map<std::string, std::string> files;
  std::vector<FileEntry> entries;
  std::string index;
  std::string seen;
};

Written written(bool has_thread) {
  const testing::TemporaryFolder folder;
  const fs::path root = folder / "";
  Notes notes;
  LogWriter writer(root, &notes);
  {
    LogLane lane(writer, has_thread);
    write_much(lane);
    lane.settle();
  }
  writer.flush();
  return {files_of(root), writer.entries(), writer.index(), notes.text};
}

TEST(LogLane, WritesAndShowsTheSameWithASecondThreadAndWithout) {
  const Written with = written(true);
  const Written without = written(false);
  EXPECT_EQ(with.files.size(), 7U);
  EXPECT_EQ(with.files, without.files);
  EXPECT_EQ(with.entries, without.entries);
  EXPECT_EQ(with.index, without.index);
  EXPECT_EQ(with.seen, without.seen);
}

TEST(LogLane, WhatTheWriterThrowsIsThrownAtWhoeverHandsOver) {
  const testing::TemporaryFolder folder;
  LogWriter writer(folder / "missing", nullptr);
  LogLane lane(writer, true);
  lane.open_stream("/ecs/a/app", "app/1");
  EXPECT_THROW(lane.settle(), FileTrouble);
  EXPECT_THROW(write_much(lane), FileTrouble) << "and ever after";
}

TEST(LogLane, MayGoAwayWithWorkUnderWay) {
  const testing::TemporaryFolder folder;
  LogWriter writer(folder / "", nullptr);
  LogLane lane(writer, true);
  write_much(lane);
}

}  // namespace
}  // namespace hoplab::report::recording
