// What a single value is written as, in JSON Schema.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "scenarios/schema/language.hpp"

namespace hoplab::scenarios {

/// The definitions that keys refer to: "duration", "share", ...
[[nodiscard]] nlohmann::ordered_json type_definitions();
/// A reference to one of them, or a schema of its own for words and ranges. Not for kinds that are
/// described by the keys below them, or by the list of fault actions.
[[nodiscard]] nlohmann::ordered_json schema_of(const Type& type);
/// Whether a kind is described by the keys below it alone.
[[nodiscard]] bool is_structure(Kind kind);

}  // namespace hoplab::scenarios
