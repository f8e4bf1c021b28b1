// What must hold of the bytes of an input file before any parser sees them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "scenarios/schema/yaml_tree.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::scenarios::yaml {

struct TextRules {
  std::size_t bytes_max = 0;
  bool tabs_allowed = false;             ///< JSON takes them between its tokens, YAML does not.
  bool byte_order_mark_allowed = false;  ///< The UTF-8 one.
};

/// Whether `text` is UTF-8 without control characters and within its size.
/// Errors: the first breach, as E0101 (size), E0102 (bytes) or E0103 (tab).
[[nodiscard]] bool check_source_text(std::string_view text, const std::string& file,
                                     const TextRules& rules, sim::Diagnostics& diagnostics);

/// Where the flow brackets of a YAML text first stand deeper than `depth_max`, if they do. The YAML
/// scanner reads a whole run of brackets before it tells anybody, so they are counted beforehand.
/// Brackets within quotes or words do not count; a line that starts a block key starts anew.
[[nodiscard]] std::optional<std::size_t> find_deep_bracket(std::string_view text, int depth_max);

/// The place of the byte at `offset`.
[[nodiscard]] Place place_of(std::string_view text, std::size_t offset);

/// `text` in double quotes for a message: cut at 60 bytes, nothing in it that upsets a terminal.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace hoplab::scenarios::yaml
