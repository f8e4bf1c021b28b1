// What gets lost, and when it is sent again.
#include <algorithm>

#include "models/vpc/network.hpp"

namespace hoplab::models::vpc {

using tcp::index;

bool Network::loses(Connection& connection, Side from) {
  Path* path = path_of(connection, from);
  if (path != nullptr && path->is_lossy() && path->lose(1).lost > 0) {
    count_lost(connection, from, {1, tcp::control_segment});
    return true;
  }
  TrafficControl* control = control_of(connection, from);
  return control != nullptr && control->lose(flow_of(connection, from), 1).lost > 0;
}

// A first try carries the whole message, a later one the segments that were lost.
sim::Bytes Network::size_to_send(const Connection& connection, Side from) {
  const sim::Bytes whole =
      http::head_size + (from == Side::client ? connection.request.body : connection.response.body);
  if (connection.missing == 0) return whole;
  return std::min(sim::Bytes(connection.missing * tcp::segment_size), whole);
}

// What does not get through is sent again; then only that, and it may be lost again.
bool Network::loses_segments(Handle handle, Connection& connection, Side from, sim::Bytes size) {
  Path* path = path_of(connection, from);
  TrafficControl* control = control_of(connection, from);
  if (path == nullptr && control == nullptr) {
    connection.missing = 0;  // A perfect line by now: all of it gets through.
    return false;
  }
  const bool is_lossy = (path != nullptr && path->is_lossy()) ||
                        (control != nullptr && control->is_lossy(flow_of(connection, from)));
  if (!is_lossy && connection.missing == 0) return false;
  const std::uint32_t whole =
      static_cast<std::uint32_t>((size.count() + tcp::segment_size - 1) / tcp::segment_size);
  const std::uint32_t segments = connection.missing > 0 ? connection.missing : whole;
  SegmentLoss loss = path == nullptr ? SegmentLoss{} : path->lose(segments);
  const std::uint32_t lost_on_path = loss.lost;
  if (control != nullptr) {
    loss = loss.and_then(control->lose(flow_of(connection, from), segments - loss.lost));
  }
  connection.missing = loss.lost;
  if (loss.lost == 0) return false;
  count_losses(connection, from, {segments - loss.lost, lost_on_path});
  static_cast<void>(arrival(connection, from, size));  // It was on the wire all the same.
  Duration wait = retransmission_timeout(connection, connection.tries);
  if (connection.tries == 0 && segments > 1) {
    const Duration noticed = loss.is_noticed_at_once
                                 ? round_trip(connection)
                                 : 2 * round_trip(connection) + tcp::probe_slack;
    wait = std::min(wait, noticed);
  }
  repeat_message(handle, connection, wait);
  return true;
}

Duration Network::round_trip(const Connection& connection) const {
  return delay(connection, Side::client) + delay(connection, Side::server);
}

Duration Network::retransmission_timeout(const Connection& connection, int tries) const {
  return std::min<Duration>((tcp::rto_floor + round_trip(connection)) * (1 << tries), tcp::rto_max);
}

void Network::lose_message(Handle handle, Connection& connection) {
  repeat_message(handle, connection, retransmission_timeout(connection, connection.tries));
}

void Network::repeat_message(Handle handle, Connection& connection, Duration wait) {
  if (connection.tries >= tcp::data_retries) {
    // ETIMEDOUT at the sender. The far end, whom nothing reaches, would keep its half for longer;
    // both are told at once, so that neither keeps a connection that is gone.
    connection.missing = 0;
    engine_.after(tcp::rto_max, sim::call<&Network::on_silent_close>(*this, handle.packed()));
    return;
  }
  ++connection.tries;
  connection.sent = connection.sent + wait;
  engine_.at(std::max(connection.sent, engine_.now()),
             sim::call<&Network::resend_message>(*this, handle.packed()));
}

void Network::resend_message(std::uint64_t word) {
  const Handle handle = Handle::unpack(word);
  Connection* connection = slab_.find(handle);
  if (connection == nullptr) return;
  const bool is_request = connection->progress == Progress::request_sent;
  // Whoever waited for it may have given up meanwhile.
  if (!is_request && connection->progress != Progress::response_sent) return;
  const Side from = is_request ? Side::client : Side::server;
  // The kernel goes on for a process that has closed, but not where the interface is gone.
  if (connection->ends[index(from)]->attached) return send_message(handle, *connection, from);
  connection->missing = 0;
}

}  // namespace hoplab::models::vpc
