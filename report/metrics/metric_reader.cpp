#include "report/metrics/metric_reader.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "models/cloudwatch/json_members.hpp"
#include "report/diagnosis/line_file.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/json_instant.hpp"
#include "report/recording/manifest.hpp"

namespace hoplab::report::metrics {
namespace {

using models::cloudwatch::MetricDatum;
using models::cloudwatch::text_of;
using recording::instant_in;
using Json = nlohmann::json;

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

/// A Datapoint of GetMetricStatistics: it tells the statistics that were asked for, and no others
/// but what two of them say of a third.
void take_datapoint(const std::string& name, const Json& point, MetricFile& file) {
  const auto at = instant_in(point.value("Timestamp", Json()));
  MetricDatum datum;
  const auto take = [&](const Json& from, const std::string& member) {
    const auto found = from.find(member);
    if (found == from.end() || !found->is_number()) return false;
    datum.given.push_back({member, found->get<double>()});
    return true;
  };
  const bool has_average = take(point, "Average");
  const bool has_sum = take(point, "Sum");
  const bool has_samples = take(point, "SampleCount");
  const double samples = has_samples ? datum.given.back().value : 0;
  if (has_average && has_samples && !has_sum) {
    datum.given.push_back({"Sum", datum.given.front().value * samples});
  }
  for (const char* member : {"Minimum", "Maximum"}) take(point, member);
  const Json extended = point.value("ExtendedStatistics", Json::object());
  if (extended.is_object()) {
    for (const auto& [statistic, value] : extended.items()) take(extended, statistic);
  }
  if (!at || datum.given.empty()) {
    ++file.unreadable;
    return;
  }
  datum.metric.name = name;
  datum.at = *at;
  datum.unit = text_of(point, "Unit");
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

void take_line(std::string_view line, MetricFile& file) {
  if (auto datum = models::cloudwatch::parse_metric_datum(line)) {
    file.store.add(std::move(*datum));
  } else if (!line.empty()) {
    ++file.unreadable;
  }
}

MetricFile read_lines(const std::filesystem::path& path) {
  MetricFile file;
  diagnosis::LineFile lines(path);
  std::string_view line;
  while (lines.next(line)) take_line(line, file);
  return file;
}

/// Of before the run, where the recording has it; those of before hoplab had histories have none.
void read_histories(const std::filesystem::path& path, MetricFile& file) {
  if (!std::filesystem::exists(path)) return;
  diagnosis::LineFile lines(path);
  std::string_view line;
  while (lines.next(line)) {
    if (auto history = models::cloudwatch::parse_metric_history(line)) {
      file.store.add_history(std::move(*history));
    } else if (!line.empty()) {
      ++file.unreadable;
    }
  }
}

/// What is no answer is lines; it is read once, since it may be a pipe.
MetricFile read_any_file(const std::filesystem::path& path) {
  if (path.extension() == ".jsonl") return read_lines(path);
  const std::string text = recording::read_file(path);
  MetricFile file;
  const Json whole = Json::parse(text, nullptr, false);
  if (whole.is_object() && take_answer(whole, file)) return file;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    take_line(std::string_view(text).substr(begin, end - begin), file);
    begin = end + 1;
  }
  return file;
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
  if (is_folder) read_histories(path / "cloudwatch/history.jsonl", read);
  if (!read.store.extent()) {
    std::string message = path.string() + " holds no metrics";
    if (read.unreadable > 0) {
      message += "; what it holds could not be read: " + std::to_string(read.unreadable);
    }
    throw recording::BadRecording(message);
  }
  return read;
}

}  // namespace hoplab::report::metrics
