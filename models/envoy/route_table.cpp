#include "models/envoy/route_table.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::models::envoy {

RouteTable::RouteTable(std::vector<Route> routes, const std::vector<std::uint32_t>& clusters,
                       const http::Names& names)
    : routes_(std::move(routes)), names_(names) {
  for (Route& route : routes_) {
    for (WeightedCluster& choice : route.clusters) choice.cluster = clusters[choice.cluster];
  }
}

bool RouteTable::fits(const Route& route, const http::Request& request) const {
  if (route.matches_any) return true;
  if (route.authority != request.authority) return false;
  // Every path begins with "/"; the text is looked up only where it matters.
  return route.prefix == "/" || names_.text(request.path).starts_with(route.prefix);
}

const Route* RouteTable::find(const http::Request& request) const {
  const auto found =
      std::ranges::find_if(routes_, [&](const Route& route) { return fits(route, request); });
  return found == routes_.end() ? nullptr : &*found;
}

}  // namespace hoplab::models::envoy
