#include "models/envoy/stat_pages.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <utility>

#include "models/envoy/config.hpp"

namespace hoplab::models::envoy {
namespace {

/// One statistic under all its names.
struct Stat {
  std::string full;    ///< "cluster.x.upstream_rq_200"
  std::string metric;  ///< "envoy_cluster_upstream_rq"
  std::string labels;  ///< ",envoy_response_code=\"200\",envoy_cluster_name=\"x\""
  std::uint64_t value = 0;
  bool is_gauge = false;
};

std::string sanitised(std::string_view name) {
  std::string out = "envoy_";
  for (const char c : name) {
    const bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += is_good ? c : '_';
  }
  return out;
}

/// The names of one group of statistics: as a whole, and with the tags taken out.
struct Names {
  std::string full;       ///< "cluster.x"
  std::string extracted;  ///< "cluster"
  std::string labels;
};

template <typename Group, std::size_t count, typename Visit>
void visit_rows(const StatRow<Group> (&rows)[count], const Group& group, const Names& names,
                const Visit& visit) {
  for (const StatRow<Group>& row : rows) {
    visit(Stat{fmt::format("{}.{}", names.full, row.name),
               sanitised(fmt::format("{}.{}", names.extracted, row.name)), names.labels,
               group.*row.value, row.is_gauge});
  }
}

/// `rq`: "upstream_rq" or "downstream_rq". The connection manager counts classes only.
template <typename Visit>
void visit_codes(const StatusCounts& codes, std::string_view rq, const Names& names, bool has_codes,
                 const Visit& visit) {
  std::array<std::uint64_t, 6> classes{};
  for (const auto& [status, count] : codes.all()) {
    classes[static_cast<std::size_t>(status / 100) % classes.size()] += count;
    if (!has_codes) continue;
    visit(Stat{fmt::format("{}.{}_{}", names.full, rq, status),
               sanitised(fmt::format("{}.{}", names.extracted, rq)),
               fmt::format(",envoy_response_code=\"{}\"{}", status, names.labels), count, false});
  }
  for (std::size_t digit = 1; digit < classes.size(); ++digit) {
    if (classes[digit] == 0) continue;
    visit(Stat{fmt::format("{}.{}_{}xx", names.full, rq, digit),
               sanitised(fmt::format("{}.{}_xx", names.extracted, rq)),
               fmt::format(",envoy_response_code_class=\"{}\"{}", digit, names.labels),
               classes[digit], false});
  }
}

template <typename Visit>
void visit_all(const Stats& stats, const Visit& visit) {
  visit_rows(cds_rows, stats.control_plane, {"cluster_manager.cds", "cluster_manager.cds", ""},
             visit);
  visit(Stat{"control_plane.connected_state", "envoy_control_plane_connected_state", "",
             stats.control_plane.connected_state, true});
  for (const ClusterStats& cluster : stats.clusters) {
    Names names{"cluster." + cluster.name, "cluster",
                fmt::format(",envoy_cluster_name=\"{}\"", cluster.name)};
    visit_rows(cluster_rows, cluster, names, visit);
    visit_codes(cluster.codes, "upstream_rq", names, true, visit);
    names.full += ".retry";
    names.extracted += ".retry";
    visit_codes(cluster.retried_codes, "upstream_rq", names, true, visit);
  }
  for (const Direction direction : {Direction::ingress, Direction::egress}) {
    const std::string prefix = direction == Direction::ingress ? "ingress" : "egress";
    const HttpStats& http = stats.http[static_cast<std::size_t>(direction)];
    const Names names{"http." + prefix, "http",
                      fmt::format(",envoy_http_conn_manager_prefix=\"{}\"", prefix)};
    visit_rows(http_rows, http, names, visit);
    visit_codes(http.codes, "downstream_rq", names, false, visit);
  }
  visit_rows(tcp_rows, stats.tcp, {"tcp.egress", "tcp", ",envoy_tcp_prefix=\"egress\""}, visit);
  visit_rows(listener_rows, stats.tcp,
             {"listener.0.0.0.0_15001", "listener", ",envoy_listener_address=\"0.0.0.0_15001\""},
             visit);
}

}  // namespace

std::string stats_text(const Stats& stats, const PageFacts& /*facts*/) {
  std::map<std::string, std::uint64_t> sorted;
  visit_all(stats, [&](Stat stat) { sorted.emplace(std::move(stat.full), stat.value); });
  std::string out;
  for (const auto& [name, value] : sorted) out += fmt::format("{}: {}\n", name, value);
  return out;
}

std::string stats_prometheus(const Stats& stats, const PageFacts& facts,
                             PrometheusOptions options) {
  std::map<std::pair<bool, std::string>, std::string> lines;  // Counters first, then by name.
  visit_all(stats, [&](const Stat& stat) {
    if (options.used_only && stat.value == 0) return;
    lines[{stat.is_gauge, stat.metric}] +=
        fmt::format("{}{{appmesh_mesh=\"{}\",appmesh_virtual_node=\"{}\"{}}} {}\n", stat.metric,
                    facts.tags.mesh, facts.tags.virtual_node, stat.labels, stat.value);
  });
  std::string out;
  for (const auto& [key, text] : lines) {
    out += fmt::format("# TYPE {} {}\n{}\n", key.second, key.first ? "gauge" : "counter", text);
  }
  return out;
}

}  // namespace hoplab::models::envoy
