#include "models/envoy/statsd.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace hoplab::models::envoy {
namespace {

using namespace std::chrono_literals;

constexpr Duration flush_interval = 5s;
constexpr int egress_port = 15001;

}  // namespace

StatsdFlush::StatsdFlush(sim::Engine& engine, telemetry::Sink& sink, telemetry::StatsdId task,
                         telemetry::HostClock clock, const Names& names, const Stats& stats,
                         Duration phase)
    : engine_(engine),
      sink_(sink),
      task_(task),
      clock_(clock),
      own_tags_(
          fmt::format(",appmesh.mesh:{},appmesh.virtual_node:{}", names.mesh, names.virtual_node)),
      stats_(stats) {
  timer_ = engine_.after(phase % flush_interval, sim::call<&StatsdFlush::on_timer>(*this));
}

void StatsdFlush::stop(bool flushes) {
  if (!std::exchange(is_running_, false)) return;
  engine_.cancel(timer_);
  if (flushes) flush();
}

void StatsdFlush::on_timer() {
  if (!stats_.is_paused) flush();
  timer_ = engine_.after(flush_interval, sim::call<&StatsdFlush::on_timer>(*this));
}

template <typename Group, std::size_t count>
void StatsdFlush::send_rows(const StatRow<Group> (&rows)[count], const Group& group,
                            const GroupName& name) {
  for (const StatRow<Group>& row : rows) {
    const std::uint64_t value = group.*row.value;
    const std::string full = fmt::format("{}.{}", name.full, row.name);
    const std::string extracted = fmt::format("{}.{}", name.extracted, row.name);
    if (row.is_gauge) {
      if (is_used(full, value)) send(extracted, value, true, name.tags);
    } else if (value != 0) {
      send(extracted, growth(full, value), false, name.tags);
    }
  }
}

void StatsdFlush::flush() {
  for (const ClusterStats& cluster : stats_.clusters) {
    const GroupName name{"cluster", "cluster." + cluster.name,
                         "envoy.cluster_name:" + cluster.name + own_tags_};
    send_rows(cluster_rows, cluster, name);
    send_codes(cluster.codes, "cluster.upstream_rq", name);
    if (cluster.retried_codes.all().empty()) continue;
    GroupName retried = name;
    retried.full += ".retry";
    send_codes(cluster.retried_codes, "cluster.retry.upstream_rq", retried);
  }
  for (const Direction direction : {Direction::ingress, Direction::egress}) {
    const std::string prefix = direction == Direction::ingress ? "ingress" : "egress";
    const HttpStats& http = stats_.http[static_cast<std::size_t>(direction)];
    const GroupName name{"http", "http." + prefix,
                         "envoy.http_conn_manager_prefix:" + prefix + own_tags_};
    send_rows(http_rows, http, name);
    send_codes(http.codes, "http.downstream_rq", name);
  }
  send_rows(tcp_rows, stats_.tcp, {"tcp", "tcp.egress", "envoy.tcp_prefix:egress" + own_tags_});
  send_rows(listener_rows, stats_.tcp,
            {"listener", "listener.egress",
             fmt::format("envoy.listener_address:0.0.0.0_{}", egress_port) + own_tags_});
}

void StatsdFlush::send_codes(const StatusCounts& codes, std::string_view group,
                             const GroupName& name) {
  std::array<std::uint64_t, 6> classes{};
  for (const auto& [status, count] : codes.all()) {
    const std::uint64_t grown = growth(fmt::format("{}.{}", name.full, status), count);
    classes[static_cast<std::size_t>(status / 100) % classes.size()] += count;
    // The connection manager counts classes only.
    if (group.starts_with("cluster")) {
      send(group, grown, false, fmt::format("envoy.response_code:{},{}", status, name.tags));
    }
  }
  for (std::size_t digit = 1; digit < classes.size(); ++digit) {
    if (classes[digit] == 0) continue;
    const std::uint64_t grown = growth(fmt::format("{}.{}xx", name.full, digit), classes[digit]);
    send(fmt::format("{}_xx", group), grown, false,
         fmt::format("envoy.response_code_class:{},{}", digit, name.tags));
  }
}

bool StatsdFlush::is_used(const std::string& name, std::uint64_t value) {
  if (value != 0) told_[name] = value;
  return told_.contains(name);
}

std::uint64_t StatsdFlush::growth(const std::string& name, std::uint64_t value) {
  std::uint64_t& told = told_[name];
  const std::uint64_t grown = value - told;
  told = value;
  return grown;
}

void StatsdFlush::send(std::string_view name, std::uint64_t value, bool is_gauge,
                       std::string_view tags) {
  datagram_ = fmt::format("envoy.{}:{}|{}|#{}", name, value, is_gauge ? "g" : "c", tags);
  ++datagrams_sent_;
  sink_.statsd(task_, clock_.at(engine_.now()), datagram_);
}

}  // namespace hoplab::models::envoy
