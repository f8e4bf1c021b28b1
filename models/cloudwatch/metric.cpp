#include "models/cloudwatch/metric.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "models/cloudwatch/json_members.hpp"

namespace hoplab::models::cloudwatch {
namespace {

using Json = nlohmann::json;

std::optional<double> number_of(const Json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

void read_dimensions(const Json& json, std::vector<Dimension>& dimensions) {
  const auto list = json.find("Dimensions");
  if (list == json.end() || !list->is_array()) return;
  for (const Json& entry : *list) {
    if (!entry.is_object()) continue;
    dimensions.push_back({text_of(entry, "Name"), text_of(entry, "Value")});
  }
  std::ranges::sort(dimensions);
}

/// `Values` and `Counts`, or the one `Value`.
void read_values(const Json& json, MetricDatum& datum) {
  if (const auto value = number_of(json, "Value")) {
    datum.values.push_back({*value, 1});
    return;
  }
  const auto values = json.find("Values");
  if (values == json.end() || !values->is_array()) return;
  const auto counts = json.find("Counts");
  for (std::size_t i = 0; i < values->size(); ++i) {
    const Json& value = (*values)[i];
    if (!value.is_number()) continue;
    const bool has_count = counts != json.end() && counts->is_array() && i < counts->size() &&
                           (*counts)[i].is_number();
    datum.values.push_back({value.get<double>(), has_count ? (*counts)[i].get<double>() : 1.0});
  }
  std::erase_if(datum.values, [](const Sample& sample) { return !(sample.count > 0); });
}

/// False when there is none.
bool read_statistic_set(const Json& json, MetricDatum& datum) {
  const auto set = json.find("StatisticValues");
  if (set == json.end() || !set->is_object()) return false;
  const auto samples = number_of(*set, "SampleCount");
  const auto sum = number_of(*set, "Sum");
  if (!samples || !sum || !(*samples > 0)) return false;
  datum.samples = *samples;
  datum.sum = *sum;
  datum.minimum = number_of(*set, "Minimum").value_or(*sum / *samples);
  datum.maximum = number_of(*set, "Maximum").value_or(*sum / *samples);
  return true;
}

void sum_up(MetricDatum& datum) {
  datum.minimum = datum.values.front().value;
  datum.maximum = datum.minimum;
  for (const Sample& sample : datum.values) {
    datum.samples += sample.count;
    datum.sum += sample.value * sample.count;
    datum.minimum = std::min(datum.minimum, sample.value);
    datum.maximum = std::max(datum.maximum, sample.value);
  }
}

}  // namespace

std::string to_string(const MetricId& metric) {
  std::string text = metric.name_space.empty() ? "" : metric.name_space + " ";
  text += metric.name;
  for (const Dimension& it : metric.dimensions) text += " " + it.name + "=" + it.value;
  return text;
}

std::optional<MetricDatum> parse_metric_datum(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  MetricDatum datum;
  datum.metric.name_space = text_of(json, "Namespace");
  datum.metric.name = text_of(json, "MetricName");
  const auto at = sim::parse_iso8601(text_of(json, "Timestamp"));
  if (datum.metric.name.empty() || !at) return std::nullopt;
  datum.at = *at;
  datum.unit = text_of(json, "Unit");
  read_dimensions(json, datum.metric.dimensions);
  read_values(json, datum);
  if (read_statistic_set(json, datum)) return datum;
  if (datum.values.empty()) return std::nullopt;
  sum_up(datum);
  return datum;
}

}  // namespace hoplab::models::cloudwatch
