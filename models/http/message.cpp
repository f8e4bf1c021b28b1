#include "models/http/message.hpp"

namespace hoplab::models::http {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void append_hex(std::string& out, std::uint64_t bits, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out.push_back(hex_digits[(bits >> shift) & 15U]);
  }
}

}  // namespace

void append_uuid(std::string& out, RequestId id) {
  append_hex(out, id.high >> 32, 8);
  out.push_back('-');
  append_hex(out, (id.high >> 16) & 0xffffU, 4);
  out += "-4";
  append_hex(out, id.high & 0xfffU, 3);
  out.push_back('-');
  append_hex(out, 8U | ((id.low >> 60) & 3U), 1);
  append_hex(out, (id.low >> 48) & 0xfffU, 3);
  out.push_back('-');
  append_hex(out, id.low & 0xffffffffffffU, 12);
}

}  // namespace hoplab::models::http
