#include "report/xray/aws_json.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "report/recording/file_trouble.hpp"
#include "report/recording/json_instant.hpp"

namespace hoplab::report::xray {
namespace {

using Json = nlohmann::ordered_json;

/// Null when the member is absent, or null itself.
const Json* find_member(const Json& object, const char* member) {
  if (!object.is_object()) {
    throw recording::BadRecording(std::string("there is no object where ") + member +
                                  " is looked for");
  }
  const auto found = object.find(member);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

[[noreturn]] void refuse(const char* member, const char* wanted) {
  throw recording::BadRecording(std::string(member) + " is no " + wanted);
}

}  // namespace

double seconds(sim::Duration time) {
  const auto micros = std::chrono::round<std::chrono::microseconds>(time);
  return static_cast<double>(micros.count()) / 1e6;
}

sim::Duration read_seconds(double seconds) {
  constexpr double most = 9e9;  // In nanoseconds it still is an int64.
  const double kept = std::isnan(seconds) ? 0 : std::clamp(seconds, 0.0, most);
  return std::chrono::microseconds(std::llround(kept * 1e6));
}

std::uint64_t whole_number(const nlohmann::ordered_json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_number()) return 0;
  const double value = found->get<double>();
  return value >= 0 && value <= 1e15 ? static_cast<std::uint64_t>(value) : 0;
}

std::string text_member(const Json& object, const char* member, const char* otherwise) {
  const Json* const found = find_member(object, member);
  if (found == nullptr) return otherwise;
  if (!found->is_string()) refuse(member, "text");
  return found->get<std::string>();
}

bool flag_member(const Json& object, const char* member) {
  const Json* const found = find_member(object, member);
  if (found == nullptr) return false;
  if (!found->is_boolean()) refuse(member, "true or false");
  return found->get<bool>();
}

double number_member(const Json& object, const char* member) {
  const Json* const found = find_member(object, member);
  if (found == nullptr) return 0;
  if (!found->is_number()) refuse(member, "number");
  return found->get<double>();
}

sim::Duration instant_member(const Json& object, const char* member) {
  const Json* const found = find_member(object, member);
  if (found == nullptr) return {};
  const auto instant = recording::instant_in(*found);
  if (!instant) refuse(member, "instant (seconds since 1970, or ISO 8601)");
  return std::chrono::round<std::chrono::microseconds>(instant->time_since_epoch());
}

const Json& object_member(const Json& object, const char* member) {
  static const Json none = Json::object();
  const Json* const found = find_member(object, member);
  if (found == nullptr) return none;
  if (!found->is_object()) refuse(member, "object");
  return *found;
}

const Json& list_member(const Json& object, const char* member) {
  static const Json none = Json::array();
  const Json* const found = find_member(object, member);
  if (found == nullptr) return none;
  if (!found->is_array()) refuse(member, "list");
  return *found;
}

Json read_document(std::string_view text) {
  Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    throw recording::BadRecording("it is cut off, or no JSON");
  }
  return document;
}

std::string text_of(const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace hoplab::report::xray
