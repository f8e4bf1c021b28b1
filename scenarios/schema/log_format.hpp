// Format strings of Envoy's access logs, taken apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/schema/log_operators.hpp"

namespace hoplab::scenarios {

/// What is printed where a request has no value.
inline constexpr std::string_view absent_value = "-";

/// Envoy's own format, which a log without one has.
/// Source: Envoy docs, "Access logging", default format string.
inline constexpr std::string_view default_log_format =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

/// One piece of a format: text as it stands, or an operator.
struct LogPiece {
  LogValue value = LogValue::literal;
  AddressPart part = AddressPart::whole;
  bool is_number = false;   ///< In typed JSON.
  std::string_view name;    ///< "RESPONSE_CODE"; of literals empty.
  std::string text;         ///< The literal, or the argument: "%Y", "x-request-id".
  std::string alternative;  ///< Of REQ(X?Y) and the like: Y. Names of headers are in small letters.
  std::optional<std::uint32_t> length_max;  ///< ":Z".

  /// "%REQ(X?Y):Z%", with the letters small.
  [[nodiscard]] std::string spelling() const;
};

struct LogFormatTrouble {
  std::size_t at = 0;  ///< Of its first character in the format.
  std::string message;
  std::string hint;
};

struct LogPieces {
  std::vector<LogPiece> pieces;
  std::vector<LogFormatTrouble> troubles;  ///< In order; Envoy refuses a format that has any.
};

/// Takes a format apart as the Envoy of `profile` ("v1.29") does: literals that touch become one,
/// "%%" is a percent sign.
///
/// Errors: operators that nobody knows or that came with a later Envoy, arguments and lengths where
///         none is taken or one is missing, a "%" that begins no operator, time formats that
///         cannot be printed here. A format that has been checked has none.
/// Source: Envoy, source/common/formatter/substitution_formatter.cc.
[[nodiscard]] LogPieces take_apart(std::string_view format, std::string_view profile);

}  // namespace hoplab::scenarios
