#include "sim/platform.hpp"

#include <algorithm>
#include <utility>

#include "sim/diagnostic.hpp"
#include "sim/engine.hpp"
#include "sim/flows.hpp"

namespace hoplab::sim {
namespace {

// The mean rate of messages is kept in steps of 10 ms; each weighs e^(-1/10) of the one after it,
// so it looks back over 100 ms.
constexpr Duration step = std::chrono::milliseconds(10);
constexpr double steps_per_second = 100;
constexpr double kept_per_step = 0.90483741803595957;
constexpr std::int64_t steps_remembered = 300;  // Then 10^-13 of a rate is left: nothing.

constexpr Duration not_set{-1};

}  // namespace

struct Platform::Impl {
  struct Host {
    std::string name;
    BytesPerSecond bandwidth;
    bool on = true;
    SimTime uplink_free{};
    double backlog_rate = 0;  ///< Bytes per second at which the last message is sent.
    std::int64_t bytes_in_step = 0;
    SimTime step_end{step};
    double mean_rate = 0;           ///< Of messages, before this step, in bytes per second.
    std::vector<Duration> latency;  ///< By receiver; empty or not_set: the default.
  };

  Engine& engine;
  std::vector<Host> hosts;
  Duration default_latency = Duration::zero();
  BytesPerSecond transfer_rate_max{0};

  Host& host(HostId id) {
    HOPLAB_ASSERT(id.index < hosts.size(), "a host of this platform");
    return hosts[id.index];
  }

  /// Folds the steps that have ended into the mean.
  static void close_steps(Host& host, SimTime now) {
    if (now < host.step_end) return;
    const std::int64_t steps = (now - host.step_end) / step + 1;
    const double last = static_cast<double>(host.bytes_in_step) * steps_per_second;
    host.mean_rate = host.mean_rate * kept_per_step + last * (1 - kept_per_step);
    for (std::int64_t i = 1; i < std::min(steps, steps_remembered); ++i) {
      host.mean_rate *= kept_per_step;
    }
    if (steps >= steps_remembered || host.mean_rate < 1) host.mean_rate = 0;
    host.bytes_in_step = 0;
    host.step_end += step * steps;
  }

  /// What `flows` flows that hold `flow_rate` leave to a message of `size`.
  static BytesPerSecond left_by_flows(const Host& host, Duration wait, Bytes size, double flows,
                                      double flow_rate) {
    const double bandwidth = static_cast<double>(host.bandwidth.count());
    const double size_min = static_cast<double>(std::max<std::int64_t>(size.count(), 1));
    // A queue of messages is worth as many flows as it has members, so it cannot grow for ever.
    const double waiting = in_seconds(wait) * host.backlog_rate / size_min;
    const double fair_share = bandwidth * (waiting + 1) / (waiting + 1 + flows);
    const double rate = std::max(bandwidth - flow_rate, fair_share);
    return BytesPerSecond(std::max<std::int64_t>(static_cast<std::int64_t>(rate), 1));
  }
};

Platform::Platform(Engine& engine) : impl_(std::make_unique<Impl>(Impl{engine, {}, {}})) {}

Platform::~Platform() = default;

HostId Platform::add_host(HostSpec spec) {
  HOPLAB_ASSERT(impl_->engine.flows_ == nullptr, "hosts are added before the first transfer");
  HOPLAB_ASSERT(spec.bandwidth.count() > 0, "an interface has some bandwidth");
  impl_->hosts.emplace_back();
  impl_->hosts.back().name = std::move(spec.name);
  impl_->hosts.back().bandwidth = spec.bandwidth;
  return {static_cast<std::uint32_t>(impl_->hosts.size() - 1)};
}

const std::string& Platform::name(HostId host) const { return impl_->host(host).name; }

std::size_t Platform::host_count() const { return impl_->hosts.size(); }

void Platform::set_default_latency(Duration one_way) {
  HOPLAB_ASSERT(one_way >= Duration::zero(), "a latency is not negative");
  impl_->default_latency = one_way;
}

void Platform::set_latency(HostId from, HostId to, Duration one_way) {
  HOPLAB_ASSERT(one_way >= Duration::zero(), "a latency is not negative");
  auto& row = impl_->host(from).latency;
  impl_->host(to);
  if (row.size() < impl_->hosts.size()) row.resize(impl_->hosts.size(), not_set);
  row[to.index] = one_way;
}

Duration Platform::latency(HostId from, HostId to) const {
  const auto& row = impl_->host(from).latency;
  if (to.index >= row.size() || row[to.index] == not_set) return impl_->default_latency;
  return row[to.index];
}

void Platform::set_bandwidth(HostId host, BytesPerSecond bandwidth) {
  HOPLAB_ASSERT(bandwidth.count() > 0, "an interface has some bandwidth");
  impl_->host(host).bandwidth = bandwidth;
  if (impl_->engine.flows_ != nullptr) impl_->engine.flows_->apply_bandwidth(host);
}

BytesPerSecond Platform::bandwidth(HostId host) const { return impl_->host(host).bandwidth; }

void Platform::set_transfer_rate_max(BytesPerSecond rate) {
  HOPLAB_ASSERT(rate.count() > 0, "a transfer has some bandwidth");
  impl_->transfer_rate_max = rate;
}

BytesPerSecond Platform::transfer_rate_max() const { return impl_->transfer_rate_max; }

void Platform::set_host_on(HostId host, bool on) {
  if (std::exchange(impl_->host(host).on, on) == on) return;
  if (impl_->engine.flows_ != nullptr) impl_->engine.flows_->set_on(host, on);
}

bool Platform::is_on(HostId host) const { return impl_->host(host).on; }

SimTime Platform::message_arrival(HostId from, HostId to, Bytes size) {
  HOPLAB_ASSERT(from != to, "loopback has no link");
  Impl::Host& sender = impl_->host(from);
  const SimTime now = impl_->engine.now();
  const SimTime start = std::max(now, sender.uplink_free);
  BytesPerSecond rate = sender.bandwidth;
  Engine::Flows* const flows = impl_->engine.flows_.get();
  if (flows != nullptr && flows->count(from) > 0) {
    rate = Impl::left_by_flows(sender, start - now, size, flows->count(from), flows->rate(from));
  }
  sender.backlog_rate = static_cast<double>(rate.count());
  Impl::close_steps(sender, now);
  sender.bytes_in_step += size.count();
  sender.uplink_free = start + size / rate;
  return sender.uplink_free + latency(from, to);
}

BytesPerSecond Platform::message_rate(HostId from) {
  Impl::Host& sender = impl_->host(from);
  Impl::close_steps(sender, impl_->engine.now());
  return BytesPerSecond(static_cast<std::int64_t>(sender.mean_rate));
}

BytesPerSecond Platform::flow_rate(HostId from) const {
  impl_->host(from);
  Engine::Flows* const flows = impl_->engine.flows_.get();
  return BytesPerSecond(flows == nullptr ? 0 : static_cast<std::int64_t>(flows->rate(from) + 0.5));
}

}  // namespace hoplab::sim
