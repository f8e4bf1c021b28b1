#include "report/recording/access_reader.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/recording/json_text.hpp"

namespace hoplab::report::recording {
namespace {

using scenarios::AddressPart;
using scenarios::LogPiece;
using scenarios::LogValue;
using Field = std::string_view AccessLine::*;

/// Operators of later versions do not hurt who reads: the newest one knows them all.
constexpr std::string_view newest_profile = "v1.29";
constexpr std::string_view default_time = "%Y-%m-%dT%H:%M:%E3SZ";

struct Known {
  Field field;
  LogValue value;
  std::string_view header;
  std::string_view spelling;  ///< Of those that a reader needs; else empty.
};

constexpr Known known_fields[] = {
    {&AccessLine::start_time, LogValue::start_time, "", "%START_TIME%"},
    {&AccessLine::duration, LogValue::duration, "", "%DURATION%"},
    {&AccessLine::code, LogValue::response_code, "", "%RESPONSE_CODE%"},
    {&AccessLine::response_flags, LogValue::response_flags, "", "%RESPONSE_FLAGS%"},
    {&AccessLine::authority, LogValue::request_header, ":authority", "%REQ(:AUTHORITY)%"},
    {&AccessLine::request_id, LogValue::request_header, "x-request-id", "%REQ(X-REQUEST-ID)%"},
    {&AccessLine::upstream_host, LogValue::upstream_host, "", "%UPSTREAM_HOST%"},
    {&AccessLine::details, LogValue::response_code_details, "", ""},
    {&AccessLine::method, LogValue::request_header, ":method", ""},
    {&AccessLine::path, LogValue::request_header, ":path", ""},
    {&AccessLine::user_agent, LogValue::request_header, "user-agent", ""},
    {&AccessLine::x_forwarded_for, LogValue::request_header, "x-forwarded-for", ""},
    {&AccessLine::protocol, LogValue::protocol, "", ""},
    {&AccessLine::bytes_received, LogValue::bytes_received, "", ""},
    {&AccessLine::bytes_sent, LogValue::bytes_sent, "", ""},
    {&AccessLine::upstream_service_time, LogValue::response_header, "x-envoy-upstream-service-time",
     ""},
};

/// The field that an operator prints; null for others, and for one that is cut.
Field field_of(const LogPiece& piece) {
  if (piece.part != AddressPart::whole || piece.length_max) return nullptr;
  for (const Known& known : known_fields) {
    if (known.value != piece.value) continue;
    const bool is_asked = known.header.empty() || piece.text == known.header ||
                          piece.alternative == known.header ||
                          (piece.text == "host" && known.header == ":authority");
    if (is_asked) return known.field;
  }
  return nullptr;
}

}  // namespace

AccessReader::AccessReader(const scenarios::AccessLogFile& file, Flags flags) : flags_(flags) {
  if (!file.text && file.json.empty()) {
    is_default_ = true;
    return;
  }
  if (file.text) {
    std::string_view format = file.text->text;
    if (!format.ends_with('\n')) {
      trouble_ = "does not end its lines";
      return;
    }
    format.remove_suffix(1);
    text_ = steps_of(format);
    if (format.find('\n') != std::string_view::npos) trouble_ = "breaks its lines";
  }
  for (const auto& [key, value] : file.json) members_.push_back({key, steps_of(value.text), ""});
  has_flags_ = std::find(found_.begin(), found_.end(), &AccessLine::response_flags) != found_.end();
  if (trouble_.empty()) look_for_what_lacks();
}

AccessReader::Steps AccessReader::steps_of(std::string_view format) {
  const auto read = scenarios::take_apart(format, newest_profile);
  if (!read.troubles.empty() && trouble_.empty()) trouble_ = "is none that Envoy takes";
  Steps steps;
  for (const LogPiece& piece : read.pieces) {
    const bool is_literal = piece.value == LogValue::literal;
    if (!is_literal && !steps.empty() && !steps.back().is_literal && trouble_.empty()) {
      trouble_ = fmt::format("has nothing between %{}% and what stands before it", piece.name);
    }
    if (is_literal) {
      steps.push_back({nullptr, true, piece.text});
      continue;
    }
    Field field = field_of(piece);
    if (piece.value == LogValue::start_time) {
      if (time_) field = nullptr;  // The first one tells the instant.
      if (!time_) note_time(piece);
    }
    if (field != nullptr) found_.push_back(field);
    steps.push_back({field, false, ""});
  }
  return steps;
}

void AccessReader::note_time(const LogPiece& piece) {
  std::string trouble;
  time_ = scenarios::LogTime::parse(piece.text.empty() ? default_time : piece.text, trouble);
  // A year and a day that can be read back, or none.
  sim::Text text;
  if (time_) time_->append(text, sim::WallTime(std::chrono::seconds(1'700'000'000)));
  if (!time_ || !time_->read(text)) trouble_ = "has a %START_TIME% that does not tell the instant";
}

void AccessReader::look_for_what_lacks() {
  for (const Known& known : known_fields) {
    if (known.spelling.empty()) continue;
    const bool is_flags = known.field == &AccessLine::response_flags;
    if (is_flags && flags_ == Flags::dispensable) continue;
    if (std::find(found_.begin(), found_.end(), known.field) != found_.end()) continue;
    trouble_ += trouble_.empty() ? "has no " : ", ";
    trouble_ += known.spelling;
  }
}

std::optional<AccessLine> AccessReader::read(std::string_view text) {
  if (is_default_) return text.starts_with('[') ? parse_access_line(text) : std::nullopt;
  if (!can_read()) return std::nullopt;
  AccessLine line;
  for (const Known& known : known_fields) line.*known.field = scenarios::absent_value;
  line.details = {};
  if (!has_flags_) line.response_flags = {};
  const bool is_whole = members_.empty() ? match(text_, text, line) : match_members(text, line);
  if (!is_whole || !read_numbers(line)) return std::nullopt;
  const auto start = time_->read(line.start_time);
  if (!start) return std::nullopt;
  line.start_ms = *start;
  return line;
}

bool AccessReader::match(const Steps& steps, std::string_view text, AccessLine& line) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    if (step.is_literal) {
      if (!text.starts_with(step.text)) return false;
      text.remove_prefix(step.text.size());
      continue;
    }
    const bool is_last = i + 1 == steps.size();
    const std::size_t end = is_last ? text.size() : text.find(steps[i + 1].text);
    if (end == std::string_view::npos) return false;
    if (step.field != nullptr) line.*step.field = text.substr(0, end);
    text.remove_prefix(end);
  }
  return text.empty();
}

bool AccessReader::match_members(std::string_view text, AccessLine& line) {
  if (!text.starts_with('{')) return false;
  for (Member& member : members_) {
    const auto spelt = json_member(text, member.key);
    if (!spelt) return false;
    if (spelt->starts_with('"')) {
      auto decoded = json_unquoted(*spelt);
      if (!decoded) return false;
      member.decoded = *std::move(decoded);
    } else {
      member.decoded = *spelt == "null" ? scenarios::absent_value : *spelt;
    }
    if (!match(member.steps, member.decoded, line)) return false;
  }
  return true;
}

}  // namespace hoplab::report::recording
