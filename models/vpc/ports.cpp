#include "models/vpc/ports.hpp"

#include "models/vpc/tcp.hpp"
#include "sim/diagnostic.hpp"
#include "sim/random.hpp"

namespace hoplab::models::vpc {
namespace {

constexpr std::uint32_t all = tcp::ephemeral_last - tcp::ephemeral_first + 1;

std::uint16_t nth_port(Destination destination, std::uint32_t nth) {
  const std::uint64_t word = std::uint64_t{destination.first.bits} << 16 | destination.second;
  const auto offset = static_cast<std::uint32_t>(sim::mixed(word) % all);
  // Every second port, then the ones between them.
  const std::uint32_t step = nth % all < all / 2 ? 2 * (nth % all) : 2 * (nth % all) + 1;
  return static_cast<std::uint16_t>(tcp::ephemeral_first + (offset + step) % all);
}

}  // namespace

std::optional<std::uint16_t> EphemeralPorts::take(Destination destination, sim::SimTime now) {
  Use& use = uses_[destination];
  while (!use.waiting.empty() && use.waiting.front() <= now) use.waiting.pop_front();
  if (use.open + use.waiting.size() >= all) return std::nullopt;
  ++use.open;
  return nth_port(destination, use.next++);
}

std::uint16_t EphemeralPorts::take_any(Destination destination) {
  Use& use = uses_[destination];
  ++use.open;
  return nth_port(destination, use.next++);
}

void EphemeralPorts::release(Destination destination, bool must_wait, sim::SimTime now) {
  Use& use = uses_[destination];
  HOPLAB_ASSERT(use.open > 0, "a port is given back that was never taken");
  --use.open;
  if (must_wait) use.waiting.push_back(now + tcp::time_wait);
}

}  // namespace hoplab::models::vpc
