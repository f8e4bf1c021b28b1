// The HTTP client of an application or of a load generator: one per place it calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/http/message.hpp"
#include "models/slab.hpp"
#include "models/timeouts.hpp"
#include "models/vpc/network.hpp"

namespace hoplab::models::app {

using sim::Duration;
using sim::SimTime;

/// Why a call came to nothing before anything was sent.
enum class CallTrouble : std::uint8_t {
  none,          ///< Or one that shows in the status, the time-out, the end of a connection.
  no_such_name,  ///< ENOTFOUND.
  no_resolver,   ///< EAI_AGAIN.
  no_port        ///< EADDRNOTAVAIL.
};

/// How a call ended. `status` is 0 when no answer came.
struct CallResult {
  int status = 0;
  CallTrouble trouble = CallTrouble::none;
  bool timed_out = false;
  bool is_truncated = false;  ///< The connection ended within the body.
  sim::Bytes received{0};     ///< Body of the answer.
  SimTime began{};

  [[nodiscard]] bool has_failed() const { return status == 0 || status >= 400 || is_truncated; }
};

class CallUser {
 public:
  virtual ~CallUser() = default;
  /// `word` is the caller's own, as given to HttpClient::call.
  virtual void on_call_done(std::uint64_t word, const CallResult& result) = 0;
};

/// Where a client's connections go.
struct ClientTarget {
  vpc::Interface* from = nullptr;
  /// What the name stands for, taken in turn, one per new connection; with `loopback`, its own
  /// Envoy gets the connection all the same.
  std::vector<vpc::Interface*> to;
  std::uint16_t port = 0;
  bool loopback = false;  ///< Redirected to the task's own Envoy.
  bool reuses_connections = true;
  bool looks_names_up = false;     ///< For each new connection.
  bool lacks_name = false;         ///< No /etc/hosts and no resolver has heard of it.
  std::string host_name = {};      ///< Then: this one.
  std::uint16_t dialled_port = 0;  ///< Of `to`, where `port` is another.
  vpc::ConnectionHops hops;
};

/// A pool of keep-alive connections without a limit: an idle one is used again (the last one
/// first), else a new one is opened.
///
/// Limits: no connect time-out of its own; a call's time-out covers everything.
class HttpClient final : public vpc::ConnectionUser {
 public:
  HttpClient(sim::Engine& engine, vpc::Network& network, Timeouts& timeouts, CallUser& user,
             ClientTarget target);

  void call(std::uint64_t word, const http::Request& request, std::optional<Duration> timeout);
  /// What its name resolves to from now on; connections that stand stay. With none, calls fail.
  void set_targets(std::vector<vpc::Interface*> to);
  /// The process is gone: nobody is told anything any more.
  void close_all();

  void on_connected(Handle connection, std::uint32_t tag) override;
  void on_refused(Handle connection, std::uint32_t tag) override;
  void on_request(Handle connection, std::uint32_t tag) override;
  void on_response(Handle connection, std::uint32_t tag) override;
  void on_peer_closed(Handle connection, std::uint32_t tag) override;

 private:
  struct Link {
    Handle connection;
    bool is_busy = false;
    bool is_connecting = false;
    CallTrouble trouble = CallTrouble::none;
    sim::EventId look_up;  ///< Set while the resolver keeps it waiting.
    std::uint64_t word = 0;
    http::Request request;
    SimTime began{};
    Duration timeout_length{};
    sim::TimeoutQueue::Id timeout;
  };
  void look_up(std::uint32_t slot);
  void on_looked_up(std::uint64_t slot);
  void connect(std::uint32_t slot);
  void on_timeout(std::uint64_t slot);
  void finish(std::uint32_t slot, int status, bool timed_out);
  void drop(std::uint32_t slot);

  sim::Engine& engine_;
  vpc::Network& network_;
  Timeouts& timeouts_;
  CallUser& user_;
  ClientTarget target_;
  std::size_t next_target_ = 0;
  Slab<Link> links_;
  std::vector<std::uint32_t> idle_;
};

}  // namespace hoplab::models::app
