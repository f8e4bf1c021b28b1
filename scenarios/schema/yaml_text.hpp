// A document as YAML for people: blocks, and a flow where a whole value fits on the line.
#pragma once

#include <string>
#include <string_view>

namespace hoplab::scenarios::yaml {

/// `json` as YAML 1.2 that YAML 1.1 readers take for the same. Text is quoted where it could be
/// taken for anything else.
[[nodiscard]] std::string text_of_json(std::string_view json);

}  // namespace hoplab::scenarios::yaml
