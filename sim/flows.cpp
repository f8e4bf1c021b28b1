#include "sim/flows.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>

#include <simgrid/kernel/resource/Model.hpp>
#include <simgrid/s4u.hpp>

#include "sim/diagnostic.hpp"

namespace hoplab::sim {
namespace {

namespace s4u = simgrid::s4u;

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

// SimGrid takes a deadline of zero for "none", so its clock is one second ahead of ours.
constexpr double clock_offset = 1.0;

// How often the share of messages is looked at while flows use an uplink: a tenth of the time over
// which it is averaged.
constexpr Duration review_interval = std::chrono::milliseconds(10);
constexpr double flow_share_min = 0.01;

double to_clock(SimTime time) { return in_seconds(time.time_since_epoch()) + clock_offset; }

/// The nearest whole microsecond: the last bits of SimGrid's double are not promised.
SimTime to_microsecond(double clock) {
  return at(Duration(static_cast<std::int64_t>((clock - clock_offset) * 1e6 + 0.5) * 1000));
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool under_address_sanitizer = true;
#elif defined(__has_feature)
constexpr bool under_address_sanitizer = __has_feature(address_sanitizer);
#else
constexpr bool under_address_sanitizer = false;
#endif

/// SimGrid installs handlers of its own (its SIGINT handler exits 1); the program's come back when
/// this goes.
class SignalGuard {
 public:
  SignalGuard() {
    for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], nullptr, &before_[i]);
  }
  ~SignalGuard() {
    for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before_[i], nullptr);
  }
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

 private:
  static constexpr std::array<int, 8> signals = {SIGINT, SIGTERM, SIGHUP, SIGSEGV,
                                                 SIGBUS, SIGABRT, SIGFPE, SIGPIPE};
  std::array<struct sigaction, 8> before_{};
};

std::unique_ptr<s4u::Engine> make_simgrid() {
  static bool made = false;
  HOPLAB_ASSERT(!std::exchange(made, true), "one engine with transfers per process");
  // SimGrid takes --help and --cfg from the arguments it is given, so it gets these alone. The
  // default network model multiplies latencies by 13 and caps rates; this one does neither.
  std::vector<std::string> arguments = {"hoplab", "--log=root.thresh:critical",
                                        "--cfg=network/model:CM02", "--cfg=network/crosstraffic:0",
                                        "--cfg=network/TCP-gamma:0"};
  if (under_address_sanitizer) arguments.emplace_back("--cfg=contexts/factory:thread");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  const SignalGuard guard;
  return std::make_unique<s4u::Engine>(&argc, argv.data());
}

}  // namespace

struct Engine::Flows::Network {
  struct Links {
    s4u::Host* host;
    s4u::Link* uplink;
    s4u::Link* downlink;
    std::uint32_t flows = 0;  ///< On the uplink.
    double rate = 0;          ///< Of those, as of `epoch`.
    std::uint64_t epoch = 0;
    double taken_by_messages = 0;  ///< Bytes per second of the uplink that flows do without.
    bool reviewed = false;         ///< A review is due; the first flow starts the series.
  };

  std::unique_ptr<s4u::Engine> simgrid = make_simgrid();
  std::vector<Links> hosts;
  std::vector<s4u::ActivityPtr> activities;  ///< By index of the flow; keeps the activity alive.
  std::unordered_map<const s4u::Activity*, std::uint32_t> index_of;  ///< Looked up, never walked.
  /// Ended within the call into SimGrid that is under way. Released after it has returned.
  std::vector<std::pair<std::uint32_t, bool>> ended;
  double next_clock = 0;    ///< SimGrid's next happening.
  std::uint64_t epoch = 1;  ///< Counts changes of rates.

  void add_host(s4u::NetZone& zone, double bandwidth, bool on) {
    const std::string name = std::to_string(hosts.size());
    auto* const host = zone.create_host("host-" + name, 1e9);
    auto* const uplink = zone.create_link("uplink-" + name, bandwidth);
    auto* const downlink = zone.create_link("downlink-" + name, bandwidth);
    uplink->seal();
    downlink->seal();
    host->seal();
    zone.add_route(host->get_netpoint(), nullptr, nullptr, nullptr, {s4u::LinkInRoute(uplink)},
                   false);
    zone.add_route(nullptr, host->get_netpoint(), nullptr, nullptr, {s4u::LinkInRoute(downlink)},
                   false);
    hosts.push_back({host, uplink, downlink});
    turn(hosts.back(), on);
  }

