#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "scenarios/import/app_mesh_parts.hpp"
#include "scenarios/schema/regular_expression.hpp"
#include "scenarios/schema/scalars.hpp"
#include "scenarios/schema/source_text.hpp"

// Source: botocore appmesh 2019-01-25 for every member; App Mesh API reference for what an event of
// a retry policy stands for.
namespace hoplab::scenarios {
namespace {

// --- Retries and targets ----------------------------------------------------------------------

struct RetryEvent {
  std::string_view name;
  std::vector<int> codes;
};

const std::vector<RetryEvent>& retry_events() {
  static const std::vector<RetryEvent> events = {
      {"server-error", {500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511}},
      {"gateway-error", {502, 503, 504}},
      {"client-error", {409}},
      {"stream-error", {}}};
  return events;
}

void add_event(const std::string& name, RetryPolicy& policy) {
  const auto event = std::ranges::find(retry_events(), name, &RetryEvent::name);
  if (event == retry_events().end()) return;
  for (const int code : event->codes) {
    if (std::ranges::find(policy.status_codes, code) == policy.status_codes.end()) {
      policy.status_codes.push_back(code);
    }
  }
  // A connection that breaks without an answer counts as an error of the server.
  if (name == "server-error" || name == "gateway-error") policy.on_reset = true;
}

/// Each item of a list of words; what is no such word is an error.
std::vector<std::string> words_of(AwsObject& object, const char* key,
                                  const std::vector<std::string>& known,
                                  const sim::Diagnostics& diagnostics) {
  std::vector<std::string> words;
  object.each(key, [&](const Node& item, const std::string& path) {
    if (std::ranges::find(known, item.text) != known.end()) {
      words.push_back(item.text);
    } else {
      object.complain(item, "E0302", fmt::format("{} is {}", path, yaml::quoted(item.text)),
                      hint_for(item.text, known, diagnostics));
    }
  });
  return words;
}

RetryPolicy read_retry(AwsReading& reading, AwsObject& object) {
  RetryPolicy policy;
  policy.status_codes.clear();
  policy.on_connect_failure = false;
  policy.on_reset = false;
  std::vector<std::string> http;
  for (const RetryEvent& event : retry_events()) http.emplace_back(event.name);
  policy.http_events = words_of(object, "httpRetryEvents", http, reading.diagnostics);
  for (const std::string& word : policy.http_events) add_event(word, policy);
  std::ranges::sort(policy.status_codes);
  policy.tcp_events = words_of(object, "tcpRetryEvents", {"connection-error"}, reading.diagnostics);
  policy.on_connect_failure = !policy.tcp_events.empty();
  object.accept({"grpcRetryEvents"});
  const auto retries = object.required_integer("maxRetries", "a retry policy", 0, 1'000'000);
  policy.retries_max = static_cast<std::uint32_t>(retries.value_or(0));
  if (object.child("perRetryTimeout") == nullptr) {
    object.complain_in_aws("perRetryTimeout", "a retry policy");
  } else {
    policy.per_retry_timeout = read_span(reading, object, "perRetryTimeout");
  }
  return policy;
}

void read_target(AwsReading& reading, const Node& node, std::string path, Route& route) {
  AwsObject object(reading, node, std::move(path));
  WeightedTarget target;
  target.mark = node.mark;
  target.service = object.required_text("virtualNode", "a weighted target").value_or("");
  const auto weight = object.required_integer("weight", "a weighted target", 0, 100);
  target.weight = static_cast<std::uint32_t>(weight.value_or(0));
  object.accept({"port"});
  object.finish();
  route.targets.push_back(std::move(target));
}

// --- Conditions -------------------------------------------------------------------------------

/// A pattern that Envoy would take (E0302 otherwise).
std::optional<std::string> read_pattern(AwsObject& object, const char* key) {
  auto pattern = object.text(key);
  if (!pattern) return pattern;
  const std::string trouble = RegularExpression(*pattern).trouble();
  if (trouble.empty()) return pattern;
  object.complain(*object.child(key), "E0302",
                  fmt::format("{} is {}, which is no regular expression: {}", object.path_of(key),
                              yaml::quoted(*pattern), yaml::quoted(trouble)),
                  "write it in RE2's syntax, as Envoy reads it");
  return std::nullopt;
}

void read_header_value(AwsReading& reading, AwsObject& object, HeaderMatch& header) {
  with_child(reading, object, "match", [&](AwsObject& match) {
    using Kind = HeaderMatch::Kind;
    constexpr std::array<std::pair<const char*, Kind>, 3> plain = {
        {{"exact", Kind::exact}, {"prefix", Kind::prefix}, {"suffix", Kind::suffix}}};
    for (const auto& [key, kind] : plain) {
      const auto value = match.text(key);
      if (!value) continue;
      header.kind = kind;
      header.value = *value;
    }
    if (const auto pattern = read_pattern(match, "regex")) {
      header.kind = Kind::regex;
      header.value = *pattern;
    }
    with_child(reading, match, "range", [&](AwsObject& range) {
      constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
      header.kind = Kind::range;
      header.range_start = range.required_integer("start", "a range", 0, most).value_or(0);
      header.range_end = range.required_integer("end", "a range", 0, most).value_or(0);
    });
  });
}

HeaderMatch read_header(AwsReading& reading, const Node& node, std::string path,
                        const char* owner) {
  AwsObject object(reading, node, std::move(path));
  HeaderMatch header;
  header.name = object.required_text("name", owner).value_or("");
  std::ranges::transform(header.name, header.name.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  header.is_inverted = object.boolean("invert").value_or(false);
  read_header_value(reading, object, header);
  object.finish();
  return header;
}

HeaderMatch read_query_parameter(AwsReading& reading, const Node& node, std::string path) {
  AwsObject object(reading, node, std::move(path));
  HeaderMatch parameter;
  parameter.name = object.required_text("name", "a query parameter").value_or("");
  with_child(reading, object, "match", [&](AwsObject& match) {
    const auto value = match.text("exact");
    if (!value) return;
    parameter.kind = HeaderMatch::Kind::exact;
    parameter.value = *value;
  });
  object.finish();
  return parameter;
}

void read_match(AwsReading& reading, AwsObject& match, Route& route) {
  match.accept({"scheme", "port"});
  if (const auto prefix = match.text("prefix")) route.prefix = *prefix;
  with_child(reading, match, "path", [&](AwsObject& path) {
    if (const auto exact = path.text("exact")) route.path_exact = *exact;
    if (const auto pattern = read_pattern(path, "regex")) route.path_regex = *pattern;
  });
  const auto method = match.word(
      "method", {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"});
  if (method) route.method = *method;
  match.each("headers", [&](const Node& item, std::string path) {
    route.headers.push_back(read_header(reading, item, std::move(path), "a header"));
  });
  match.each("queryParameters", [&](const Node& item, std::string path) {
    route.query_parameters.push_back(read_query_parameter(reading, item, std::move(path)));
  });
}

// --- A route ----------------------------------------------------------------------------------

void read_http_route(AwsReading& reading, AwsObject& http, Route& route) {
  with_child(reading, http, "match", [&](AwsObject& match) { read_match(reading, match, route); });
  with_child(reading, http, "action", [&](AwsObject& action) {
    action.each("weightedTargets", [&](const Node& item, std::string path) {
      read_target(reading, item, std::move(path), route);
    });
  });
  with_child(reading, http, "retryPolicy",
             [&](AwsObject& policy) { route.retry = read_retry(reading, policy); });
  with_child(reading, http, "timeout", [&](AwsObject& timeout) {
    route.idle_timeout = read_span(reading, timeout, "idle");
    route.request_timeout = read_span(reading, timeout, "perRequest");
  });
}

void check_targets(AwsReading& reading, const RouteObject& object) {
  const auto& targets = object.route.targets;
  const auto has_weight = [](const WeightedTarget& target) { return target.weight > 0; };
  if (std::ranges::any_of(targets, has_weight)) return;
  reading.diagnostics.error(
      object.mark, "E0302", fmt::format("route {} leads nowhere", yaml::quoted(object.name)),
      "it wants an httpRoute with action.weightedTargets, and a weight above 0");
}

}  // namespace

void read_route(AwsReading& reading, const Node& node, RouteObject result, MeshObjects& mesh) {
  result.mark = node.mark;
  result.route.mark = node.mark;
  result.route.name = result.name;
  const std::string what = "route " + result.name;
  AwsObject object(reading, node, what);
  for (const char* key : {"routeName", "virtualRouterName", "meshName", "meshOwner", "metadata",
                          "status", "tags", "clientToken"}) {
    object.ignore(key);
  }
  if (object.child("spec") == nullptr) object.complain_of_absence("spec", "a route");
  with_child(reading, object, "spec", [&](AwsObject& spec) {
    result.route.priority = spec.integer("priority", 0, 1000);
    spec.accept({"http2Route", "grpcRoute", "tcpRoute"});
    with_child(reading, spec, "httpRoute",
               [&](AwsObject& http) { read_http_route(reading, http, result.route); });
  });
  object.finish();
  check_targets(reading, result);
  mesh.routes.push_back(std::move(result));
}

}  // namespace hoplab::scenarios
