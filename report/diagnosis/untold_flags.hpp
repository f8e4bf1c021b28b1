// What the response flags of an access-log line would be, where its format has none.
#pragma once

#include <cstdint>

#include "report/recording/access_line.hpp"

namespace hoplab::report::diagnosis {

/// With `flag_untold`, and those that the rest of the line gives away: no code is a client that has
/// gone; an answer of 5xx that no upstream gave is the Envoy's own, and each of its reasons has a
/// text of its own, told apart by its length. What is left without a flag may have had one: a
/// response that was cut short has its upstream's code and time.
///
/// Source: Envoy, router.cc (local replies), as models/envoy/profile tabulates them.
/// Limits: an Envoy with a local_reply_config would answer otherwise.
[[nodiscard]] std::uint16_t untold_flags(const recording::AccessLine& line);

}  // namespace hoplab::report::diagnosis
