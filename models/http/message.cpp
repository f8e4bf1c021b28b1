#include "models/http/message.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "sim/random.hpp"

namespace hoplab::models::http {
namespace {

/// Both digits of each byte.
constexpr auto hex_pairs = [] {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
    pairs[byte] = {digits[byte >> 4U], digits[byte & 15U]};
  }
  return pairs;
}();

/// The lowest `count` bytes of `bits`, the highest of them first, as two digits each.
char* put_hex(char* out, std::uint64_t bits, unsigned count) {
  for (unsigned byte = count; byte-- > 0; out += 2) {
    std::memcpy(out, hex_pairs[(bits >> (8 * byte)) & 0xFFU].data(), 2);
  }
  return out;
}

void append_hex(sim::Text& out, std::uint64_t bits, unsigned digits) {
  std::array<char, 16> text;
  put_hex(text.data(), bits, digits / 2);
  out += std::string_view(text.data(), digits);
}

void append_random_part(sim::Text& out, const Request& request) {
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

void append_uuid(sim::Text& out, RequestId id) {
  std::array<char, 36> text;
  char* at = put_hex(text.data(), id.high >> 32, 4);
  *at++ = '-';
  at = put_hex(at, id.high >> 16, 2);
  *at++ = '-';
  at = put_hex(at, id.high, 2);
  *at++ = '-';
  at = put_hex(at, id.low >> 48, 2);
  *at++ = '-';
  put_hex(at, id.low, 6);
  out += std::string_view(text.data(), text.size());
}

void append_trace_id(sim::Text& out, const Request& request) {
  out += "1-";
  append_hex(out, request.trace.epoch, 8);
  out.push_back('-');
  append_random_part(out, request);
}

void append_w3c_trace_id(sim::Text& out, const Request& request) {
  append_hex(out, request.trace.epoch, 8);
  append_random_part(out, request);
}

// Source: W3C Trace Context, version 00.
void append_traceparent(sim::Text& out, const Request& request, std::uint64_t parent) {
  out += "00-";
  append_w3c_trace_id(out, request);
  out.push_back('-');
  append_segment_id(out, parent);
  out += request.trace.is_sampled() ? "-01" : "-00";
}

void append_segment_id(sim::Text& out, std::uint64_t id) { append_hex(out, id, 16); }

}  // namespace hoplab::models::http
