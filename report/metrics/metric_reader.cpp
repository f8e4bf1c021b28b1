#include "report/metrics/metric_reader.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "report/diagnosis/line_file.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/manifest.hpp"

namespace hoplab::report::metrics {
namespace {

using models::cloudwatch::MetricDatum;
using Json = nlohmann::json;

std::string text_of(const Json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// "2026-01-05T12:00:00Z", "2026-01-05T12:00:00+00:00" or seconds since 1970.
std::optional<sim::WallTime> instant_in(const Json& json) {
  constexpr double seconds_max = 7e9;
  if (json.is_number()) {
    const double seconds = json.get<double>();
    if (!(seconds >= 0) || seconds > seconds_max) return std::nullopt;
    return sim::WallTime(sim::seconds_to_duration(seconds));
  }
  if (!json.is_string()) return std::nullopt;
  std::string text = json.get<std::string>();
  for (const char* zero : {"+00:00", "+0000"}) {
    if (text.ends_with(zero)) text = text.substr(0, text.rfind('+')) + "Z";
  }
  return sim::parse_iso8601(text);
}

MetricDatum one_sample(const std::string& name, sim::WallTime at, double value) {
  MetricDatum datum;
  datum.metric.name = name;
  datum.at = at;
  datum.samples = 1;
  datum.sum = datum.minimum = datum.maximum = value;
  return datum;
}

/// A MetricDataResult: `Timestamps` and `Values` side by side.
void take_result(const Json& result, MetricFile& file) {
  const auto times = result.find("Timestamps");
  const auto values = result.find("Values");
  const bool is_good = times != result.end() && values != result.end() && times->is_array() &&
                       values->is_array() && times->size() == values->size();
  if (!is_good) {
    ++file.unreadable;
    return;
  }
  const std::string label = text_of(result, "Label");
  const std::string name = label.empty() ? text_of(result, "Id") : label;
  for (std::size_t i = 0; i < times->size(); ++i) {
    const auto at = instant_in((*times)[i]);
    if (!at || !(*values)[i].is_number() || name.empty()) {
      ++file.unreadable;
      continue;
    }
    file.store.add(one_sample(name, *at, (*values)[i].get<double>()));
  }
}

/// A Datapoint of GetMetricStatistics; what it does not have is made from what it has.
void take_datapoint(const std::string& name, const Json& point, MetricFile& file) {
  const auto at = instant_in(point.value("Timestamp", Json()));
  const auto number = [&](const char* member) -> std::optional<double> {
    const auto found = point.find(member);
    if (found == point.end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
  };
  std::optional<double> value = number("Average");
  for (const char* member : {"Sum", "Maximum", "Minimum", "SampleCount"}) {
    if (!value) value = number(member);
  }
  const Json extended = point.value("ExtendedStatistics", Json::object());
  if (!value && extended.is_object() && !extended.empty() && extended.begin()->is_number()) {
    value = extended.begin()->get<double>();
  }
  if (!at || !value) {
    ++file.unreadable;
    return;
  }
  MetricDatum datum = one_sample(name, *at, *value);
  datum.unit = text_of(point, "Unit");
  const auto samples = number("SampleCount");
  const bool has_set = samples && *samples > 0 && (number("Sum") || number("Average"));
  if (has_set) {
    datum.samples = *samples;
    datum.sum = number("Sum").value_or(*value * *samples);
    datum.minimum = number("Minimum").value_or(datum.sum / datum.samples);
    datum.maximum = number("Maximum").value_or(datum.sum / datum.samples);
  }
  file.store.add(std::move(datum));
}

/// False when the document is no answer of CloudWatch.
bool take_answer(const Json& json, MetricFile& file) {
  if (const auto results = json.find("MetricDataResults"); results != json.end()) {
    for (const Json& result : *results) {
      if (result.is_object()) take_result(result, file);
    }
    return true;
  }
  const auto points = json.find("Datapoints");
  if (points == json.end()) return false;
  const std::string name = text_of(json, "Label");
  for (const Json& point : *points) {
    if (point.is_object()) take_datapoint(name.empty() ? "metric" : name, point, file);
  }
  return true;
}

MetricFile read_lines(const std::filesystem::path& path) {
  MetricFile file;
  diagnosis::LineFile lines(path);
  std::string_view line;
  while (lines.next(line)) {
    if (auto datum = models::cloudwatch::parse_metric_datum(line)) {
      file.store.add(std::move(*datum));
    } else if (!line.empty()) {
      ++file.unreadable;
    }
  }
  return file;
}

MetricFile read_any_file(const std::filesystem::path& path) {
  if (path.extension() == ".jsonl") return read_lines(path);
  const Json whole = Json::parse(recording::read_file(path), nullptr, false);
  MetricFile file;
  if (whole.is_object() && take_answer(whole, file)) return file;
  return read_lines(path);
}

}  // namespace

sim::WallTime instant_of(const diagnosis::Instant& asked, sim::WallTime first) {
  const std::chrono::milliseconds value(asked.value_ms);
  return asked.is_since_first ? first + value : sim::WallTime(value);
}

MetricFile read_metrics(const std::filesystem::path& path) {
  const bool is_folder = std::filesystem::is_directory(path);
  const auto file = is_folder ? path / "cloudwatch/metrics.jsonl" : path;
  if (is_folder && !std::filesystem::exists(file)) {
    throw recording::BadRecording(path.string() + " has no cloudwatch/metrics.jsonl");
  }
  MetricFile read = is_folder ? read_lines(file) : read_any_file(file);
  if (!read.store.extent()) throw recording::BadRecording(path.string() + " holds no metrics");
  return read;
}

}  // namespace hoplab::report::metrics