  // The links, not the host: a link fails the flows of either direction, exactly once each.
  static void turn(const Links& links, bool on) {
    if (links.uplink->is_on() == on) return;
    for (auto* const link : {links.uplink, links.downlink}) on ? link->turn_on() : link->turn_off();
  }

  void completed(const s4u::Activity& activity) {
    const auto found = index_of.find(&activity);
    if (found == index_of.end()) return;  // SimGrid may tell a failure twice.
    ended.emplace_back(found->second, activity.get_state() == s4u::Activity::State::FINISHED);
    index_of.erase(found);
  }

  /// Seconds from SimGrid's now to the next thing that it has to do; negative: nothing. Solves the
  /// sharing of bandwidth, as its own main loop is about to do in the same way.
  [[nodiscard]] double seconds_ahead() const {
    double least = -1;
    for (auto* const model : simgrid->get_all_models()) {
      if (!model->next_occurring_event_is_idempotent()) continue;
      const double delay = model->next_occurring_event(s4u::Engine::get_clock());
      if (delay >= 0 && (least < 0 || delay < least)) least = delay;
    }
    return least;
  }
};

Engine::Flows::Flows(Engine& engine) : engine_(engine), network_(std::make_unique<Network>()) {
  const Platform& platform = engine.platform();
  auto* const zone = s4u::create_star_zone("network");
  for (std::uint32_t i = 0; i < platform.host_count(); ++i) {
    const HostId host{i};
    network_->add_host(*zone, static_cast<double>(platform.bandwidth(host).count()),
                       platform.is_on(host));
  }
  zone->seal();
  // The signal is global and cannot be left, hence a weak tie to this object.
  s4u::Activity::on_completion_cb(
      [network = network_.get()](const s4u::Activity& activity) { network->completed(activity); });
  network_->simgrid->run_until(clock_offset);
}

Engine::Flows::~Flows() {
  network_->index_of.clear();
  network_->activities.clear();
}

void Engine::Flows::start(HostId from, HostId to, Bytes size,
                          std::function<void(TransferOutcome)> done) {
  HOPLAB_ASSERT(size.count() >= 0, "a transfer has no negative size");
  const Platform& platform = engine_.platform();
  HOPLAB_ASSERT(from.index < platform.host_count() && to.index < platform.host_count(),
                "a transfer names hosts of this platform");
  std::uint32_t index = static_cast<std::uint32_t>(flows_.size());
  if (free_flows_.empty()) {
    flows_.emplace_back();
    network_->activities.emplace_back();
  } else {
    index = free_flows_.back();
    free_flows_.pop_back();
  }
  flows_[index] = {from, to, size, State::waiting, TransferOutcome::delivered, std::move(done), {}};
  ++in_flight_;
  if (!platform.is_on(from) || !platform.is_on(to)) {
    end(index, TransferOutcome::failed, engine_.now());
  } else if (from == to) {
    end(index, TransferOutcome::delivered, engine_.now());
  } else {
    flows_[index].launch =
        engine_.after(platform.latency(from, to), call<&Flows::launch>(*this, index));
  }
}

/// The path's latency has passed: from here on the flow takes its share of the links.
void Engine::Flows::launch(std::uint64_t index) {
  Flow& flow = flows_[index];
  if (flow.size == Bytes(0)) return end(index, TransferOutcome::delivered, engine_.now());
  catch_up();
  flow.state = State::flying;
  Network::Links& sender = network_->hosts[flow.from.index];
  const auto comm = s4u::Comm::sendto_init();
  // Before the ends: with them it counts as started.
  const BytesPerSecond most = engine_.platform().transfer_rate_max();
  if (most.count() > 0) comm->set_rate(static_cast<double>(most.count()));
  comm->set_source(sender.host)->set_destination(network_->hosts[flow.to.index].host);
  comm->set_payload_size(static_cast<std::uint64_t>(flow.size.count()));
  network_->activities[index] = comm;
  network_->index_of.emplace(comm.get(), static_cast<std::uint32_t>(index));
  ++sender.flows;
  comm->start();
  if (!sender.reviewed) review(flow.from.index);
  look_ahead();
}

