// One request on its way through an Envoy.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "models/envoy/profile.hpp"
#include "models/envoy/route_table.hpp"
#include "models/envoy/upstream.hpp"

namespace hoplab::models::envoy {

///     decoding --no route--------------------------------> answered
///        |                                                    ^
///        +--> with the pool --response, not retried--> encoding
///                |    ^                                       ^
///             failed, |                                       |
///             retried +-- backing off         local reply ----+ (time-outs, retries used up)
///
/// In each state the caller may go away, which ends it.
struct Stream {
  static constexpr std::size_t tried_max = 8;

  std::uint32_t downstream = 0;
  http::Request request;
  Direction direction = Direction::ingress;
  std::uint32_t worker = 0;
  SimTime arrived{};  ///< First byte from downstream.
  SimTime routed{};   ///< Decoded: the route's time-out runs from here.
  const Route* route = nullptr;
  ClusterIndex cluster = 0;  ///< Of the route's, drawn once: retries stay with it.
  std::uint32_t target = WeightedCluster::missing;  ///< What the metrics extension counts it for.
  vpc::Dialled dialled;  ///< By the application, before it was redirected here.
  Place place;
  Endpoint endpoint;  ///< Where its connection leads.
  bool has_host = false;
  bool is_upstream = false;  ///< An attempt is with the pool.
  bool is_encoding = false;  ///< The answer is here and on its way to the caller.
  std::uint32_t attempts = 0;
  std::array<HostIndex, tried_max> tried_hosts{};
  Flag flags = Flag::none;
  const LocalReply* reply = nullptr;  ///< The Envoy's own answer.
  bool is_sent = false;               ///< The last attempt has a connection:
  SimTime sent{};                     ///< since then,
  std::uint16_t own_port = 0;         ///< from this port.
  std::uint64_t segment = 0;          ///< Of its trace; 0: not traced.
  sim::TimeoutQueue::Id timeout;      ///< The route's; the following two where they may count.
  sim::TimeoutQueue::Id idle_timeout;
  sim::TimeoutQueue::Id per_try_timeout;
  sim::EventId back_off;
  http::Response response;

  [[nodiscard]] std::span<const HostIndex> tried() const {
    return {tried_hosts.data(), std::min<std::size_t>(attempts, tried_max)};
  }
};

}  // namespace hoplab::models::envoy
