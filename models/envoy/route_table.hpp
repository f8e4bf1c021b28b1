// Which route takes a request: a listener's routes as a configuration brought them.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "models/envoy/config.hpp"
#include "scenarios/schema/regular_expression.hpp"

namespace hoplab::models::envoy {

/// The first route all of whose conditions hold takes the request. Expressions are compiled once.
/// What a request says that routes may ask for is a handful of interned texts, so that where routes
/// ask for more than host, method and a plain path the answer is remembered.
///
/// Source: Envoy, source/common/router/config_impl.cc, http/header_utility.cc.
/// Limits: headers are those of Request, one value each; App Mesh's scheme and port are not asked.
class RouteTable {
 public:
  /// `clusters`: for each cluster that the routes name, what the Envoy calls it (ClusterIndex).
  RouteTable(std::vector<Route> routes, const std::vector<std::uint32_t>& clusters,
             const http::Names& names);

  /// Null when none fits. Good for as long as the table.
  [[nodiscard]] const Route* find(const http::Request& request) const;
  /// The routes in their order, for whoever describes them.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const Route& at(std::size_t index) const { return entries_[index].route; }

 private:
  struct Condition {
    ValueMatch match;
    std::optional<scenarios::RegularExpression> expression;
  };
  struct Entry {
    Route route;
    std::optional<scenarios::RegularExpression> path;
    std::vector<Condition> headers;
    std::vector<Condition> query_parameters;
  };
  /// All that routes look at.
  using Question = std::array<std::uint32_t, 5>;

  [[nodiscard]] static std::vector<Condition> compiled(const std::vector<ValueMatch>& matches);
  [[nodiscard]] static bool holds(const Condition& condition,
                                  const std::optional<std::string_view>& value);
  [[nodiscard]] const Route* search(const http::Request& request) const;
  /// Of an entry for the request's authority.
  [[nodiscard]] bool fits(const Entry& entry, const http::Request& request) const;
  [[nodiscard]] bool path_fits(const Entry& entry, std::string_view path) const;
  [[nodiscard]] bool headers_fit(const Entry& entry, const http::Request& request) const;

  std::vector<Entry> entries_;
  bool is_costly_ = false;
  mutable std::map<Question, const Route*> answers_;
  const http::Names& names_;
};

}  // namespace hoplab::models::envoy
