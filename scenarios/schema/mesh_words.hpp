// App Mesh's objects in the words of its API, as JSON: for the long form and for recordings.
#pragma once

#include <optional>
#include <string>

#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// `match` of an httpRoute.
[[nodiscard]] std::string match_words(const Route& route);
/// `timeout` of an httpRoute; "{}" when there is none.
[[nodiscard]] std::string timeout_words(const std::optional<Duration>& request,
                                        const std::optional<Duration>& idle);
/// `retryPolicy` of an httpRoute.
[[nodiscard]] std::string retry_words(const RetryPolicy& policy);
/// What a listener of a virtual node has besides its portMapping; "{}" when there is nothing.
[[nodiscard]] std::string listener_words(const VirtualNodeSettings& node);
/// `logging` of a virtual node.
[[nodiscard]] std::string logging_words(const AccessLogFile& file);
/// `serviceDiscovery` of a virtual node.
[[nodiscard]] std::string discovery_words(const Service& service);

}  // namespace hoplab::scenarios
