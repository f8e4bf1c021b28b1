#include "models/cloudwatch/json_members.hpp"

#include <nlohmann/json.hpp>

namespace hoplab::models::cloudwatch {

std::string text_of(const nlohmann::json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace hoplab::models::cloudwatch
