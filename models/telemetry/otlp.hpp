// What an OpenTelemetry SDK does with spans, log records and metrics: batches, and OTLP/JSON.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "models/telemetry/log_driver.hpp"
#include "models/telemetry/sink.hpp"
#include "sim/engine.hpp"
#include "sim/text.hpp"

namespace hoplab::models::telemetry {

/// Whose telemetry it is.
struct OtlpParty {
  std::string resource;  ///< The objects of the resource's attributes, with commas between.
  std::string scope;     ///< Of the instrumentation.
  std::string scope_version;
};

/// Whoever has figures to tell at each collection.
class OtlpMetrics {
 public:
  virtual ~OtlpMetrics() = default;
  /// Appends the objects of `metrics`, with commas between; nothing when there is nothing to tell.
  virtual void append(sim::Text& out, WallTime started, WallTime now) = 0;
};

/// The exporters of one process. Spans leave 5 s after the first of a batch, log records 1 s after,
/// either at 512 in any case; metrics every 60 s. One export request is one record of the sink.
/// Memory: at most one batch of each.
///
/// Source: OpenTelemetry specification, "Batching processor" (OTEL_BSP_*, OTEL_BLRP_*) and
///         "Periodic exporting MetricReader"; OTLP/JSON: hex ids, 64-bit integers as text.
/// Limits: exports take no time and never fail; the batch's timer begins with its first item, where
///         an SDK's runs on whether there is one or not.
class OtlpExporter {
 public:
  OtlpExporter(sim::Engine& engine, Sink& sink, HostClock clock, OtlpParty party);
  OtlpExporter(const OtlpExporter&) = delete;
  OtlpExporter& operator=(const OtlpExporter&) = delete;

  /// Where the next span's object is to be appended; end_span() when it stands there.
  [[nodiscard]] sim::Text& begin_span() { return begin(spans_); }
  void end_span() { end(spans_); }
  [[nodiscard]] sim::Text& begin_log_record() { return begin(logs_); }
  void end_log_record() { end(logs_); }

  /// From now on these are collected; the process begins now. `metrics` outlives this.
  void collect(OtlpMetrics& metrics);
  /// Sends what there is: the process ends in order, or the run is over.
  void flush();
  /// The process is gone with all that it had not sent; nothing is collected any more.
  void lose();

  [[nodiscard]] WallTime at(SimTime instant) const { return clock_.at(instant); }
  [[nodiscard]] SimTime now() const { return engine_.now(); }

 private:
  struct Batch {
    OtlpSignal signal;
    std::string_view head;  ///< Up to the resource's attributes.
    std::string_view list;  ///< From the scope's end to the items.
    std::string_view tail;
    Duration delay;
    sim::Text text = {};
    std::uint32_t items = 0;
    sim::EventId timer = {};
  };
  sim::Text& begin(Batch& batch);
  void end(Batch& batch);
  void send(Batch& batch);
  void on_spans_due() { send(spans_); }
  void on_logs_due() { send(logs_); }
  void on_collection();
  void send_metrics();

  sim::Engine& engine_;
  Sink& sink_;
  HostClock clock_;
  OtlpParty party_;
  Batch spans_;
  Batch logs_;
  Batch figures_;
  OtlpMetrics* metrics_ = nullptr;
  SimTime started_{};
  sim::EventId collection_;
};

/// Appends `{"key":K,"value":{"stringValue":V}}`, with a comma before it unless it comes first.
void append_attribute(sim::Text& out, std::string_view key, std::string_view value);
void append_attribute(sim::Text& out, std::string_view key, std::int64_t value);
/// Appends `"key":"1544712660000000000"`.
void append_unix_nano(sim::Text& out, std::string_view key, WallTime instant);

/// An explicit-bucket histogram of seconds, cumulative.
/// Source: semantic conventions for HTTP metrics (advised bounds).
class OtlpDurations {
 public:
  void add(Duration took);
  /// Appends a data point; `attributes` as in OtlpParty::resource.
  void append_point(sim::Text& out, std::string_view attributes, WallTime started,
                    WallTime now) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr std::size_t bounds = 15;
  std::array<std::uint64_t, bounds + 1> buckets_{};
  std::uint64_t count_ = 0;
  Duration sum_{};
  Duration minimum_ = Duration::max();
  Duration maximum_{};
};

}  // namespace hoplab::models::telemetry
