// Where brackets and quotes of a YAML text end. yaml-cpp tells of an unclosed one at a place that
// helps nobody, or not at all; this finds the one to point at.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace hoplab::scenarios::yaml {

/// Follows the brackets from the first one at or behind `offset` to the one that closes it. Gives
/// the innermost that is never closed, or is closed by one of the other kind; nothing if all is in
/// order. Quoted text and comments are passed over.
[[nodiscard]] std::optional<std::size_t> unclosed_bracket(std::string_view text,
                                                          std::size_t offset);

/// True if the value at `offset` begins with a quote, anchors and tags before it passed over, and
/// that quote is never closed.
[[nodiscard]] bool has_unclosed_quote(std::string_view text, std::size_t offset);

}  // namespace hoplab::scenarios::yaml
