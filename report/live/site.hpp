// The web site that --serve-stats opens: every Envoy's admin pages under a prefix of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/live/http.hpp"

namespace hoplab::report::live {

/// Who has the pages.
class EnvoyPages {
 public:
  struct Envoy {
    std::string task;     ///< The ECS task's id.
    std::string service;  ///< "" where it is not known.
  };
  virtual ~EnvoyPages() = default;
  /// Those that run, in the order in which they are listed.
  [[nodiscard]] virtual std::vector<Envoy> envoys() const = 0;
  /// `path` is the Envoy's own: "/stats".
  [[nodiscard]] virtual HttpResponse page(const std::string& task, const HttpRequest& request) = 0;
};

/// What the site answers:
///
///     /                          a page with links
///     /sd                        targets for Prometheus' http_sd_configs
///     /<task>/stats/prometheus   what that task's Envoy would answer; so for every admin path
///
/// In place of a task its service may be named, when just one of its Envoys runs. `port` is the
/// site's own.
[[nodiscard]] HttpResponse answer(EnvoyPages& pages, std::uint16_t port,
                                  const HttpRequest& request);

/// The value of a query's parameter: "" where it is only named, nothing where it is not.
[[nodiscard]] std::optional<std::string> parameter(std::string_view query, std::string_view name);

/// What a query asks of /stats and /stats/prometheus.
struct StatsQuery {
  bool is_used_only = false;
  bool has_filter = false;
  std::function<bool(std::string_view)> shows;  ///< By its name; empty without a filter.
  enum class Form : std::uint8_t { text, json, prometheus } form = Form::text;
  std::optional<HttpResponse> refusal;  ///< What Envoy answers to such a query; the rest is void.
};
/// Limits: an Envoy built without its HTML pages, which an answer for `format=html` says.
/// Source: Envoy, source/server/admin/stats_params.cc.
[[nodiscard]] StatsQuery read_stats_query(std::string_view query);

/// `text` is an Envoy's whole /stats page. The query may ask for less of it or for another form of
/// it: `filter` (a regular expression, searched in the names), `usedonly`, `format=json`.
/// Source: Envoy docs, "Administration interface", GET /stats.
/// Limits: used is what is not 0.
[[nodiscard]] HttpResponse stats_page(std::string text, const StatsQuery& query);

/// `text` is an Envoy's whole /stats/prometheus page; `usedonly` asks for less of it. A filter is
/// about names that this page does not have: it is refused.
/// Limits: used is what is not 0.
[[nodiscard]] HttpResponse recorded_prometheus_page(std::string text, const StatsQuery& query);

}  // namespace hoplab::report::live
