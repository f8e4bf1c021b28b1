#include "scenarios/schema/scalars.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

/// What the message says of one kind of quantity.
struct Wording {
  const char* code;
  const char* noun;     ///< "a duration"
  const char* example;  ///< The unit that the hint appends to a bare number,
  const char* zero;     ///< and to a bare zero.
  const char* units;
};

constexpr Wording duration_words{"E0204", "a duration", "ms", "s", "ns, us, ms, s, m, h or d"};
constexpr Wording bytes_words{"E0205", "a size", "KiB", "B", "B, kB, KiB, MB, MiB, GB or GiB"};
constexpr Wording bandwidth_words{"E0206", "a bandwidth", "Mbps", "Mbps",
                                  "bps, kbps, Mbps, Gbps, KiB/s, MB/s or MiB/s"};
constexpr Wording rate_words{"E0207", "a rate", "/s", "/s", "/s, /m or /h"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

NumberTrap trouble_of(std::string_view text, const Wording& words) {
  if (is_plain_number(text)) {
    return {fmt::format("'{}' needs a unit", shown(text)),
            fmt::format("write {}{}", shown(text), text == "0" ? words.zero : words.example)};
  }
  if (NumberTrap trap = number_trap(text); !trap.message.empty()) return trap;
  if (text.starts_with('-')) {
    return {fmt::format("'{}' is negative", shown(text)), "write it without the sign"};
  }
  std::string without_spaces(text);
  std::erase(without_spaces, ' ');
  if (without_spaces.size() != text.size() && text.size() <= 20) {
    return {fmt::format("'{}' has a space in it", shown(text)),
            fmt::format("write {}", without_spaces)};
  }
  return {fmt::format("'{}' is not {}", shown(text), words.noun),
          fmt::format("a number and its unit: {}", words.units)};
}

/// A scalar's text; everything else is one error that says what is wanted.
const std::string* scalar(const Node& node, const char* wanted, Diagnostics& diagnostics) {
  if (node.kind == Node::Kind::scalar) return &node.text;
  diagnostics.error(node.mark, "E0203",
                    fmt::format("here stands {}, but {} is wanted", describe(node.kind), wanted),
                    node.kind == Node::Kind::null ? "write a value, or leave the key out" : "");
  return nullptr;
}

template <typename Value>
std::optional<Value> read_quantity(const Node& node,
                                   std::optional<Value> (*parse)(std::string_view),
                                   const Wording& words, Diagnostics& diagnostics) {
  const std::string* text = scalar(node, words.noun, diagnostics);
  if (text == nullptr) return std::nullopt;
  if (auto value = parse(*text)) return value;
  NumberTrap trouble = trouble_of(*text, words);
  diagnostics.error(node.mark, words.code, std::move(trouble.message), std::move(trouble.hint));
  return std::nullopt;
}

void out_of_range(const Node& node, const std::string& range, Diagnostics& diagnostics) {
  diagnostics.error(node.mark, "E0212", fmt::format("'{}' is out of range", shown(node.text)),
                    range);
}

template <typename Value>
std::optional<Value> within(const Node& node, std::optional<Value> value, bool is_inside,
                            const char* range, Diagnostics& diagnostics) {
  if (!value || is_inside) return value;
  out_of_range(node, range, diagnostics);
  return std::nullopt;
}

constexpr sim::Duration duration_max = std::chrono::hours(24 * 366);

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// "1:30" or "1:30:00".
bool is_sexagesimal(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && all_digits(text.substr(0, colon)) &&
         text.substr(colon).find_first_not_of("0123456789:") == std::string_view::npos;
}

/// "1e9", "1.5E+3", "1e999".
bool has_exponent(std::string_view text) {
  const auto e = text.find_first_of("eE");
  if (e == std::string_view::npos || !is_plain_number(text.substr(0, e))) return false;
  text.remove_prefix(e + 1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return all_digits(text);
}

}  // namespace

bool is_plain_number(std::string_view text) {
  const auto point = text.find('.');
  if (point == std::string_view::npos) return all_digits(text);
  return all_digits(text.substr(0, point)) && all_digits(text.substr(point + 1));
}

bool is_ipv4_block(std::string_view text) {
  int parts = 0;
  for (; parts < 5; ++parts) {
    unsigned value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || value > (parts == 4 ? 32U : 255U)) return false;
    if (read.ptr - text.data() > 3) return false;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    const char separator = parts == 3 ? '/' : '.';
    if (parts == 4) break;
    if (!text.starts_with(separator)) return false;
    text.remove_prefix(1);
  }
  return text.empty();
}