/// The flow is over, and `done` will hear of it at `time`.
void Engine::Flows::end(std::uint64_t index, TransferOutcome outcome, SimTime time) {
  Flow& flow = flows_[index];
  flow.state = State::ended;
  flow.outcome = outcome;
  engine_.at(std::max(time, engine_.now()), call<&Flows::tell>(*this, index));
}

void Engine::Flows::tell(std::uint64_t index) {
  const auto done = std::exchange(flows_[index].done, nullptr);
  const TransferOutcome outcome = flows_[index].outcome;
  flows_[index].state = State::free;
  free_flows_.push_back(static_cast<std::uint32_t>(index));
  --in_flight_;
  done(outcome);
}

/// Lets SimGrid work up to `clock` and takes note of the flows that ended on the way.
void Engine::Flows::run_simgrid(double clock) {
  network_->simgrid->run_until(clock);
  for (const auto& [index, finished] : network_->ended) {
    --network_->hosts[flows_[index].from.index].flows;
    network_->activities[index] = nullptr;
    end(index, finished ? TransferOutcome::delivered : TransferOutcome::failed,
        to_microsecond(s4u::Engine::get_clock()));
  }
  network_->ended.clear();
}

void Engine::Flows::catch_up() {
  const double clock = to_clock(engine_.now());
  if (clock > s4u::Engine::get_clock()) run_simgrid(clock);
}

void Engine::Flows::look_ahead() {
  ++network_->epoch;
  const double delay = network_->seconds_ahead();
  engine_.flows_due_ = never;
  if (delay < 0) return;
  network_->next_clock = s4u::Engine::get_clock() + delay;
  const double ns = (network_->next_clock - clock_offset) * 1e9;
  // A flow that ends after the last representable instant still counts as something to wait for.
  engine_.flows_due_ = ns < 9e18 ? static_cast<std::int64_t>(ns) : never - 1;
}

void Engine::Flows::advance() {
  run_simgrid(network_->next_clock);
  look_ahead();
}

std::uint32_t Engine::Flows::count(HostId from) const { return network_->hosts[from.index].flows; }

double Engine::Flows::rate(HostId from) {
  Network::Links& links = network_->hosts[from.index];
  if (links.epoch != network_->epoch) {
    links.rate = links.uplink->get_usage();
    links.epoch = network_->epoch;
  }
  return links.rate;
}

/// Gives the flows of an uplink what its messages leave, as long as there are flows.
void Engine::Flows::review(std::uint64_t host) {
  const HostId from{static_cast<std::uint32_t>(host)};
  Network::Links& links = network_->hosts[host];
  links.reviewed = links.flows > 0;
  if (!links.reviewed) return;
  const double taken = static_cast<double>(engine_.platform().message_rate(from).count());
  const double step = static_cast<double>(engine_.platform().bandwidth(from).count()) / 100;
  const double change = taken - links.taken_by_messages;
  if (change > step || change < -step || (taken == 0 && change != 0)) {
    links.taken_by_messages = taken;
    apply_bandwidth(from);
  }
  engine_.after(review_interval, call<&Flows::review>(*this, host));
}

void Engine::Flows::apply_bandwidth(HostId host) {
  catch_up();
  const double bandwidth = static_cast<double>(engine_.platform().bandwidth(host).count());
  const Network::Links& links = network_->hosts[host.index];
  // Messages go first, but a flow never stands still for ever.
  links.uplink->set_bandwidth(
      std::max(bandwidth - links.taken_by_messages, bandwidth * flow_share_min));
  links.downlink->set_bandwidth(bandwidth);
  look_ahead();
}

void Engine::Flows::set_on(HostId host, bool on) {
  for (std::size_t i = 0; !on && i < flows_.size(); ++i) {
    if (flows_[i].state != State::waiting) continue;
    if (flows_[i].from != host && flows_[i].to != host) continue;
    engine_.cancel(flows_[i].launch);
    end(i, TransferOutcome::failed, engine_.now());
  }
  catch_up();
  Network::turn(network_->hosts[host.index], on);
  run_simgrid(s4u::Engine::get_clock());  // Time stands still; the failures are told.
  look_ahead();
}

}  // namespace hoplab::sim
