#include "report/expectations/app_line.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "report/recording/json_text.hpp"

namespace hoplab::report::expectations {
using recording::append_json_unquoted;
using recording::json_members;
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

namespace {

/// The record as FireLens has it: its source and its line come first, and the rest need not be
/// looked at. False when it is none, and then `line` is as it was.
bool read_firelens(std::string_view message, AppLine& line) {
  constexpr std::string_view before_source = R"({"source":")";
  constexpr std::string_view before_log = R"(","log":)";
  constexpr std::size_t source_size = 6;  // Of "stdout" and "stderr".
  if (!message.starts_with(before_source)) return false;
  message.remove_prefix(before_source.size());
  const std::string_view source = message.substr(0, source_size);
  if (source != "stdout" && source != "stderr") return false;
  message.remove_prefix(source_size);
  if (!message.starts_with(before_log)) return false;
  message.remove_prefix(before_log.size());
  std::string text;
  text.reserve(message.size());
  if (append_json_unquoted(text, message) == 0) return false;
  line.text = std::move(text);
  line.source = source;
  return true;
}

void read_record(std::string_view message, AppLine& line) {
  enum Outer { log, source, outer_count };
  static constexpr std::array<std::string_view, outer_count> outer_names = {"log", "source"};
  std::array<std::optional<std::string_view>, outer_count> outer;
  json_members(message, outer_names, outer);
  auto text = outer[log] ? json_unquoted(*outer[log]) : std::nullopt;
  if (text) {
    line.text = *std::move(text);
    if (outer[source]) line.source = json_unquoted(*outer[source]).value_or("");
  } else {
    line.text = message;
  }
}

}  // namespace

AppLine parse_app_line(std::string_view message) {
  AppLine line;
  if (!read_firelens(message, line)) read_record(message, line);
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