NumberTrap number_trap(std::string_view text) {
  const std::string name = shown(text);
  const std::string small = lower(text);
  if (small == "nan" || small == ".nan" || small.ends_with("inf") || small == "infinity") {
    return {fmt::format("'{}' is not a finite number", name), "write the number out"};
  }
  if (is_sexagesimal(text)) {
    return {fmt::format("'{}' is read as minutes and seconds by some, as a number by others", name),
            "write 1m30s for a duration, 90 for a number"};
  }
  if (has_exponent(text)) {
    return {fmt::format("'{}' has an exponent", name), "write the number out in decimal digits"};
  }
  if (text.size() > 1 && text[0] == '0' && all_digits(text)) {
    const auto first = std::min(text.find_first_not_of('0'), text.size() - 1);
    return {fmt::format("'{}' is octal to some YAML readers, decimal to others", name),
            fmt::format("write {}", shown(text.substr(first)))};
  }
  const bool is_based = small.starts_with("0x") || small.starts_with("0o") ||
                        (small.starts_with("0b") && small.size() > 2);
  if (is_based || (text.find('_') != std::string_view::npos && is_digit(text[0]))) {
    return {fmt::format("'{}' is not in plain decimal digits", name), "write it like 1000"};
  }
  if (text.starts_with('+')) {
    return {fmt::format("'{}' has a sign", name), "write it without the +"};
  }
  return {};
}

NumberTrap duration_trouble(std::string_view text) { return trouble_of(text, duration_words); }

