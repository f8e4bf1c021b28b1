#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "report/insights/functions.hpp"
#include "report/insights/json_value.hpp"
#include "report/recording/json_text.hpp"

namespace hoplab::report::insights {
namespace {

using Arguments = std::span<const Value>;

Value is_present(Arguments arguments, Arena& /*arena*/) {
  return boolean_value(!arguments[0].is_missing());
}

Value coalesce(Arguments arguments, Arena& /*arena*/) {
  const auto found = std::find_if(arguments.begin(), arguments.end(),
                                  [](const Value& value) { return !value.is_missing(); });
  return found == arguments.end() ? Value() : *found;
}

Value choose(Arguments arguments, Arena& /*arena*/) {
  return is_true(arguments[0]) ? arguments[1] : arguments[2];
}

/// case(condition, value, ..., otherwise).
Value choose_first(Arguments arguments, Arena& /*arena*/) {
  std::size_t at = 0;
  for (; at + 1 < arguments.size(); at += 2) {
    if (is_true(arguments[at])) return arguments[at + 1];
  }
  return at < arguments.size() ? arguments[at] : Value();
}

Value unmasked(Arguments arguments, Arena& /*arena*/) { return arguments[0]; }

Value json_parse(Arguments arguments, Arena& arena) {
  if (arguments[0].kind == Kind::json) return arguments[0];
  if (arguments[0].kind != Kind::text) return {};
  const std::string_view body = json_body(arguments[0].text, true);
  if (body.empty() || recording::json_value_end(body, 0) != body.size()) return {};
  return json_value(body, arena);
}

Value json_stringify(Arguments arguments, Arena& arena) {
  const Value& value = arguments[0];
  switch (value.kind) {
    case Kind::missing:
      return {};
    case Kind::json:
      return text_value(value.text);
    case Kind::boolean:
      return text_value(value.number != 0 ? "true" : "false");
    case Kind::text:
      if (parse_number(value.text)) return value;
      return text_value(arena.keep(recording::json_string(value.text)));
    case Kind::number:
      return text_value(arena.keep(shown(value)));
    case Kind::instant:
      return text_value(arena.keep(recording::json_string(shown(value))));
  }
  return {};
}

/// The bytes of an address: 4 or 16.
struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;
};

std::optional<Address> address_in(std::string_view text, int family) {
  constexpr std::size_t longest = 63;
  if (text.size() > longest) return std::nullopt;
  const std::string terminated(text);
  Address address;
  address.size = family == AF_INET ? 4 : 16;
  if (::inet_pton(family, terminated.c_str(), address.bytes.data()) != 1) return std::nullopt;
  return address;
}

bool is_address(const Value& value, int family) {
  return value.kind == Kind::text && address_in(value.text, family).has_value();
}

bool are_equal_up_to(const Address& a, const Address& b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (std::memcmp(a.bytes.data(), b.bytes.data(), whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<unsigned>(0xFF00U >> (bits % 8)) & 0xFFU;
  return (a.bytes[whole] & mask) == (b.bytes[whole] & mask);
}

bool is_in_subnet(Arguments arguments, int family) {
  if (arguments[0].kind != Kind::text || arguments[1].kind != Kind::text) return false;
  const std::string_view subnet = arguments[1].text;
  const std::size_t slash = subnet.find('/');
  const auto address = address_in(arguments[0].text, family);
  const auto base = address_in(subnet.substr(0, slash), family);
  if (!address || !base) return false;
  auto bits = static_cast<unsigned>(base->size * 8);
  if (slash != std::string_view::npos) {
    const std::string_view digits = subnet.substr(slash + 1);
    unsigned wanted = 0;
    const auto [at, error] = std::from_chars(digits.data(), digits.data() + digits.size(), wanted);
    const bool is_good = error == std::errc() && at == digits.data() + digits.size();
    if (!is_good || wanted > bits) return false;
    bits = wanted;
  }
  return are_equal_up_to(*address, *base, bits);
}

Value is_valid_ip(Arguments arguments, Arena& /*arena*/) {
  return boolean_value(is_address(arguments[0], AF_INET) || is_address(arguments[0], AF_INET6));
}
Value is_valid_ip_v4(Arguments arguments, Arena& /*arena*/) {
  return boolean_value(is_address(arguments[0], AF_INET));
}
Value is_valid_ip_v6(Arguments arguments, Arena& /*arena*/) {
  return boolean_value(is_address(arguments[0], AF_INET6));
}
Value is_ip_in_subnet(Arguments arguments, Arena& /*arena*/) {
  return boolean_value(is_in_subnet(arguments, AF_INET) || is_in_subnet(arguments, AF_INET6));
}
Value is_ipv4_in_subnet(Arguments arguments, Arena& /*arena*/) {
  return boolean_value(is_in_subnet(arguments, AF_INET));
}
Value is_ipv6_in_subnet(Arguments arguments, Arena& /*arena*/) {
  return boolean_value(is_in_subnet(arguments, AF_INET6));
}

Value from_millis(Arguments arguments, Arena& /*arena*/) {
  const auto number = number_of(arguments[0]);
  constexpr double far = 9e15;
  if (!number || std::fabs(*number) > far) return {};
  return instant_value(static_cast<std::int64_t>(*number));
}

Value to_millis(Arguments arguments, Arena& /*arena*/) {
  const auto number = number_of(arguments[0]);
  return number ? number_value(*number) : Value();
}

constexpr std::array<Function, 15> table = {{
    {"case", 2, 64, choose_first},
    {"coalesce", 1, 64, coalesce},
    {"frommillis", 1, 1, from_millis},
    {"if", 3, 3, choose},
    {"isipinsubnet", 2, 2, is_ip_in_subnet},
    {"isipv4insubnet", 2, 2, is_ipv4_in_subnet},
    {"isipv6insubnet", 2, 2, is_ipv6_in_subnet},
    {"ispresent", 1, 1, is_present},
    {"isvalidip", 1, 1, is_valid_ip},
    {"isvalidipv4", 1, 1, is_valid_ip_v4},
    {"isvalidipv6", 1, 1, is_valid_ip_v6},
    {"jsonparse", 1, 1, json_parse},
    {"jsonstringify", 1, 1, json_stringify},
    {"tomillis", 1, 1, to_millis},
    {"unmask", 1, 1, unmasked},
}};

}  // namespace

std::span<const Function> other_functions() { return table; }

const Function* find_function(std::string_view name) {
  for (const auto& part : {number_functions(), text_functions(), other_functions()}) {
    const auto found = std::find_if(part.begin(), part.end(),
                                    [&](const Function& row) { return row.name == name; });
    if (found != part.end()) return &*found;
  }
  return nullptr;
}

std::vector<std::string> function_names() {
  std::vector<std::string> names = {"avg",        "bin",       "count",    "count_distinct",
                                    "dateceil",   "datefloor", "earliest", "latest",
                                    "max",        "min",       "now",      "pct",
                                    "sortsfirst", "sortslast", "stddev",   "sum"};
  for (const auto& part : {number_functions(), text_functions(), other_functions()}) {
    for (const Function& row : part) names.emplace_back(row.name);
  }
  return names;
}

}  // namespace hoplab::report::insights
