#include "report/drawing/figures.hpp"

#include <fmt/format.h>

namespace hoplab::report::drawing {

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (part == 0) return "-";
  const double share = 100 * xray::share(part, whole);
  return share < 0.1 ? "<0.1 %" : fmt::format("{:.1f} %", share);
}

std::string per_second(double rate) {
  return rate < 10 ? fmt::format("{:.2f}/s", rate) : fmt::format("{:.1f}/s", rate);
}

std::string time_or_dash(const std::optional<sim::Duration>& time) {
  return time ? sim::format_rounded(*time) : "-";
}

std::string quantile_text(const xray::TimeHistogram& times, double q) {
  return times.empty() ? "-" : sim::format_rounded(times.quantile(q));
}

std::string clock_text(sim::Duration since_1970) {
  // "2026-01-05T12:00:00.000Z"
  const std::string whole = sim::format_iso8601(sim::WallTime(since_1970));
  return whole.size() < 24 ? whole : whole.substr(whole.size() - 13, 12);
}

std::string party_of(const xray::Segment& segment) {
  const std::string name(segment.name);
  if (segment.is_subsegment || segment.is_inferred) return name;
  if (segment.is_proxy()) return name.substr(name.find('/') + 1) + ".envoy";
  return name + ".app";
}

std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+=:,").find(c) != std::string_view::npos;
  };
  bool needs_quotes = text.empty();
  for (const char c : text) needs_quotes = needs_quotes || !is_plain(c);
  if (!needs_quotes) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace hoplab::report::drawing
