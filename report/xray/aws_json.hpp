// What the documents of the API have in common. Include in .cpp files only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "sim/units.hpp"

namespace hoplab::report::xray {

/// An instant or a time span as the API writes them: seconds, with microseconds behind the point.
[[nodiscard]] double seconds(sim::Duration time);
/// What is out of range (a damaged file) becomes the nearest that can be told.
[[nodiscard]] sim::Duration read_seconds(double seconds);
/// A count or another whole number from 0 to 10^15; 0 where there is none.
[[nodiscard]] std::uint64_t whole_number(const nlohmann::ordered_json& object, const char* member);
/// Members of a document that was read. What is absent or null is empty, or `otherwise`. Throws
/// BadRecording, which names the member, where `object` is none or the member is of another kind.
[[nodiscard]] std::string text_member(const nlohmann::ordered_json& object, const char* member,
                                      const char* otherwise = "");
[[nodiscard]] bool flag_member(const nlohmann::ordered_json& object, const char* member);
[[nodiscard]] double number_member(const nlohmann::ordered_json& object, const char* member);
/// Since 1970; 0 where there is none. Seconds, or the ISO 8601 that AWS CLI 2 prints.
[[nodiscard]] sim::Duration instant_member(const nlohmann::ordered_json& object,
                                           const char* member);
[[nodiscard]] const nlohmann::ordered_json& object_member(const nlohmann::ordered_json& object,
                                                          const char* member);
[[nodiscard]] const nlohmann::ordered_json& list_member(const nlohmann::ordered_json& object,
                                                        const char* member);
/// The document; BadRecording when the text is none.
[[nodiscard]] nlohmann::ordered_json read_document(std::string_view text);

/// Indented, with a newline at its end; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string text_of(const nlohmann::ordered_json& document);

}  // namespace hoplab::report::xray
