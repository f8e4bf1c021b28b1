// Constants of Linux' TCP, and the ends of a connection.
#pragma once

#include <chrono>
#include <cstdint>

#include "sim/units.hpp"

namespace hoplab::models::vpc {

enum class Side : std::uint8_t { client, server };

/// Packets and what they weigh, IP headers included.
struct PacketCount {
  std::uint32_t packets = 0;
  sim::Bytes bytes{0};
};

namespace tcp {

using sim::Duration;

constexpr sim::Bytes control_segment{60};    ///< SYN, ACK, RST, FIN: headers only.
constexpr std::int64_t segment_size = 1448;  ///< Of an MTU of 1500, with time stamps.
constexpr std::int64_t header_size = 52;     ///< IP, TCP and its time stamps.
constexpr sim::Bytes reset_segment{40};      ///< IP and TCP.
/// Linux, TCP_DELACK_MIN: a receiver that has something to say within it says what it got, too.
constexpr Duration delayed_ack = std::chrono::milliseconds(40);

/// Retransmissions of a SYN (net.ipv4.tcp_syn_retries) beside the linear ones, and of its answer
/// (net.ipv4.tcp_synack_retries).
constexpr std::uint8_t syn_retries = 6;
constexpr std::uint8_t syn_ack_retries = 5;
/// net.ipv4.tcp_syn_linear_timeouts of kernels that have it (from 6.5 on).
constexpr std::uint8_t syn_linear_timeouts = 4;

/// When a SYN, or its answer, is sent for the `nth` time again, counted from the first. With
/// `linear` ones first: 1, 2, 3, 4 and then 5, 7, 11, 19, 35, 67 s; without: 1, 3, 7, 15, 31, 63 s.
/// One more than the retries there are is when the sender gives up.
constexpr Duration handshake_retry(std::uint8_t nth, std::uint8_t linear) {
  if (nth <= linear) return std::chrono::seconds(nth);
  return std::chrono::seconds(linear + (1 << (nth - linear)) - 1);
}

/// The retransmission time-out is the smoothed round trip and at least 200 ms more, doubled each
/// time up to 120 s; tcp_retries2 = 15 gives up after about 924 s.
constexpr Duration rto_floor = std::chrono::milliseconds(200);
constexpr Duration rto_max = std::chrono::seconds(120);
constexpr std::uint8_t data_retries = 15;
constexpr std::uint8_t orphan_retries = 8;  ///< tcp_orphan_retries.
/// Source: Linux, tcp_schedule_loss_probe(): 2 x SRTT, and two ticks where several are under way.
constexpr Duration probe_slack = std::chrono::milliseconds(8);

constexpr std::uint16_t ephemeral_first = 32'768;  ///< net.ipv4.ip_local_port_range.
constexpr std::uint16_t ephemeral_last = 60'999;
constexpr Duration time_wait = std::chrono::seconds(60);

constexpr std::size_t index(Side side) { return side == Side::client ? 0 : 1; }
constexpr Side other(Side side) { return side == Side::client ? Side::server : Side::client; }

}  // namespace tcp
}  // namespace hoplab::models::vpc