std::string shown(std::string_view text) {
  constexpr std::size_t length_max = 60;
  const bool is_long = text.size() > length_max;
  std::size_t end = std::min(text.size(), length_max);
  // Not through the middle of a UTF-8 character.
  while (is_long && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  std::string result(text.substr(0, end));
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return is_long ? result + "..." : result;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates,
                         const Diagnostics& diagnostics) {
  constexpr std::size_t comparisons_max = 1'000'000;
  const auto searches = static_cast<std::size_t>(diagnostics.errors()) + 1;
  if (searches * candidates.size() > comparisons_max || word.size() > 200) return "";
  const std::string nearest = sim::nearest_name(word, candidates);
  return nearest.empty() ? "" : fmt::format("did you mean '{}'?", nearest);
}

std::string one_of(const std::vector<std::string>& words) {
  constexpr std::size_t words_max = 12;
  if (words.size() > words_max) {
    std::string text;
    for (std::size_t i = 0; i < words_max; ++i) text += words[i] + ", ";
    return text + fmt::format("... ({} in all)", words.size());
  }
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

std::string hint_for(std::string_view word, const std::vector<std::string>& candidates,
                     const Diagnostics& diagnostics) {
  std::string nearest = did_you_mean(word, candidates, diagnostics);
  if (!nearest.empty() || candidates.empty()) return nearest;
  return "there is " + one_of(candidates);
}

std::optional<std::string> read_text(const Node& node, Diagnostics& diagnostics) {
  const std::string* text = scalar(node, "text", diagnostics);
  return text == nullptr ? std::nullopt : std::optional(*text);
}

std::optional<bool> read_boolean(const Node& node, Diagnostics& diagnostics) {
  const std::string* text = scalar(node, "true or false", diagnostics);
  if (text == nullptr) return std::nullopt;
  if (!node.is_quoted && (*text == "true" || *text == "false")) return *text == "true";
  const std::string small = lower(*text);
  const bool is_yes = small == "yes" || small == "on" || small == "y" || small == "true";
  const bool is_no = small == "no" || small == "off" || small == "n" || small == "false";
  diagnostics.error(node.mark, "E0211",
                    fmt::format("'{}' is {}, not a boolean", shown(*text),
                                node.is_quoted ? "quoted text" : "a word"),
                    is_yes  ? "write true"
                    : is_no ? "write false"
                            : "write true or false");
  return std::nullopt;
}

std::optional<sim::Duration> read_duration(const Node& node, Diagnostics& diagnostics) {
  const auto value = read_quantity(node, sim::parse_duration, duration_words, diagnostics);
  return within(node, value, !value || *value <= duration_max, "at most 366d", diagnostics);
}

std::optional<sim::Duration> read_positive_duration(const Node& node, Diagnostics& diagnostics) {
  const auto value = read_duration(node, diagnostics);
  return within(node, value, !value || *value > sim::Duration::zero(), "more than 0s", diagnostics);
}

std::optional<sim::Duration> read_signed_duration(const Node& node, Diagnostics& diagnostics) {
  if (node.kind != Node::Kind::scalar || !node.text.starts_with('-')) {
    return read_duration(node, diagnostics);
  }
  Node unsigned_node = node;
  unsigned_node.text.erase(0, 1);
  const auto value = read_duration(unsigned_node, diagnostics);
  return value ? std::optional(-*value) : std::nullopt;
}

std::optional<sim::Bytes> read_bytes(const Node& node, Diagnostics& diagnostics) {
  constexpr sim::Bytes size_max(9'000'000'000);
  const auto value = read_quantity(node, sim::parse_bytes, bytes_words, diagnostics);
  return within(node, value, !value || *value <= size_max, "at most 9GB", diagnostics);
}

std::optional<sim::BytesPerSecond> read_bandwidth(const Node& node, Diagnostics& diagnostics) {
  constexpr std::int64_t bandwidth_max = 12'500'000'000'000;
  const auto value = read_quantity(node, sim::parse_bandwidth, bandwidth_words, diagnostics);
  const bool is_inside = !value || (value->count() >= 1 && value->count() <= bandwidth_max);
  return within(node, value, is_inside, "8bps to 100000Gbps", diagnostics);
}

std::optional<sim::PerSecond> read_rate(const Node& node, Diagnostics& diagnostics) {
  const auto value = read_quantity(node, sim::parse_rate, rate_words, diagnostics);
  const bool is_inside = !value || (value->value() > 0 && value->value() <= 1e7);
  return within(node, value, is_inside, "more than 0/s, at most 10000000/s", diagnostics);
}

std::optional<sim::Ratio> read_ratio(const Node& node, Diagnostics& diagnostics) {
  const std::string* text = scalar(node, "a share", diagnostics);
  if (text == nullptr) return std::nullopt;
  if (const auto value = sim::parse_ratio(*text)) return value;
  NumberTrap trap = number_trap(*text);
  if (trap.message.empty()) {
    trap = {fmt::format("'{}' is not a share", shown(*text)), "write 0% to 100%, or 0 to 1"};
  }
  diagnostics.error(node.mark, "E0208", trap.message, trap.hint);
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(const Node& node, IntegerRange range,
                                         Diagnostics& diagnostics) {
  const std::string* text = scalar(node, "a whole number", diagnostics);
  if (text == nullptr) return std::nullopt;
  const auto refuse = [&](std::string message, std::string hint) {
    diagnostics.error(node.mark, "E0209", std::move(message), std::move(hint));
    return std::nullopt;
  };
  if (node.is_quoted && all_digits(*text)) {
    return refuse(fmt::format("\"{}\" is text, a whole number is wanted", shown(*text)),
                  "write it without quotes");
  }
  if (NumberTrap trap = number_trap(*text); !trap.message.empty()) {
    return refuse(std::move(trap.message), std::move(trap.hint));
  }
  const bool is_negative = text->starts_with('-') && all_digits(std::string_view(*text).substr(1));
  if (!is_negative && !all_digits(*text)) {
    return refuse(fmt::format("'{}' is not a whole number", shown(*text)),
                  fmt::format("write a number like {}", std::max<std::int64_t>(range.minimum, 1)));
  }
  std::int64_t value = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), value);
  if (read.ec == std::errc() && value >= range.minimum && value <= range.maximum) return value;
  out_of_range(node, fmt::format("{} to {}", range.minimum, range.maximum), diagnostics);
  return std::nullopt;
}

std::optional<double> read_number(const Node& node, NumberRange range, Diagnostics& diagnostics) {
  const std::string* text = scalar(node, "a number", diagnostics);
  if (text == nullptr) return std::nullopt;
  NumberTrap trap = number_trap(*text);
  if (trap.message.empty() && !is_plain_number(*text)) {
    trap = {fmt::format("'{}' is not a number", shown(*text)), "write it like 1.5"};
  }
  if (!trap.message.empty()) {
    diagnostics.error(node.mark, "E0210", std::move(trap.message), std::move(trap.hint));
    return std::nullopt;
  }
  double value = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), value);
  if (read.ec == std::errc() && value > range.above && value <= range.maximum) return value;
  out_of_range(node, fmt::format("more than {}, at most {}", range.above, range.maximum),
               diagnostics);
  return std::nullopt;
}

