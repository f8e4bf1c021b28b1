// VPC Flow Logs: what crossed the network interfaces of tasks, and what a rule kept from crossing.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/telemetry/sink.hpp"
#include "models/vpc/interface.hpp"
#include "models/vpc/tcp.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::vpc {

using sim::SimTime;

/// Where a connection's flow stands in the running interval. An older one counts as none.
struct FlowRef {
  std::uint32_t interval = 0;
  std::uint32_t entry = 0;
};

/// The ends of a connection, as packets name them.
struct FlowEnds {
  const Interface* client = nullptr;
  const Interface* server = nullptr;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
};

/// Version 2 of the format, in the text that is delivered to S3: a line of field names, then a
/// record for each interface, 5-tuple (so each direction is one) and action of an aggregation
/// interval, written when the interval ends: by interface, then by the tuple.
///
/// Two interfaces see one packet, and both nearly always let it pass: that is one counter of an
/// entry that its connection points to. What only one of them saw, or refused, is kept beside it.
/// Only flows of the running interval are held.
///
/// `start` and `end` are the seconds of the first and the last packet. An interface without any
/// record has one of NODATA, which spans the interval.
///
/// Source: Amazon VPC User Guide, "Flow log records" (fields, NODATA, REJECT of packets that come
///         after the connection was closed), "Flow log files" (the line of names), "Logging IP
///         traffic" (at most one minute for interfaces of Nitro instances, else 1 or 10 minutes;
///         no DNS to the VPC's resolver).
/// Limits: interfaces of tasks. Those of the machines carry what is not simulated (agents, log
///         drivers, image pulls), and a task's own carries no traffic of Envoys with their control
///         plane, of X-Ray daemons or of FireLens with AWS. No SKIPDATA: that is a record for an
///         internal error, and none is simulated. All interfaces' intervals begin on the minute;
///         records are in the file at once, and not after the 5 to 10 minutes that AWS takes.
class FlowLogs {
 public:
  enum class Action : std::uint8_t { accept, reject };
  struct Settings {
    bool is_on = false;
    sim::Duration interval_max = std::chrono::minutes(1);  ///< One minute or ten.
    sim::WallTime zero{};
    std::string account;
  };

  FlowLogs(sim::Engine& engine, telemetry::Sink& sink) : engine_(engine), sink_(sink) {}
  FlowLogs(const FlowLogs&) = delete;
  FlowLogs& operator=(const FlowLogs&) = delete;

  /// Before anything else; whoever does not, has none.
  void configure(Settings settings);
  [[nodiscard]] bool is_on() const { return settings_.is_on; }
  /// From now on the interface is logged, while it is attached. `id`: "eni-0...". It outlives this.
  void watch(Interface& interface, std::string id, bool is_of_nitro_instance);
  void start();
  /// The run is over: the running interval is written as far as it has come.
  void finish();

  /// Both interfaces saw the packets and let them pass: `there` in the direction of `from`, `back`
  /// against it.
  void passed(FlowRef& flow, const FlowEnds& ends, Side from, PacketCount there, PacketCount back);
  /// Packets in the direction of `from`, seen by the interface at `at` alone, or refused by it.
  void seen_at(FlowRef& flow, const FlowEnds& ends, Side from, Side at, Action action,
               PacketCount packets);

 private:
  static constexpr sim::Duration interval = std::chrono::minutes(1);
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct Counter {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    SimTime first{};
    SimTime last{};
    void add(PacketCount more, SimTime now);
    void add(const Counter& other);
  };
  struct Entry {
    std::uint32_t interfaces[2] = {none, none};
    Ipv4 addresses[2];
    std::uint16_t ports[2] = {0, 0};
    std::uint32_t first_aside = none;
    Counter both[2];  ///< By the side that sent.
  };
  struct Aside {
    Side from = Side::client;
    Side at = Side::client;
    Action action = Action::accept;
    std::uint32_t next = none;  ///< Of the same entry.
    Counter counter;
  };
  struct Key {
    std::uint32_t interface = 0;
    Ipv4 source;
    Ipv4 target;
    std::uint16_t source_port = 0;
    std::uint16_t target_port = 0;
    Action action = Action::accept;
    auto operator<=>(const Key&) const = default;
  };
  struct Record {
    Key key;
    Counter counter;
  };
  struct Watched {
    const Interface* interface = nullptr;
    std::string id;
    bool is_slow = false;  ///< Its records span ten intervals.
  };

  [[nodiscard]] Entry& entry_of(FlowRef& flow, const FlowEnds& ends);
  void on_interval_end();
  void close_interval(sim::WallTime end);
  void gather();
  void add_record(const Entry& entry, Side from, Side at, Action action, const Counter& counter);
  void write_slow(sim::WallTime end);
  void write(const Record& record);
  void write_no_data(const Watched& watched, sim::WallTime begin, sim::WallTime end);
  [[nodiscard]] sim::WallTime wall(SimTime instant) const {
    return settings_.zero + instant.time_since_epoch();
  }

  sim::Engine& engine_;
  telemetry::Sink& sink_;
  Settings settings_;
  std::vector<Watched> watched_;  ///< By Interface::flow_log.
  std::uint32_t interval_number_ = 1;
  sim::WallTime interval_begin_{};
  sim::WallTime slow_begin_{};
  std::vector<Entry> entries_;  ///< Of the running interval, as are these:
  std::vector<Aside> asides_;
  std::vector<Record> records_;    ///< While an interval is closed.
  std::map<Key, Counter> slow_;    ///< Of interfaces whose interval goes on.
  std::vector<bool> have_record_;  ///< By interface, while an interval is closed.
  std::string line_;
};

}  // namespace hoplab::models::vpc
