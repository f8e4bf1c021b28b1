#include "report/recording/access_line.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "sim/byte_block.hpp"

namespace hoplab::report::recording {
namespace {

/// Reads the line from the left; any mismatch makes it fail for good.
class Cursor {
 public:
  explicit Cursor(std::string_view rest) : rest_(rest) {}

  [[nodiscard]] bool ok() const { return ok_; }

  void expect(std::string_view text) {
    if (rest_.substr(0, text.size()) == text) {
      rest_.remove_prefix(text.size());
    } else {
      ok_ = false;
    }
  }

  /// Up to the first `end`, which is taken too.
  std::string_view until(char end) {
    const auto at = sim::find_near(rest_, end);
    if (at == std::string_view::npos) {
      ok_ = false;
      return {};
    }
    const auto text = rest_.substr(0, at);
    rest_.remove_prefix(at + 1);
    return text;
  }

  /// A quoted field in which there is no space; it ends at the last quote before one.
  std::string_view quoted_word() {
    const auto token = rest_.substr(0, sim::find_near(rest_, ' '));
    const auto close = token.rfind('"');
    if (close == std::string_view::npos || close == 0 || token.front() != '"') {
      ok_ = false;
      return {};
    }
    rest_.remove_prefix(close + 1);
    return token.substr(1, close - 1);
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// Of digits only.
int number_of(std::string_view digits) {
  int number = 0;
  for (const char digit : digits) number = number * 10 + (digit - '0');
  return number;
}

template <typename Number>
bool read_number(std::string_view text, Number& value) {
  constexpr std::size_t sure_to_fit = 9;
  if (!text.empty() && text.size() <= sure_to_fit && std::ranges::all_of(text, is_digit)) {
    value = number_of(text);
    return true;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// Digits only: from_chars alone would take a sign.
bool read_digits(std::string_view text, int& value) {
  return !text.empty() && is_digit(text.front()) && read_number(text, value);
}

/// "2026-01-05T12:00:00.123Z", nothing shorter or longer.
bool read_start_time(std::string_view text, std::int64_t& milliseconds) {
  constexpr std::string_view shape = "0000-00-00T00:00:00.000Z";
  if (text.size() != shape.size()) return false;
  bool fits = true;  // Without a way out: there is none in all but a line of a million.
  for (std::size_t i = 0; i < shape.size(); ++i) {
    fits &= shape[i] == '0' ? is_digit(text[i]) : text[i] == shape[i];
  }
  if (!fits) return false;
  const int year = number_of(text.substr(0, 4)), month = number_of(text.substr(5, 2)),
            day = number_of(text.substr(8, 2)), hour = number_of(text.substr(11, 2)),
            minute = number_of(text.substr(14, 2)), second = number_of(text.substr(17, 2)),
            fraction = number_of(text.substr(20, 3));
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return false;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  milliseconds = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + fraction;
  return true;
}

/// METHOD PATH PROTOCOL. A path with spaces is no path that HTTP allows; the published expression
/// then drops the last word before the protocol, and so do we.
bool split_request(std::string_view request, AccessLine& line) {
  const auto first = request.find(' ');
  const auto last = request.rfind(' ');
  if (first == std::string_view::npos || first == 0 || last + 1 == request.size()) return false;
  line.method = request.substr(0, first);
  line.protocol = request.substr(last + 1);
  if (first == last) return true;
  std::string_view path = request.substr(first + 1, last - first - 1);
  path.remove_prefix(std::min(path.find_first_not_of(' '), path.size()));
  if (const auto space = path.rfind(' '); space != std::string_view::npos) {
    path = path.substr(0, space);
    while (!path.empty() && path.back() == ' ') path.remove_suffix(1);
  }
  line.path = path;
  return true;
}

}  // namespace

bool AccessLine::has_flag(std::string_view flag) const {
  std::string_view rest = response_flags;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    if (rest.substr(0, comma) == flag) return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

std::string_view AccessLine::authority_host() const {
  return authority.substr(0, authority.find(':'));
}

std::string_view AccessLine::authority_label() const {
  const std::string_view host = authority_host();
  const bool is_address = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return is_address ? host : host.substr(0, host.find('.'));
}

bool AccessLine::upstream_is_local() const { return upstream_host.substr(0, 10) == "127.0.0.1:"; }

bool read_numbers(AccessLine& line) {
  return read_digits(line.code, line.code_number) && read_number(line.duration, line.duration_ms);
}

namespace {

bool parse(std::string_view text, AccessLine& line) {
  Cursor cursor(text);
  cursor.expect("[");
  line.start_time = cursor.until(']');
  cursor.expect(" \"");
  const std::string_view request = cursor.until('"');
  cursor.expect(" ");
  line.code = cursor.until(' ');
  line.response_flags = cursor.until(' ');
  line.bytes_received = cursor.until(' ');
  line.bytes_sent = cursor.until(' ');
  line.duration = cursor.until(' ');
  line.upstream_service_time = cursor.until(' ');
  line.x_forwarded_for = cursor.quoted_word();
  cursor.expect(" \"");
  line.user_agent = cursor.until('"');
  cursor.expect(" \"");
  line.request_id = cursor.until('"');
  cursor.expect(" ");
  line.authority = cursor.quoted_word();
  cursor.expect(" ");
  line.upstream_host = cursor.quoted_word();
  return cursor.ok() && split_request(request, line) &&
         read_start_time(line.start_time, line.start_ms) && read_numbers(line);
}

}  // namespace

std::optional<AccessLine> parse_access_line(std::string_view text) {
  std::optional<AccessLine> line(std::in_place);  // Read where it is returned: it is large.
  if (!parse(text, *line)) line.reset();
  return line;
}

}  // namespace hoplab::report::recording
