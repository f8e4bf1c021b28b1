// What a JSON object's members hold. Include in .cpp files only.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace hoplab::models::cloudwatch {

/// The text of a member, or "" where there is none or it is no string.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* member);

}  // namespace hoplab::models::cloudwatch
