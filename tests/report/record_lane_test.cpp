// Lines and datagrams on the second core: the same bytes, and no trouble lost.
#include "report/recording/record_lane.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/recording/file_trouble.hpp"
#include "tests/report/temporary_folder.hpp"

namespace hoplab::report::recording {
namespace {

namespace fs = std::filesystem;
using models::telemetry::LogSource;

class Notes final : public Listener {
 public:
  void stream_opened(models::telemetry::LogStreamId id, std::string_view group,
                     std::string_view stream) override {
    text += fmt::format("open {} {} {}\n", id.index, group, stream);
  }
  void line(models::telemetry::LogStreamId id, const models::telemetry::LogEvent& event) override {
    text += fmt::format("{} {} {} {}\n", id.index, sim::epoch_milliseconds(event.timestamp),
                        event.source == LogSource::standard_error, event.message);
  }
  void task(sim::WallTime at, std::string_view json) override {
    text += fmt::format("task {} {}\n", sim::epoch_milliseconds(at), json);
  }
  std::string text;
};

struct Writers {
  explicit Writers(const fs::path& root, Listener* listener = nullptr)
      : files(root), logs(&files, listener), statsd(&files), lines(&files) {}
  [[nodiscard]] RecordLane::Writers all() { return {logs, statsd, lines}; }

  OutputFiles files;
  LogWriter logs;
  StatsdWriter statsd;
  LineWriter lines;
};

/// Many chunks' worth, streams opened on the way.
void write_much(RecordLane& lane) {
  lane.open_statsd("statsd/1.log");
  lane.open_lines("xray/segments.jsonl");
  lane.add_series(0, "envoy.rq_time:", "|ms|#a:b");
  lane.add_firelens(R"(,"container_id":"a")");
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    if (i % 3000 == 0) lane.open_stream("/ecs/a/app", fmt::format("app/{}", i / 3000));
    const sim::WallTime now{std::chrono::milliseconds(i)};
    const std::string message =
        fmt::format("line \"{}\" \\ \t and {}", i, std::string(i % 200, 'x'));
    const LogSource source = i % 5 == 0 ? LogSource::standard_error : LogSource::standard_output;
    const models::telemetry::FireLensId firelens{i % 2 == 0 ? 0 : ~std::uint32_t{0}};
    lane.log(i % (i / 3000 + 1), {now, now + std::chrono::seconds(1), message, source, firelens});
    lane.value(0, now, i * std::uint64_t{1'000'003});
    if (i % 3 == 0) lane.value(0, now, i);  // Of the same instant.
    lane.line(0, message);
    if (i % 100 == 0) lane.datagram(0, i, "envoy.rq:1|c");
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
  Writers writers(root, &notes);
  {
    RecordLane lane(writers.all(), has_thread);
    write_much(lane);
    lane.settle();
  }
  writers.files.flush();
  return {files_of(root), writers.files.entries(), writers.logs.index(), notes.text};
}

TEST(RecordLane, WritesAndShowsTheSameWithASecondThreadAndWithout) {
  const Written with = written(true);
  const Written without = written(false);
  EXPECT_EQ(with.files.size(), 9U);
  EXPECT_EQ(with.files, without.files);
  EXPECT_EQ(with.entries, without.entries);
  EXPECT_EQ(with.index, without.index);
  EXPECT_EQ(with.seen, without.seen);
}

TEST(RecordLane, SpellsARecordOfFireLensWithinALogEvent) {
  const testing::TemporaryFolder folder;
  Writers writers(folder / "");
  RecordLane lane(writers.all(), false);
  lane.open_stream("g", "s");
  lane.add_firelens(R"(,"container_name":"/ecs-\\")");
  lane.log(0, {{}, {}, "say \"\\\"\t\x01 \xC3\xA9 \xFF", LogSource::standard_error, {.index = 0}});
  writers.files.flush();
  const auto files = files_of(folder / "");
  const auto event = nlohmann::json::parse(files.at("logs/g/s.jsonl"));
  const auto record = nlohmann::json::parse(event.at("message").get<std::string>());
  EXPECT_EQ(
      record.dump(-1, ' ', true),
      R"({"container_name":"/ecs-\\","log":"say \"\\\"\t\u0001 \u00e9 \ufffd","source":"stderr"})");
}

TEST(RecordLane, WhatTheWriterThrowsIsThrownAtWhoeverHandsOver) {
  const testing::TemporaryFolder folder;
  Writers writers(folder / "missing");
  RecordLane lane(writers.all(), true);
  lane.open_stream("/ecs/a/app", "app/1");
  EXPECT_THROW(lane.settle(), FileTrouble);
  EXPECT_THROW(write_much(lane), FileTrouble) << "and ever after";
}

TEST(RecordLane, MayGoAwayWithWorkUnderWay) {
  const testing::TemporaryFolder folder;
  Writers writers(folder / "");
  RecordLane lane(writers.all(), true);
  write_much(lane);
}

}  // namespace
}  // namespace hoplab::report::recording
