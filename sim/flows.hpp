// Bulk transfers. Private to sim/: the seam between our order of events and SimGrid's sharing of
// bandwidth.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "sim/engine.hpp"

namespace hoplab::sim {

/// The flows of one engine. SimGrid
/// (model CM02: max-min fair shares, no TCP factors) knows a star of hosts, each with an uplink and
/// a downlink; a flow holds the sender's uplink and the receiver's downlink. A path's latency is
/// waited out here, before SimGrid hears of the flow: a star needs no route per pair, and a latency
/// may change at any time.
///
/// SimGrid's clock is behind ours while nothing happens to a flow, since rates are constant then;
/// it is brought to ours before any change, and stepped to its own next happening when that is
/// due. So events that have nothing to do with flows pay nothing for them.
///
/// Errors: a second object with flows in one process is a broken invariant (SimGrid has one engine
///         and one clock per process).
class Engine::Flows {
 public:
  explicit Flows(Engine& engine);
  ~Flows();
  Flows(const Flows&) = delete;
  Flows& operator=(const Flows&) = delete;

  void start(HostId from, HostId to, Bytes size, std::function<void(TransferOutcome)> done);
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

  /// Steps SimGrid to its next happening, which Engine::flows_due_ announced.
  void advance();

  /// Flows that hold the uplink of `from` now, and how many bytes per second they get.
  [[nodiscard]] std::uint32_t count(HostId from) const;
  [[nodiscard]] double rate(HostId from);
  /// The platform's bandwidth of the host, or the part of it that messages take, is another now.
  void apply_bandwidth(HostId host);
  /// Flows that touch a host that goes off fail now.
  void set_on(HostId host, bool on);

 private:
  enum class State { free, waiting, flying, ended };
  struct Flow {
    HostId from;
    HostId to;
    Bytes size;
    State state = State::free;
    TransferOutcome outcome = TransferOutcome::delivered;
    std::function<void(TransferOutcome)> done;
    EventId launch;  ///< While waiting.
  };
  struct Network;  ///< What names SimGrid's types.

  void launch(std::uint64_t index);
  void end(std::uint64_t index, TransferOutcome outcome, SimTime time);
  void tell(std::uint64_t index);
  void run_simgrid(double clock);
  void review(std::uint64_t host);
  void catch_up();
  void look_ahead();

  Engine& engine_;
  std::vector<Flow> flows_;
  std::vector<std::uint32_t> free_flows_;
  std::size_t in_flight_ = 0;
  std::unique_ptr<Network> network_;
};

}  // namespace hoplab::sim
