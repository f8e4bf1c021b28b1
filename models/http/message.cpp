#include "models/http/message.hpp"

#include <algorithm>
#include <array>

#include "sim/random.hpp"

namespace hoplab::models::http {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_hex(std::string& out, std::uint64_t bits, int digits) {
  std::array<char, 16> text;
  for (int i = 0; i < digits; ++i) {
    text[static_cast<std::size_t>(i)] = hex_digits[(bits >> (4 * (digits - 1 - i))) & 15U];
  }
  out.append(text.data(), static_cast<std::size_t>(digits));
}

void append_random_part(std::string& out, const Request& request) {
  append_hex(out, sim::mixed(request.id.high ^ sim::mixed(request.id.low)), 16);
  append_hex(out, sim::mixed(request.id.low ^ sim::mixed(request.id.high)), 8);
}

}  // namespace

RequestId make_uuid(std::uint64_t high, std::uint64_t low, unsigned version) {
  constexpr std::uint64_t version_mask = 0xf000U;
  constexpr std::uint64_t variant_mask = std::uint64_t{3} << 62;
  return {(high & ~version_mask) | (std::uint64_t{version} << 12),
          (low & ~variant_mask) | (std::uint64_t{2} << 62)};
}

std::string head_lines(std::vector<std::pair<std::string, std::string>> headers) {
  std::ranges::sort(headers);
  std::string lines;
  for (const auto& [name, value] : headers) lines += name + ": " + value + "\n";
  return lines;
}

std::optional<std::string_view> find_header(std::string_view lines, std::string_view name) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    if (line.substr(0, line.find(": ")) == name) return line.substr(name.size() + 2);
    lines.remove_prefix(line.size() + 1);
  }
  return std::nullopt;
}

void append_uuid(std::string& out, RequestId id) {
  constexpr std::string_view shape = "00000000-0000-0000-0000-000000000000";
  std::array<char, shape.size()> text;
  std::uint64_t bits = id.high;
  for (std::size_t i = 0, digit = 0; i < text.size(); ++i) {
    if (shape[i] == '-') {
      text[i] = '-';
      continue;
    }
    text[i] = hex_digits[bits >> 60];
    bits = ++digit == 16 ? id.low : bits << 4;
  }
  out.append(text.data(), text.size());
}

void append_trace_id(std::string& out, const Request& request) {
  out += "1-";
  append_hex(out, request.trace.epoch, 8);
  out.push_back('-');
  append_random_part(out, request);
}

void append_w3c_trace_id(std::string& out, const Request& request) {
  append_hex(out, request.trace.epoch, 8);
  append_random_part(out, request);
}

// Source: W3C Trace Context, version 00.
void append_traceparent(std::string& out, const Request& request, std::uint64_t parent) {
  out += "00-";
  append_w3c_trace_id(out, request);
  out.push_back('-');
  append_segment_id(out, parent);
  out += request.trace.is_sampled() ? "-01" : "-00";
}

void append_segment_id(std::string& out, std::uint64_t id) { append_hex(out, id, 16); }

}  // namespace hoplab::models::http
