// The application container of a task: accept queue, workers, work, calls, log lines.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/app/bug.hpp"
#include "models/app/http_client.hpp"
#include "models/app/otel_sdk.hpp"
#include "models/app/resident_set.hpp"
#include "models/app/sdk_tracer.hpp"
#include "models/http/message.hpp"
#include "models/slab.hpp"
#include "models/suspension.hpp"
#include "models/telemetry/log_driver.hpp"
#include "models/telemetry/time_text.hpp"
#include "models/vpc/network.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/cpu_share.hpp"
#include "sim/random.hpp"
#include "sim/text.hpp"

namespace hoplab::models::app {

/// One outgoing call as the application makes it.
struct OutgoingCall {
  const scenarios::Call* spec = nullptr;
  http::Request request;  ///< All but the id.
  ClientTarget target;
  telemetry::SeriesId series;
};

struct ApplicationSpec {
  const scenarios::Service* service = nullptr;
  sim::CpuShare* cpu = nullptr;
  sim::CpuShare::ContainerId container;
  vpc::Interface* interface = nullptr;
  sim::Rng rng;
  std::string stream;        ///< Names what it draws from: "task/b/0".
  telemetry::HopId own_hop;  ///< "b.app".
  telemetry::HostClock clock;
  telemetry::LogDriver* log = nullptr;  ///< Null: nothing is written.
  telemetry::Sink* sink = nullptr;
  const http::Names* names = nullptr;
  SdkTracer* tracer = nullptr;     ///< Null: nothing is traced.
  OtelSdk* otel = nullptr;         ///< Null: no metrics and log records of OpenTelemetry.
  bool makes_request_ids = false;  ///< Without a mesh nobody else does.
  ResidentSet::Spec memory;        ///< All but what the service says.
  std::vector<OutgoingCall> calls;
  bool listens = true;  ///< Else from `open` on: it is still starting.
  /// Whoever comes by this name asks whether the process is well: a worker answers at once, without
  /// the service's work, its calls or a line in the log. Empty: nobody does.
  http::Name probe_agent = {};
};

/// A threaded server. A request waits for a worker in arrival order, uses CPU, waits (I/O), makes
/// its calls, and is answered. It does not notice that its caller has gone, and works on.
///
/// Who waits for a worker waits in the kernel's accept queue. A SYN that finds it full
/// (`acceptQueue` requests) is dropped, or refused; so is the ACK that ends a handshake which began
/// before it was full: that client believes that it is connected, and its request is dropped with
/// the ACK. Requests on connections that the server has accepted already always queue.
///
/// Bugs come and go while it runs; a request may meet several. Workers that a loop or a hang has
/// taken stay taken when it is fixed: a new version heals code, not threads.
///
/// Limits: one request at a time per connection; log lines carry no client address. A process that
/// is stopped ends the piece of computing that it was at.
class Application final : public vpc::Acceptor, public vpc::ConnectionUser, public CallUser {
 public:
  Application(sim::Engine& engine, vpc::Network& network, Timeouts& timeouts, ApplicationSpec spec);
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  /// From now on a share of the requests that a worker takes run into the bug.
  BugId introduce(Bug bug);
  /// New requests do not. Other bugs, of the same kind even, stay.
  void fix(BugId bug);
  /// From now on requests are worked on in a child process, as pre-forking servers do: when it is
  /// killed, the parent answers what it had begun with `status` (0: its connections close), and
  /// starts another one.
  void work_in_child(int status) { child_status_ = status; }
  /// The children of old are gone, with what they had leaked.
  void work_in_parent();
  [[nodiscard]] bool has_child() const { return child_status_.has_value(); }
  /// The child is gone, with all that it had leaked. Requires has_child().
  void lose_child();
  /// It has started: its port is open.
  void open();
  /// It takes no new connections; what it has begun goes on.
  void stop_accepting();
  /// What its name for a callee resolves to now; by index in `calls`.
  void set_targets(std::size_t call, std::vector<vpc::Interface*> to) {
    clients_[call]->set_targets(std::move(to));
  }
  /// SIGSTOP: its kernel accepts connections and bytes, the process does nothing; timers wait.
  void pause() { suspension_.begin(); }
  /// SIGCONT.
  void resume();
  [[nodiscard]] bool is_paused() const { return suspension_.is_on(); }
  /// The process is gone: its kernel closes every connection.
  void kill();
  [[nodiscard]] bool is_running() const { return running_; }
  [[nodiscard]] ResidentSet& memory() { return memory_; }
  [[nodiscard]] std::size_t open_requests() const { return jobs_.alive(); }