std::optional<sim::CpuUnits> read_cpu(const Node& node, Diagnostics& diagnostics) {
  constexpr IntegerRange units{128, 196'608};
  if (node.kind != Node::Kind::scalar) {
    (void)scalar(node, "a number of CPU units", diagnostics);
    return std::nullopt;
  }
  std::string_view text = node.text;
  const auto suffix = lower(text).find("vcpu");
  if (suffix == std::string::npos || suffix + 4 != text.size()) {
    const auto value = read_integer(node, units, diagnostics);
    return value ? std::optional(sim::CpuUnits(*value)) : std::nullopt;
  }
  text = text.substr(0, suffix);
  if (text.ends_with(' ')) text.remove_suffix(1);
  double vcpus = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), vcpus);
  const double exact = vcpus * 1024;
  if (!is_plain_number(text) || read.ec != std::errc() || exact > 196'608 ||
      exact != static_cast<double>(static_cast<std::int64_t>(exact))) {
    diagnostics.error(node.mark, "E0219",
                      fmt::format("'{}' is not an amount of CPU", shown(node.text)),
                      "write CPU units (1024 is one vCPU) or '0.5 vCPU'");
    return std::nullopt;
  }
  const auto value = static_cast<std::int64_t>(exact);
  return within(node, std::optional(sim::CpuUnits(value)),
                value >= units.minimum && value <= units.maximum, "0.125 vCPU to 192 vCPU",
                diagnostics);
}

std::optional<std::size_t> read_choice(const Node& node, const std::vector<std::string>& words,
                                       Diagnostics& diagnostics) {
  const std::string* text = scalar(node, "a word", diagnostics);
  if (text == nullptr) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  const auto other_case = std::find_if(words.begin(), words.end(), [&](const std::string& word) {
    return lower(word) == lower(*text);
  });
  std::string hint = other_case != words.end() ? fmt::format("write {}", *other_case)
                                               : did_you_mean(*text, words, diagnostics);
  if (hint.empty()) hint = "write " + one_of(words);
  diagnostics.error(node.mark, "E0213", fmt::format("'{}' is not known here", shown(*text)), hint);
  return std::nullopt;
}

}  // namespace hoplab::scenarios
