// Envoy's DogStatsD sink: what the counters did since the last flush, as datagrams.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "models/envoy/config.hpp"
#include "models/envoy/stats.hpp"
#include "models/telemetry/log_driver.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::envoy {

/// Every 5 s, of all that was ever used: for each counter its growth (0 too), for each gauge its
/// value.
/// Names have their tags taken out, as Envoy's default tag extraction does; App Mesh adds
/// `appmesh.mesh` and `appmesh.virtual_node`.
///
/// Source: Envoy, source/extensions/stat_sinks/common/statsd/statsd.cc, well_known_names.cc;
///         stats_flush_interval 5 s; App Mesh agent, ENABLE_ENVOY_STATS_TAGS.
/// Limits: no histograms; the counters of stats.hpp only; no datagram is lost.
class StatsdFlush {
 public:
  struct Names {
    std::string mesh;
    std::string virtual_node;
  };
  /// `stats` outlives this. `phase`: when in its 5 s this process flushes.
  StatsdFlush(sim::Engine& engine, telemetry::Sink& sink, telemetry::StatsdId task,
              telemetry::HostClock clock, const Names& names, const Stats& stats, Duration phase);
  StatsdFlush(const StatsdFlush&) = delete;
  StatsdFlush& operator=(const StatsdFlush&) = delete;

  /// The process is gone. One that ends in good order tells the last interval first; one that is
  /// killed never does.
  void stop(bool flushes);
  [[nodiscard]] std::uint64_t datagrams_sent() const { return datagrams_sent_; }

 private:
  void on_timer();
  void flush();
  void send(std::string_view name, std::uint64_t value, bool is_gauge, std::string_view tags);
  /// One cluster, or one connection manager.
  struct GroupName {
    std::string extracted;  ///< "cluster": what stays when the tags are taken out.
    std::string full;       ///< "cluster.cds_egress_demo_b_http_8080".
    std::string tags;
  };
  template <typename Group, std::size_t count>
  void send_rows(const StatRow<Group> (&rows)[count], const Group& group, const GroupName& name);
  void send_codes(const StatusCounts& codes, std::string_view group, const GroupName& name);
  /// Of gauges: it has had another value than 0.
  [[nodiscard]] bool is_used(const std::string& name, std::uint64_t value);
  [[nodiscard]] std::uint64_t growth(const std::string& name, std::uint64_t value);

  sim::Engine& engine_;
  telemetry::Sink& sink_;
  telemetry::StatsdId task_;
  telemetry::HostClock clock_;
  std::string own_tags_;  ///< ",appmesh.mesh:demo,appmesh.virtual_node:a"
  const Stats& stats_;
  sim::EventId timer_;
  bool is_running_ = true;
  std::map<std::string, std::uint64_t> told_;  ///< By full name: the value at the last flush.
  std::string datagram_;
  std::uint64_t datagrams_sent_ = 0;
};

}  // namespace hoplab::models::envoy