  Answer on_syn(Handle connection) override;
  void on_established(Handle connection, vpc::ConnectionUser*& user, std::uint32_t& tag) override;
  void on_connected(Handle connection, std::uint32_t tag) override;
  void on_refused(Handle connection, std::uint32_t tag) override;
  void on_request(Handle connection, std::uint32_t tag) override;
  void on_response(Handle connection, std::uint32_t tag) override;
  void on_peer_closed(Handle connection, std::uint32_t tag) override;
  void on_call_done(std::uint64_t word, const CallResult& result) override;

 private:
  struct Job {
    Handle connection;
    std::uint32_t link = 0;  ///< Slot in links_, while the caller is there.
    bool caller_is_gone = false;
    bool left_in_calls = false;  ///< It went while a call was open.
    bool has_worker = false;
    bool is_probe = false;
    http::Request request;
    vpc::Ipv4 client;
    SimTime arrived{};
    SimTime began{};  ///< A worker took it: all that the process itself can see.
    Duration wait{};  ///< Of its own work, beside the CPU.
    std::unique_ptr<SdkSegment> segment;
    Duration in_calls{};
    SimTime calls_began{};
    std::uint32_t next_call = 0;
    std::uint32_t open_calls = 0;
    int status = 200;
    sim::Bytes body{0};  ///< Of the answer.
    // The last bug of each kind that it has run into; null: none.
    const Bug* slow = nullptr;
    const Bug* failing = nullptr;
    const Bug* wrong = nullptr;
    const Bug* broken = nullptr;
  };
  struct Link {
    Handle job;
  };
  struct Arrival {
    Handle connection;
    std::uint32_t tag = 0;
    http::Request request;
    vpc::Ipv4 client;
    telemetry::HopId hop;
  };

  struct LiveBug {
    Bug bug;
    sim::Rng rng;
    bool is_fixed = false;
  };

  void take_request(const Arrival& arrival);
  void take_close(std::uint32_t tag);
  void take_result(std::uint64_t word, const CallResult& result);
  void begin(Handle handle);
  void begin_probe(Handle handle, Job& job);
  [[nodiscard]] bool is_stuck(Job& job);
  void on_computed(std::uint64_t word);
  void on_waited(std::uint64_t word);
  void make_calls(Handle handle, Job& job);
  void make_call(Handle handle, Job& job, std::uint32_t index);
  void answer(Handle handle, Job& job);
  void break_off(Handle handle, Job& job);
  void take_worker(Job& job);
  void give_worker_back(Job& job);
  /// `status` 0: it was not answered.
  void write_segment(Job& job, int status, sim::Bytes sent);
  [[nodiscard]] std::string exception_of(const OutgoingCall& call, const CallResult& result) const;
  void tell_otel(OtelSdk::Severity severity, std::string_view body, const Job& job);
  void log_request(const Job& job);
  void log_bug(const Job& job, const Bug& bug);
  void log_call_failure(const Job& job, const OutgoingCall& call, const CallResult& result);
  void begin_line(std::string_view level, std::string_view message, const Job& job);
  [[nodiscard]] int status_after(const OutgoingCall& call, const CallResult& result) const;

  sim::Engine& engine_;
  vpc::Network& network_;
  ApplicationSpec spec_;
  std::vector<std::unique_ptr<HttpClient>> clients_;  ///< One per call.
  bool running_ = true;
  Suspension suspension_;
  std::size_t unaccepted_ = 0;  ///< Connections that stand since the process does.
  ResidentSet memory_;
  std::optional<int> child_status_;
  std::deque<LiveBug> bugs_;  ///< Never shrinks: open requests name what they have met.
  std::uint32_t free_workers_ = 0;
  std::deque<Handle> waiting_;
  Slab<Job> jobs_;
  Slab<Link> links_;
  telemetry::TimeText time_text_;
  sim::Text line_;
};

}  // namespace hoplab::models::app
