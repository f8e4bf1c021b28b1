#include "report/xray/envoy_matrix.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "report/insights/log_store.hpp"
#include "report/insights/mapped_file.hpp"
#include "report/recording/access_line.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/xray/aws_json.hpp"
#include "report/xray/statistics.hpp"

namespace hoplab::report::xray {
namespace {

/// What one Envoy tells of a distribution: the value below which a share lies, in ms.
struct Known {
  double share;
  double value;
};

struct Distribution {
  std::uint64_t count = 0;
  std::vector<Known> points;  ///< Ordered.

  /// The share of values that are at most `value`.
  [[nodiscard]] double below(double value) const {
    if (value >= points.back().value) return 1;
    const auto above =
        std::upper_bound(points.begin(), points.end(), value,
                         [](double v, const Known& point) { return v < point.value; });
    if (above == points.begin()) return 0;
    const Known& low = *std::prev(above);
    const double part = (value - low.value) / (above->value - low.value);
    return low.share + part * (above->share - low.share);
  }
};

struct Counts {
  std::uint64_t completed = 0;
  std::uint64_t faults = 0;
  std::uint64_t errors = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t connect_failures = 0;
  Distribution times;
};

std::uint64_t whole_number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "P0(nan,3) P25(nan,3.02) ...": of the interval, of all time.
std::vector<Known> quantiles_in(std::string_view text) {
  std::vector<Known> points;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    const std::size_t bracket = item.find('(');
    const std::size_t comma = item.find(',');
    if (!item.starts_with('P') || bracket == std::string_view::npos || comma < bracket) continue;
    double percent = 0;
    double value = 0;
    std::from_chars(item.data() + 1, item.data() + bracket, percent);
    if (comma == std::string_view::npos) continue;
    std::from_chars(item.data() + comma + 1, item.data() + item.size(), value);
    const bool is_sound = std::isfinite(value) && value >= 0 && percent >= 0 && percent <= 100;
    const bool is_in_order = points.empty() || value >= points.back().value;
    if (is_sound && is_in_order) points.push_back({percent / 100, value});
  }
  return points;
}

struct EnvoyStats {
  std::map<std::string, Counts> clusters;
  double uptime_seconds = 0;

  explicit EnvoyStats(std::string_view text) {
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      const std::size_t colon = line.find(": ");
      if (colon != std::string_view::npos) take(line.substr(0, colon), line.substr(colon + 2));
    }
  }

 private:
  void take(std::string_view name, std::string_view value) {
    if (name == "server.uptime") uptime_seconds = static_cast<double>(whole_number(value));
    constexpr std::string_view head = "cluster.";
    if (!name.starts_with(head)) return;
    name.remove_prefix(head.size());
    const std::size_t dot = name.find('.');  // App Mesh's clusters have none in their names.
    if (dot == std::string_view::npos) return;
    const std::string_view statistic = name.substr(dot + 1);
    static constexpr std::array<std::pair<std::string_view, std::uint64_t Counts::*>, 5> counters =
        {{{"upstream_rq_completed", &Counts::completed},
          {"upstream_rq_5xx", &Counts::faults},
          {"upstream_rq_4xx", &Counts::errors},
          {"upstream_rq_timeout", &Counts::timeouts},
          {"upstream_cx_connect_fail", &Counts::connect_failures}}};
    for (const auto& [counter, field] : counters) {
      if (statistic == counter)
        clusters[std::string(name.substr(0, dot))].*field = whole_number(value);
    }
    if (statistic == "upstream_rq_time") {
      clusters[std::string(name.substr(0, dot))].times.points = quantiles_in(value);
    }
  }
};

/// "cds_egress_MESH_NODE_http_8080" -> "MESH_NODE"; nothing for what is no such cluster.
std::optional<std::string> middle_of(const std::string& cluster, std::string_view head) {
  if (!cluster.starts_with(head)) return std::nullopt;
  const std::size_t port = cluster.rfind('_');
  const std::size_t protocol =
      port == 0 || port == std::string::npos ? std::string::npos : cluster.rfind('_', port - 1);
  if (protocol == std::string::npos || protocol <= head.size()) return std::nullopt;
  return cluster.substr(head.size(), protocol - head.size());
}

/// The names of all nodes of all Envoys begin with their mesh.
std::string without_mesh(const std::string& name) {
  const std::size_t end = name.find('_');
  return end == std::string::npos ? name : name.substr(end + 1);
}

/// Where the mixture's distribution passes q; the values are in ms.
std::optional<sim::Duration> mixed_quantile(const std::vector<Distribution>& parts, double q) {
  std::uint64_t count = 0;
  double low = 0;
  double high = 0;
  for (const Distribution& part : parts) {
    count += part.count;
    high = std::max(high, part.points.back().value);
  }
  if (count == 0) return std::nullopt;
  constexpr int steps = 60;
  for (int i = 0; i < steps; ++i) {
    const double middle = (low + high) / 2;
    double below = 0;
    for (const Distribution& part : parts) {
      below += static_cast<double>(part.count) * part.below(middle);
    }
    (below >= q * static_cast<double>(count) ? high : low) = middle;
  }
  return sim::seconds_to_duration(high / 1e3);
}

std::optional<sim::Duration> quantile_of(const TimeHistogram& times, double q) {
  return times.empty() ? std::nullopt : std::optional(times.quantile(q));
}

