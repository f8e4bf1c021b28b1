// Streams one run into a recording.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/telemetry/sink.hpp"
#include "report/recording/hop_book.hpp"
#include "report/recording/listener.hpp"
#include "report/recording/output_files.hpp"
#include "report/recording/record_lane.hpp"
#include "report/recording/run_directory.hpp"
#include "report/recording/wire.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::recording {

using sim::WallTime;

/// What is known only when the run is over.
struct ClosingDocuments {
  std::string expectations_json;
  std::string summary_json;
  SimTime simulated_to;
};

/// Takes everything a run produces: keeps hops and requests as histograms, shows lines and task
/// documents to a listener, and writes files where a directory is given. README.md here has the
/// files, field by field. Memory does not grow with simulated time.
///
/// Errors: FileTrouble when the disk says no; the place keeps its old content, and what was written
///         stays in `DIR.partial` as an unfinished run.
class Recorder final : public models::telemetry::Sink {
 public:
  struct Options {
    /// Absent: nothing is written. Ignored for a scenario without telemetry.
    std::optional<std::filesystem::path> directory;
    std::string version;           ///< Of hoplab, for the manifest.
    Listener* listener = nullptr;  ///< Outlives the recorder.
    /// Log lines and datagrams are encoded, shown to the listener and written on a thread of their
    /// own. The bytes are the same; whoever looks at the listener calls settle() first.
    bool has_second_core = false;
    Wire* wire = nullptr;  ///< Outlives the recorder; told whether files are written or not.
    /// What goes into files, of what the run makes; absent: all of it.
    std::optional<scenarios::TelemetrySources> recorded = {};
  };

  /// `scenario` outlives the recorder.
  Recorder(const scenarios::Scenario& scenario, const Options& options);
  ~Recorder() override;

  models::telemetry::LogStreamId open_log_stream(std::string_view group,
                                                 std::string_view stream) override;
  void log(models::telemetry::LogStreamId stream,
           const models::telemetry::LogEvent& event) override;
  models::telemetry::FireLensId declare_firelens(std::string_view members) override;
  void ecs_event(std::string_view json) override;
  void ecs_task(WallTime at, std::string_view json) override;
  void ecs_service(WallTime at, std::string_view json) override;
  void ecs_container_instance(WallTime at, std::string_view json) override;
  void task_stats(std::string_view task_id, WallTime at, std::string_view json) override;
  void config(WallTime at, std::string_view kind, std::string_view json) override;
  void xray_segment(std::string_view json) override;
  models::telemetry::StatsdId open_statsd(std::string_view task_id) override;
  void statsd(models::telemetry::StatsdId task, WallTime at, std::string_view datagram) override;
  models::telemetry::StatsdSeriesId declare_statsd_series(models::telemetry::StatsdId task,
                                                          std::string_view head,
                                                          std::string_view tail) override;
  void statsd_value(models::telemetry::StatsdSeriesId series, WallTime at,
                    std::uint64_t value) override;
  void metric(std::string_view json) override;
  void otlp(models::telemetry::OtlpSignal signal, std::string_view json) override;
  void flow_log(std::string_view line) override;
  void envoy_page(std::string_view task_id, std::string_view name, std::string_view text) override;
  models::telemetry::HopId declare_hop(std::string_view name) override;
  void declare_chain(const models::telemetry::Chain& chain) override;
  void hop(models::telemetry::HopId hop, SimTime ended, Duration took, bool failed) override;
  models::telemetry::SeriesId declare_series(std::string_view name) override;
  void request(models::telemetry::SeriesId series, SimTime ended, Duration took, int status,
               bool failed) override;
  void fault(SimTime instant, std::string_view name, std::string_view action,
             std::string_view target, bool begins) override;

  [[nodiscard]] const HopBook& book() const { return book_; }
  [[nodiscard]] bool is_writing() const { return place_ != nullptr; }
  /// Where the recording will be; requires is_writing().
  [[nodiscard]] const std::filesystem::path& final_path() const;
  /// Where it is until then.
  [[nodiscard]] const std::filesystem::path& partial_path() const;

  /// The listener has seen everything up to now.
  void settle() { lane_->settle(); }
  /// The run is over: what was recorded can now be read in partial_path(). Nothing may follow but
  /// finish or abandon.
  void complete_telemetry();
  /// The run is over and whole: writes what is missing and gives the recording its name.
  void finish(const ClosingDocuments& closing);
  /// The run was cut short: writes out what there is, and leaves it as an unfinished run.
  void abandon();

 private:
  using FileId = OutputFiles::FileId;
  void open_files();
  [[nodiscard]] bool records_statsd() const;
  FileId file_named(const std::string& path);
  void append_line(const std::string& path, std::string_view line);
  void append_document(FileId file, WallTime at, std::string_view json);
  void write_sources();
  /// What CloudWatch knew of before the run; the file is there only where the scenario has some.
  void write_metric_histories();

  const scenarios::Scenario& scenario_;
  std::string version_;
  scenarios::TelemetrySources recorded_;
  Wire* wire_;
  HopBook book_;
  std::unique_ptr<RunDirectory> place_;
  std::unique_ptr<OutputFiles> files_;
  std::unique_ptr<OutputFiles> lane_files_;  ///< Those that are written beyond the lane.
  std::unique_ptr<LogWriter> log_writer_;
  std::unique_ptr<StatsdWriter> statsd_writer_;
  std::unique_ptr<LineWriter> segment_writer_;
  std::unique_ptr<RecordLane> lane_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> stream_index_;
  std::uint32_t firelens_count_ = 0;
  std::uint32_t statsd_count_ = 0;
  /// Before and behind the value; kept for the wire.
  struct StatsdSeries {
    std::string head;
    std::string tail;
  };
  std::vector<StatsdSeries> statsd_series_;
  std::uint32_t statsd_series_count_ = 0;
  std::array<FileId, 3> otlp_files_{};  ///< By signal.
  std::map<std::string, FileId> named_files_;
  bool telemetry_is_complete_ = false;
};

/// The file name of the scenario, without its folders: a recording tells nothing of the machine.
[[nodiscard]] std::string recorded_file_name(const std::string& file);

}  // namespace hoplab::report::recording
