// Which route takes a request: a listener's routes as a configuration brought them.
#pragma once

#include <vector>

#include "models/envoy/config.hpp"

namespace hoplab::models::envoy {

/// The first route that fits authority and path takes the request.
///
/// Source: Envoy, source/common/router/config_impl.cc.
class RouteTable {
 public:
  /// `clusters`: for each cluster that the routes name, what the Envoy calls it (ClusterIndex).
  RouteTable(std::vector<Route> routes, const std::vector<std::uint32_t>& clusters,
             const http::Names& names);

  /// Null when none fits. Good for as long as the table.
  [[nodiscard]] const Route* find(const http::Request& request) const;

 private:
  [[nodiscard]] bool fits(const Route& route, const http::Request& request) const;

  std::vector<Route> routes_;
  const http::Names& names_;
};

}  // namespace hoplab::models::envoy
