#include "models/vpc/traffic_control.hpp"

#include <algorithm>

#include "sim/diagnostic.hpp"

namespace hoplab::models::vpc {
namespace {

constexpr std::uint64_t percent = 100;
constexpr std::uint16_t dns_port = 53;

bool holds(const std::vector<Cidr>& blocks, Ipv4 address) {
  return std::ranges::any_of(blocks, [&](const Cidr& block) { return block.contains(address); });
}

}  // namespace

bool TrafficControl::Netem::is_about(const OutgoingFlow& flow) const {
  if (!spec_.peers.empty() && !holds(spec_.peers, flow.peer)) return false;
  return !holds(spec_.spared, flow.peer) && flow.hash % percent < spec_.flows_percent;
}

SegmentLoss TrafficControl::Netem::lose(std::uint32_t segments) {
  return lose_each(segments, spec_.loss, rng_);
}

sim::Duration TrafficControl::Netem::draw_delay() {
  if (spec_.jitter <= sim::Duration::zero()) return spec_.delay;
  const double swing = (2 * rng_.uniform() - 1) * sim::in_seconds(spec_.jitter);
  return std::max(spec_.delay + sim::seconds_to_duration(swing), sim::Duration::zero());
}

void TrafficControl::remove(const Netem& netem) {
  netems_.remove_if([&](const Netem& known) { return &known == &netem; });
}

void TrafficControl::remove(const BlackholePort& port) {
  const auto known = std::ranges::find(ports_, port);
  HOPLAB_ASSERT(known != ports_.end(), "a port is opened that was never closed");
  ports_.erase(known);
}

bool TrafficControl::drops(std::uint16_t port, bool is_egress, Ipv4 peer) const {
  return std::ranges::any_of(ports_, [&](const BlackholePort& closed) {
    return closed.port == port && closed.is_egress == is_egress && !closed.is_udp &&
           !holds(closed.spared, peer);
  });
}

bool TrafficControl::drops_dns() const {
  return std::ranges::any_of(ports_, [](const BlackholePort& closed) {
    return closed.port == dns_port && closed.is_egress && closed.is_udp;
  });
}

bool TrafficControl::is_lossy(const OutgoingFlow& flow) const {
  return std::ranges::any_of(
      netems_, [&](const Netem& netem) { return netem.is_lossy() && netem.is_about(flow); });
}

SegmentLoss TrafficControl::lose(const OutgoingFlow& flow, std::uint32_t segments) {
  SegmentLoss sum;
  for (Netem& netem : netems_) {
    if (netem.is_lossy() && netem.is_about(flow)) {
      sum = sum.and_then(netem.lose(segments - sum.lost));
    }
  }
  return sum;
}

sim::Duration TrafficControl::draw_delay(const OutgoingFlow& flow) {
  sim::Duration sum{0};
  for (Netem& netem : netems_) {
    if (netem.is_about(flow)) sum += netem.draw_delay();
  }
  return sum;
}

sim::Duration TrafficControl::delay(const OutgoingFlow& flow) const {
  sim::Duration sum{0};
  for (const Netem& netem : netems_) {
    if (netem.is_about(flow)) sum += netem.delay();
  }
  return sum;
}

}  // namespace hoplab::models::vpc