using CellKey = std::pair<std::string, std::string>;

struct Gathered {
  MatrixCell cell;
  std::vector<Distribution> times;
};

void gather(const EnvoyStats& stats, std::map<CellKey, Gathered>& all) {
  std::string service = "?";
  for (const auto& [cluster, counts] : stats.clusters) {
    if (const auto name = middle_of(cluster, "cds_ingress_")) service = without_mesh(*name);
  }
  for (const auto& [cluster, counts] : stats.clusters) {
    const auto upstream = middle_of(cluster, "cds_egress_");
    if (!upstream || counts.completed + counts.faults + counts.connect_failures == 0) continue;
    Gathered& into = all[{service, without_mesh(*upstream)}];
    into.cell.requests += counts.completed;
    into.cell.faults += counts.faults;
    into.cell.errors += counts.errors;
    into.cell.timeouts += counts.timeouts;
    into.cell.connect_failures += counts.connect_failures;
    ++into.cell.envoys;
    if (stats.uptime_seconds > 0) {
      into.cell.per_second += static_cast<double>(counts.completed) / stats.uptime_seconds;
    }
    if (counts.times.points.empty() || counts.completed == 0) continue;
    into.times.push_back(counts.times);
    into.times.back().count = counts.completed;
  }
}

/// Of lines in access logs.
struct Calls {
  MatrixCell cell;
  TimeHistogram times;
  std::int64_t first_ms = INT64_MAX;
  std::int64_t last_ms = 0;
};

void take_access_line(const insights::LogEvent& event, std::map<CellKey, Calls>& all) {
  const auto line = recording::parse_access_line(event.message);
  if (!line || line->upstream_is_local()) return;
  Calls& calls = all[{std::string(event.group), std::string(line->authority_label())}];
  ++calls.cell.requests;
  if (line->code_number >= 500 || line->code_number == 0) ++calls.cell.faults;
  if (line->code_number >= 400 && line->code_number < 500) ++calls.cell.errors;
  if (line->has_flag("UT")) ++calls.cell.timeouts;
  if (line->has_flag("UF")) ++calls.cell.connect_failures;
  calls.times.add(std::chrono::milliseconds(line->duration_ms));
  calls.first_ms = std::min(calls.first_ms, line->start_ms);
  calls.last_ms = std::max(calls.last_ms, line->start_ms);
}

/// Adds a row of the matrix; `quantile(p)` is of its times.
template <typename Quantile>
MatrixCell& add_cell(EnvoyMatrix& matrix, const CellKey& key, MatrixCell&& counts,
                     const Quantile& quantile) {
  MatrixCell& cell = matrix.cells.emplace_back(std::move(counts));
  cell.service = key.first;
  cell.upstream = key.second;
  cell.p50 = quantile(0.5);
  cell.p95 = quantile(0.95);
  cell.p99 = quantile(0.99);
  return cell;
}

}  // namespace

EnvoyMatrix envoy_matrix(const std::vector<std::filesystem::path>& stats) {
  std::map<CellKey, Gathered> all;
  for (const auto& path : stats) gather(EnvoyStats(insights::MappedFile(path).text()), all);
  EnvoyMatrix matrix;
  for (auto& [key, gathered] : all) {
    add_cell(matrix, key, std::move(gathered.cell),
             [&times = gathered.times](double p) { return mixed_quantile(times, p); });
  }
  return matrix;
}

EnvoyMatrix access_log_matrix(const std::filesystem::path& logs) {
  std::map<CellKey, Calls> all;
  try {
    const insights::LogStore store(logs);
    static_cast<void>(store.for_each_event({}, [&](const insights::LogEvent& event) {
      take_access_line(event, all);
      return true;
    }));
  } catch (const recording::BadRecording&) {
    all.clear();  // There are no logs.
  }
  EnvoyMatrix matrix;
  matrix.is_of_access_logs = true;
  for (auto& [key, calls] : all) {
    MatrixCell& cell = add_cell(matrix, key, std::move(calls.cell),
                                [&times = calls.times](double p) { return quantile_of(times, p); });
    const double span_s = static_cast<double>(calls.last_ms - calls.first_ms) / 1e3;
    if (span_s > 0) cell.per_second = static_cast<double>(cell.requests) / span_s;
  }
  return matrix;
}

std::string matrix_json(const EnvoyMatrix& matrix) {
  using Json = nlohmann::ordered_json;
  Json cells = Json::array();
  for (const MatrixCell& cell : matrix.cells) {
    const auto time = [](const std::optional<sim::Duration>& value) {
      return value ? Json(seconds(*value)) : Json(nullptr);
    };
    cells.push_back({{"service", cell.service},
                     {"upstream", cell.upstream},
                     {"envoys", cell.envoys},
                     {"requests", cell.requests},
                     {"perSecond", cell.per_second},
                     {"faults", cell.faults},
                     {"errors", cell.errors},
                     {"timeouts", cell.timeouts},
                     {"connectFailures", cell.connect_failures},
                     {"p50Seconds", time(cell.p50)},
                     {"p95Seconds", time(cell.p95)},
                     {"p99Seconds", time(cell.p99)}});
  }
  return text_of({{"schema", "hoplab.matrix/1"},
                  {"of", matrix.is_of_access_logs ? "access logs" : "statistics"},
                  {"cells", std::move(cells)}});
}

}  // namespace hoplab::report::xray
