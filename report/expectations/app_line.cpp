#include "report/expectations/app_line.hpp"

#include <array>
#include <charconv>

#include "report/recording/json_text.hpp"

namespace hoplab::report::expectations {
using recording::json_members;

std::optional<sim::Duration> parse_milliseconds(std::string_view text) {
  constexpr std::int64_t ns_per_ms = 1'000'000;
  std::int64_t whole = 0;
  const char* const end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, whole);
  constexpr std::int64_t whole_max = 9'000'000'000'000;
  if (error != std::errc() || whole < 0 || whole > whole_max) return std::nullopt;
  std::int64_t ns = whole * ns_per_ms;
  if (at == end) return sim::Duration(ns);
  if (*at != '.' || at + 1 == end) return std::nullopt;
  std::int64_t weight = ns_per_ms;
  for (++at; at != end; ++at) {
    if (*at < '0' || *at > '9') return std::nullopt;
    weight /= 10;
    ns += (*at - '0') * weight;
  }
  return sim::Duration(ns);
}

AppLine parse_app_line(const models::telemetry::LogEvent& event) {
  using models::telemetry::LogSource;
  AppLine line;
  line.text = event.message;
  if (event.firelens.is_used()) {
    line.source = event.source == LogSource::standard_output ? "stdout" : "stderr";
  }
  enum Inner { status, took, to, inner_count };
  static constexpr std::array<std::string_view, inner_count> inner_names = {"status", "durationMs",
                                                                            "to"};
  std::array<std::optional<std::string_view>, inner_count> inner;
  json_members(line.text, inner_names, inner);
  if (inner[status]) {
    int value = 0;
    const char* const end = inner[status]->data() + inner[status]->size();
    const auto [at, error] = std::from_chars(inner[status]->data(), end, value);
    if (error == std::errc() && at == end) line.status = value;
  }
  if (inner[took]) line.duration = parse_milliseconds(*inner[took]);
  line.is_about_a_call = inner[to].has_value();
  return line;
}

}  // namespace hoplab::report::expectations
