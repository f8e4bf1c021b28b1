#include "report/diagnosis/json_lines.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "report/diagnosis/line_file.hpp"
#include "sim/units.hpp"

namespace hoplab::report::diagnosis {
namespace {

using Json = nlohmann::json;

/// Documents of telemetry are shallow; what nests deeper is damage or malice.
constexpr int depth_max = 64;

std::optional<Json> parsed(std::string_view line) {
  bool is_too_deep = false;
  const auto limit = [&](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
    if (depth > depth_max) is_too_deep = true;
    return !is_too_deep;
  };
  Json document = Json::parse(line, limit, false);
  if (document.is_discarded() || is_too_deep || !document.is_object()) return std::nullopt;
  return document;
}

}  // namespace

bool for_each_document(const std::filesystem::path& recording, const std::string& path,
                       Reading& reading, const std::function<void(const Json&, Place)>& take,
                       const std::function<bool(std::string_view)>& is_wanted) {
  if (!std::filesystem::exists(recording / path)) return false;
  LineFile lines(recording / path);
  const std::uint32_t file = reading.file(path);
  std::string_view line;
  while (lines.next(line)) {
    if (is_wanted && !is_wanted(line)) continue;
    const auto document = parsed(line);
    if (!document) {
      ++reading.evidence.unreadable;
      continue;
    }
    try {
      take(*document, {file, lines.number()});
    } catch (const Json::exception&) {
      ++reading.evidence.unreadable;  // A document, but not of the shape that its service gives.
    }
  }
  return true;
}

std::string text_of(const Json& object, const char* member) {
  const auto found = object.find(member);
  return found == object.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

std::int64_t instant_of(const Json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end()) return 0;
  if (found->is_number()) return std::llround(found->get<double>() * 1000.0);
  if (!found->is_string()) return 0;
  const auto instant = sim::parse_iso8601(found->get<std::string>());
  return instant ? sim::epoch_milliseconds(*instant) : 0;
}

std::string last_part(const std::string& arn) {
  const auto slash = arn.rfind('/');
  return slash == std::string::npos ? arn : arn.substr(slash + 1);
}

}  // namespace hoplab::report::diagnosis
