// Every statistic of an Envoy, one after the other, with its names and tags: what all views share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/envoy/config.hpp"
#include "models/envoy/stat_pages.hpp"
#include "models/envoy/stats.hpp"

namespace hoplab::models::envoy {

/// What the names of a group begin with, whole and with their tags taken out, and those tags.
/// A name is cut at the first dot for a tag, as Envoy's expressions cut it: of a cluster "a.b" the
/// tag is "a", and its names begin with "cluster.b.".
struct StatGroup {
  std::string full;             ///< "cluster.cds_egress_demo_b_http_8080."
  std::string extracted;        ///< "cluster."
  std::vector<StatTag> tags{};  ///< In the order in which Envoy takes them out.
};

/// "upstream_rq" is `row`; with a code of 200 its name is "upstream_rq_200", with a class of 2
/// "upstream_rq_2xx": "upstream_rq" and "upstream_rq_xx" without their tags.
struct StatName {
  const StatGroup& group;
  std::string_view row;
  int code = 0;        ///< 0: none.
  int code_class = 0;  ///< 0: none.

  void append_full(std::string& out) const;
  void append_extracted(std::string& out) const;
};

class StatVisitor {
 public:
  virtual ~StatVisitor() = default;
  /// `growth`: since the earlier counts.
  virtual void counter(const StatName& /*name*/, std::uint64_t /*value*/,
                       std::uint64_t /*growth*/) {}
  /// `is_touched`: somebody has set it, if only to 0.
  virtual void gauge(const StatName& /*name*/, std::uint64_t /*value*/, bool /*is_touched*/) {}
  virtual void text(const StatName& /*name*/, std::string_view /*value*/) {}
  virtual void histogram(const StatName& /*name*/, const Histogram& /*histogram*/) {}
};

/// Visits all of them, in an order of its own that stays the same. `before`: an earlier copy of the
/// counts of this process, or an empty one.
void walk(const Stats& stats, const StatCounts& before, const PageFacts& facts,
          StatVisitor& visitor);

// The groups by themselves, for whoever names a single statistic.
[[nodiscard]] StatGroup cluster_group(std::string_view cluster, std::string_view sub_scope = {});
[[nodiscard]] StatGroup http_group(Direction direction);
[[nodiscard]] StatGroup listener_group(const Stats& stats, Direction direction);
[[nodiscard]] StatGroup inbound_group(const MetricsExtension& extension);
[[nodiscard]] StatGroup target_group(const MetricsExtension& extension, const TargetStats& target);

/// The version_info of the n-th configuration that a process has got: opaque text to Envoy.
[[nodiscard]] std::string config_version(std::uint64_t number);

/// All tags of one statistic, in Envoy's order: the fixed ones, its code, its group's.
void append_tags(std::vector<StatTag>& out, const std::vector<StatTag>& fixed,
                 const StatName& name);

}  // namespace hoplab::models::envoy
