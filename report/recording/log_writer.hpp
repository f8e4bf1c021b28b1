// What becomes of log lines: shown to whoever listens, written to one file a stream.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/telemetry/sink.hpp"
#include "report/recording/listener.hpp"
#include "report/recording/output_files.hpp"

namespace hoplab::report::recording {

/// The half of a recorder that may run on the second core (log_lane.hpp): nothing here is shared
/// with the other half.
class LogWriter {
 public:
  /// `root`: where the files go; absent: nowhere. `listener` may be null, and outlives this.
  LogWriter(const std::optional<std::filesystem::path>& root, Listener* listener);

  /// The next stream: ids count from 0.
  void open_stream(std::string_view group, std::string_view name);
  void log(std::uint32_t stream, const models::telemetry::LogEvent& event);
  void task(sim::WallTime at, std::string_view json);

  /// "hoplab.logs/1": which stream is in which file.
  [[nodiscard]] std::string index() const;
  void flush();
  void sync();
  [[nodiscard]] std::vector<FileEntry> entries() const;

 private:
  struct Stream {
    std::string group;
    std::string name;
    std::string path;
    OutputFiles::FileId file;
    std::uint64_t events = 0;
    std::int64_t first_ms = 0;
    std::int64_t last_ms = 0;
    /// What many messages of a stream end with, as FireLens's metadata, is spelt once.
    std::string tail;
    std::string tail_spelt;
    std::string last;  ///< While the tail is not known yet: the message before.
  };
  static void learn_tail(Stream& stream, std::string_view message);
  static void append_message(std::string& out, Stream& stream, std::string_view message);

  Listener* listener_;
  std::optional<OutputFiles> files_;
  std::vector<Stream> streams_;
};

}  // namespace hoplab::report::recording
