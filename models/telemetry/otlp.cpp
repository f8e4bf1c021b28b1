#include "models/telemetry/otlp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace hoplab::models::telemetry {
namespace {

using namespace std::chrono_literals;

constexpr Duration span_delay = 5s;
constexpr Duration log_delay = 1s;
constexpr Duration collection_interval = 60s;
constexpr std::uint32_t batch_max = 512;

constexpr std::array<Duration, 15> bounds_of_seconds = {
    0ns, 5ms, 10ms, 25ms, 50ms, 75ms, 100ms, 250ms, 500ms, 750ms, 1s, 2500ms, 5s, 7500ms, 10s};
constexpr std::string_view bounds_text =
    "0,0.005,0.01,0.025,0.05,0.075,0.1,0.25,0.5,0.75,1,2.5,5,"
    "7.5,10";

/// Seconds to the nanosecond, without zeros at the end.
void append_seconds(sim::Text& out, Duration time) {
  constexpr std::int64_t billion = 1'000'000'000;
  const std::string text = fmt::format("{}.{:09}", time.count() / billion, time.count() % billion);
  const std::size_t end = text.find_last_not_of('0') + 1;
  out += std::string_view(text).substr(0, text[end - 1] == '.' ? end - 1 : end);
}

void separate(sim::Text& out) {
  if (!out.empty() && out.back() != '[' && out.back() != '{') out += ',';
}

}  // namespace

OtlpExporter::OtlpExporter(sim::Engine& engine, Sink& sink, HostClock clock, OtlpParty party)
    : engine_(engine),
      sink_(sink),
      clock_(clock),
      party_(std::move(party)),
      spans_{.signal = OtlpSignal::traces,
             .head = R"({"resourceSpans":[{"resource":{"attributes":[)",
             .list = R"("scopeSpans":[{"scope":{)",
             .tail = R"("spans":[)",
             .delay = span_delay},
      logs_{.signal = OtlpSignal::logs,
            .head = R"({"resourceLogs":[{"resource":{"attributes":[)",
            .list = R"("scopeLogs":[{"scope":{)",
            .tail = R"("logRecords":[)",
            .delay = log_delay},
      figures_{.signal = OtlpSignal::metrics,
               .head = R"({"resourceMetrics":[{"resource":{"attributes":[)",
               .list = R"("scopeMetrics":[{"scope":{)",
               .tail = R"("metrics":[)",
               .delay = collection_interval} {}

sim::Text& OtlpExporter::begin(Batch& batch) {
  if (batch.items++ > 0) {
    batch.text += ',';
    return batch.text;
  }
  batch.text += batch.head;
  batch.text += party_.resource;
  batch.text += "]},";
  batch.text += batch.list;
  fmt::format_to(std::back_inserter(batch.text), R"("name":"{}","version":"{}"}},)", party_.scope,
                 party_.scope_version);
  batch.text += batch.tail;
  return batch.text;
}

void OtlpExporter::end(Batch& batch) {
  if (batch.items >= batch_max) return send(batch);
  if (batch.items > 1) return;
  batch.timer = engine_.after(batch.delay, batch.signal == OtlpSignal::traces
                                               ? sim::call<&OtlpExporter::on_spans_due>(*this)
                                               : sim::call<&OtlpExporter::on_logs_due>(*this));
}

void OtlpExporter::send(Batch& batch) {
  engine_.cancel(std::exchange(batch.timer, {}));
  if (batch.items == 0) return;
  batch.text += "]}]}]}";
  sink_.otlp(batch.signal, batch.text);
  batch.text.clear();
  batch.items = 0;
}

void OtlpExporter::collect(OtlpMetrics& metrics) {
  metrics_ = &metrics;
  started_ = engine_.now();
  engine_.cancel(collection_);
  collection_ = engine_.after(collection_interval, sim::call<&OtlpExporter::on_collection>(*this));
}

void OtlpExporter::on_collection() {
  collection_ = engine_.after(collection_interval, sim::call<&OtlpExporter::on_collection>(*this));
  send_metrics();
}

void OtlpExporter::send_metrics() {
  sim::Text& text = begin(figures_);
  const std::size_t before = text.size();
  metrics_->append(text, at(started_), at(engine_.now()));
  if (text.size() > before) return send(figures_);
  text.clear();
  figures_.items = 0;
}

void OtlpExporter::flush() {
  send(spans_);
  send(logs_);
  if (metrics_ != nullptr) send_metrics();
}

void OtlpExporter::lose() {
  for (Batch* batch : {&spans_, &logs_}) {
    engine_.cancel(std::exchange(batch->timer, {}));
    batch->text.clear();
    batch->items = 0;
  }
  engine_.cancel(std::exchange(collection_, {}));
  metrics_ = nullptr;
}

// --- Parts of the documents -------------------------------------------------------------------

void append_attribute(sim::Text& out, std::string_view key, std::string_view value) {
  separate(out);
  out += R"({"key":")";
  out += key;
  out += R"(","value":{"stringValue":")";
  append_json_escaped(out, value);
  out += "\"}}";
}

void append_attribute(sim::Text& out, std::string_view key, std::int64_t value) {
  separate(out);
  fmt::format_to(std::back_inserter(out), R"({{"key":"{}","value":{{"intValue":"{}"}}}})", key,
                 value);
}

void append_unix_nano(sim::Text& out, std::string_view key, WallTime instant) {
  separate(out);
  fmt::format_to(std::back_inserter(out), R"("{}":"{}")", key, instant.time_since_epoch().count());
}

void OtlpDurations::add(Duration took) {
  const auto place = std::ranges::lower_bound(bounds_of_seconds, took);
  ++buckets_[static_cast<std::size_t>(place - bounds_of_seconds.begin())];
  ++count_;
  sum_ += took;
  minimum_ = std::min(minimum_, took);
  maximum_ = std::max(maximum_, took);
}

void OtlpDurations::append_point(sim::Text& out, std::string_view attributes, WallTime started,
                                 WallTime now) const {
  separate(out);
  out += R"({"attributes":[)";
  out += attributes;
  out += ']';
  append_unix_nano(out, "startTimeUnixNano", started);
  append_unix_nano(out, "timeUnixNano", now);
  fmt::format_to(std::back_inserter(out), R"(,"count":"{}","sum":)", count_);
  append_seconds(out, sum_);
  out += R"(,"bucketCounts":[)";
  for (const std::uint64_t count : buckets_) {
    separate(out);
    fmt::format_to(std::back_inserter(out), "\"{}\"", count);
  }
  fmt::format_to(std::back_inserter(out), R"(],"explicitBounds":[{}],"min":)", bounds_text);
  append_seconds(out, minimum_);
  out += R"(,"max":)";
  append_seconds(out, maximum_);
  out += '}';
}

}  // namespace hoplab::models::telemetry
