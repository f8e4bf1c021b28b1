#include "report/metrics/unknown_metric.hpp"

#include <vector>

#include <fmt/format.h>

#include "sim/diagnostic.hpp"

namespace hoplab::report::metrics {

using models::cloudwatch::MetricId;
using models::cloudwatch::MetricStore;

std::string hint_of_unknown(const MetricId& metric, const MetricStore& store) {
  std::vector<std::string> names;
  for (const MetricId& other : store.metrics()) {
    if (other.name_space != metric.name_space) continue;
    if (other.name == metric.name) {
      return "all of its dimensions name a metric; there is " + to_string(other);
    }
    names.push_back(other.name);
  }
  const std::string near = sim::nearest_name(metric.name, names);
  if (!near.empty()) return fmt::format("did you mean '{}'?", near);
  return "`hoplab metrics SOURCE list` shows what there is";
}

}  // namespace hoplab::report::metrics
