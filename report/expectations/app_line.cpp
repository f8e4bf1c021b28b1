#include "report/expectations/app_line.hpp"

#include <charconv>

#include "report/recording/json_text.hpp"

namespace hoplab::report::expectations {
using recording::json_member;
using recording::json_unquoted;

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

AppLine parse_app_line(std::string_view message) {
  AppLine line;
  const auto log = json_member(message, "log");
  auto text = log ? json_unquoted(*log) : std::nullopt;
  if (text) {
    line.text = *std::move(text);
    const auto source = json_member(message, "source");
    if (source) line.source = json_unquoted(*source).value_or("");
  } else {
    line.text = message;
  }
  if (const auto status = json_member(line.text, "status")) {
    int value = 0;
    const auto [end, error] =
        std::from_chars(status->data(), status->data() + status->size(), value);
    if (error == std::errc() && end == status->data() + status->size()) line.status = value;
  }
  if (const auto took = json_member(line.text, "durationMs")) {
    line.duration = parse_milliseconds(*took);
  }
  line.is_about_a_call = json_member(line.text, "to").has_value();
  return line;
}

}  // namespace hoplab::report::expectations
