// What becomes of log lines: shown to whoever listens, written to one file a stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/telemetry/sink.hpp"
#include "report/recording/json_text.hpp"
#include "report/recording/listener.hpp"
#include "report/recording/output_files.hpp"

namespace hoplab::report::recording {

/// The half of a recorder that may run on the second core (record_lane.hpp): nothing here is shared
/// with the other half.
class LogWriter {
 public:
  /// Either may be null: nothing is written, nobody listens. Both outlive this.
  LogWriter(OutputFiles* files, Listener* listener);

  /// The next stream: ids count from 0.
  void open_stream(std::string_view group, std::string_view name);
  /// The next container with FireLens: ids count from 0. `members`: Sink::declare_firelens.
  void add_firelens(std::string_view members);
  void log(std::uint32_t stream, const models::telemetry::LogEvent& event);
  void task(sim::WallTime at, std::string_view json);

  /// "hoplab.logs/1": which stream is in which file.
  [[nodiscard]] std::string index() const;

 private:
  struct Stream {
    std::string group;
    std::string name;
    std::string path;
    OutputFiles::FileId file;
    std::uint64_t events = 0;
    std::int64_t first_ms = 0;
    std::int64_t last_ms = 0;
  };
  void append_text(std::string& out, const models::telemetry::LogEvent& event) const;

  Listener* listener_;
  OutputFiles* files_;
  std::vector<Stream> streams_;
  NumberText timestamp_text_;
  NumberText ingestion_text_;
  std::vector<std::string> record_ends_;  ///< By FireLensId: as they stand in the file.
};

}  // namespace hoplab::report::recording
