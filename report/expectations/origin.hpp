// Whose log a stream is.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "report/recording/access_line.hpp"
#include "report/recording/access_reader.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::expectations {

/// Service and container behind a log group "/ecs/<service>/<container>".
struct Origin {
  std::size_t service = 0;  ///< Index in Scenario::services.
  std::string container;
  bool is_envoy = false;
};

/// Nothing for a group of no service of the scenario.
[[nodiscard]] std::optional<Origin> origin_of(const scenarios::Scenario& scenario,
                                              std::string_view group);

/// Reads the access log of a service's proxies.
[[nodiscard]] recording::AccessReader access_reader(const scenarios::Scenario& scenario,
                                                    const scenarios::Service& service);

/// The container that is the service's proxy: "envoy", or what its task definition says.
[[nodiscard]] std::string proxy_container(const scenarios::Scenario& scenario,
                                          const scenarios::Service& service);
/// The container that serves requests: the first one with a port that is not the proxy, or "app".
[[nodiscard]] std::string app_container(const scenarios::Scenario& scenario,
                                        const scenarios::Service& service);

/// The names and host names by which a service calls others; of all of them, in their order.
using CalledNames = std::set<std::string, std::less<>>;
[[nodiscard]] std::vector<CalledNames> names_called(const scenarios::Scenario& scenario);

/// Whether a line was addressed to one of `names`.
[[nodiscard]] bool is_addressed_to(const recording::AccessLine& line, const CalledNames& names);

/// Ingress when the upstream is the task itself. A line without an upstream host (no route, no
/// healthy host, client gone) is egress when it was addressed to somebody whom the service calls: a
/// service behind a virtual service is called by that one's name, not by its own.
[[nodiscard]] bool is_egress(const recording::AccessLine& line, const CalledNames& called);

}  // namespace hoplab::report::expectations
