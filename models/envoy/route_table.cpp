#include "models/envoy/route_table.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace hoplab::models::envoy {
namespace {

std::string_view without_query(std::string_view path) { return path.substr(0, path.find('?')); }

std::optional<std::string_view> query_parameter(std::string_view path, std::string_view name) {
  const auto mark = path.find('?');
  std::string_view rest = mark == std::string_view::npos ? "" : path.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      return equals == std::string_view::npos ? "" : pair.substr(equals + 1);
    }
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
  }
  return std::nullopt;
}

bool is_in_range(const ValueMatch& match, std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  return is_whole && match.range_start <= number && number < match.range_end;
}

}  // namespace

RouteTable::RouteTable(std::vector<Route> routes, const std::vector<std::uint32_t>& clusters,
                       const http::Names& names)
    : names_(names) {
  entries_.reserve(routes.size());  // Places stay.
  for (Route& route : routes) {
    for (WeightedCluster& choice : route.clusters) {
      if (choice.cluster != WeightedCluster::missing) choice.cluster = clusters[choice.cluster];
    }
    Entry& entry = entries_.emplace_back();
    entry.route = std::move(route);
    const RouteMatch& match = entry.route.match;
    if (match.kind == RouteMatch::Path::regex) entry.path.emplace(match.path);
    entry.headers = compiled(match.headers);
    entry.query_parameters = compiled(match.query_parameters);
    is_costly_ =
        is_costly_ || entry.path || !entry.headers.empty() || !entry.query_parameters.empty();
  }
}

std::vector<RouteTable::Condition> RouteTable::compiled(const std::vector<ValueMatch>& matches) {
  std::vector<Condition> conditions;
  for (const ValueMatch& match : matches) {
    Condition& condition = conditions.emplace_back();
    condition.match = match;
    if (match.kind == ValueMatch::Kind::regex) condition.expression.emplace(match.value);
  }
  return conditions;
}

bool RouteTable::holds(const Condition& condition, const std::optional<std::string_view>& value) {
  const ValueMatch& match = condition.match;
  const auto matches = [&] {
    if (!value) return false;
    switch (match.kind) {
      case ValueMatch::Kind::present:
        return true;
      case ValueMatch::Kind::exact:
        return *value == match.value;
      case ValueMatch::Kind::prefix:
        return value->starts_with(match.value);
      case ValueMatch::Kind::suffix:
        return value->ends_with(match.value);
      case ValueMatch::Kind::regex:
        return condition.expression->matches(*value);
      case ValueMatch::Kind::range:
        return is_in_range(match, *value);
    }
    return false;
  };
  return matches() != match.is_inverted;
}

bool RouteTable::path_fits(const Entry& entry, std::string_view path) const {
  const RouteMatch& match = entry.route.match;
  if (match.kind == RouteMatch::Path::exact) return without_query(path) == match.path;
  if (match.kind == RouteMatch::Path::regex) return entry.path->matches(without_query(path));
  return path.starts_with(match.path);
}

bool RouteTable::headers_fit(const Entry& entry, const http::Request& request) const {
  return std::ranges::all_of(entry.headers, [&](const Condition& condition) {
    const std::string& name = condition.match.name;
    if (name == "user-agent") return holds(condition, names_.text(request.user_agent));
    if (name == "host" || name == ":authority") {
      return holds(condition, names_.text(request.authority));
    }
    if (name == ":method") return holds(condition, names_.text(request.method));
    if (name == ":path") return holds(condition, names_.text(request.path));
    return holds(condition, http::find_header(names_.text(request.headers), name));
  });
}

bool RouteTable::fits(const Entry& entry, const http::Request& request) const {
  const Route& route = entry.route;
  if (route.match.method != http::Name{} && route.match.method != request.method) return false;
  // Every path begins with "/"; the text is looked up only where it matters.
  const bool is_any = route.match.kind == RouteMatch::Path::prefix && route.match.path == "/";
  if (!is_any && !path_fits(entry, names_.text(request.path))) return false;
  return headers_fit(entry, request) &&
         std::ranges::all_of(entry.query_parameters, [&](const Condition& condition) {
           return holds(condition,
                        query_parameter(names_.text(request.path), condition.match.name));
         });
}

const Route* RouteTable::search(const http::Request& request) const {
  for (const Entry& entry : entries_) {
    if (entry.route.matches_any) return &entry.route;
    if (entry.route.authority == request.authority && fits(entry, request)) return &entry.route;
  }
  return nullptr;
}

const Route* RouteTable::find(const http::Request& request) const {
  if (!is_costly_) return search(request);
  const Question question{request.authority.index, request.path.index, request.method.index,
                          request.user_agent.index, request.headers.index};
  const auto [answer, is_new] = answers_.try_emplace(question, nullptr);
  if (is_new) answer->second = search(request);
  return answer->second;
}

}  // namespace hoplab::models::envoy
