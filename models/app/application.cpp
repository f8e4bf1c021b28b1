#include "models/app/application.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "models/app/draw.hpp"

namespace hoplab::models::app {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration probe_work = 100us;  // Assumed.
constexpr sim::Bytes probe_body{2};          // "ok"

constexpr std::uint64_t calls_max = 256;  // Of one service; the loader's limit is lower.

/// A call's word: which call of which job. 24 bits of slot (no more events can be pending than
/// that) and 32 of generation leave 8 for the call.
std::uint64_t word_of(Handle job, std::uint32_t index) {
  HOPLAB_ASSERT(job.slot <= 0xffffffU, "more requests are open than a word can tell");
  return (std::uint64_t{job.generation} << 32) | (std::uint64_t{job.slot} << 8) | index;
}
Handle job_of(std::uint64_t word) {
  const std::uint64_t packed = word >> 8;
  return {static_cast<std::uint32_t>(packed & 0xffffffU), static_cast<std::uint32_t>(packed >> 24)};
}
std::uint32_t call_of(std::uint64_t word) { return static_cast<std::uint32_t>(word & 255U); }

ResidentSet::Spec memory_of(const ApplicationSpec& spec) {
  ResidentSet::Spec memory = spec.memory;
  memory.base = spec.service->app_memory;
  memory.pressure = spec.service->memory_pressure;
  return memory;
}

}  // namespace

Application::Application(sim::Engine& engine, vpc::Network& network, Timeouts& timeouts,
                         ApplicationSpec spec)
    : engine_(engine),
      network_(network),
      spec_(std::move(spec)),
      memory_(engine, memory_of(spec_)),
      free_workers_(spec_.service->workers) {
  HOPLAB_ASSERT(spec_.calls.size() < calls_max, "a service makes more calls than a word can tell");
  for (const OutgoingCall& call : spec_.calls) {
    clients_.push_back(std::make_unique<HttpClient>(engine, network, timeouts, *this, call.target));
  }
  if (spec_.listens) open();
}

void Application::open() {
  if (running_) spec_.interface->listen(spec_.service->port, *this);
}

void Application::stop_accepting() { spec_.interface->stop_listening(*this); }

BugId Application::introduce(Bug bug) {
  // A stream of its own: requests that do not meet it are as they were.
  const std::string stream = fmt::format("bug/{}/{}", spec_.stream, bugs_.size());
  bugs_.push_back({.bug = std::move(bug), .rng = sim::Rng::stream(engine_.seed(), stream)});
  return {bugs_.size() - 1};
}

void Application::fix(BugId bug) { bugs_[bug.index].is_fixed = true; }

// --- Requests ---------------------------------------------------------------------------------

vpc::Acceptor::Answer Application::on_syn(Handle /*connection*/) {
  const std::size_t waiting = waiting_.size() + unaccepted_;
  const bool can_take = free_workers_ > 0 && !suspension_.is_on();
  if (waiting >= spec_.service->accept_queue && !can_take) {
    return spec_.service->accept_queue_overflow == scenarios::Service::Overflow::reset
               ? Answer::refused
               : Answer::dropped;
  }
  return Answer::accepted;
}

void Application::on_established(Handle /*connection*/, vpc::ConnectionUser*& user,
                                 std::uint32_t& tag) {
  user = this;
  tag = links_.make().slot;
  if (suspension_.is_on()) ++unaccepted_;
}

void Application::on_connected(Handle /*connection*/, std::uint32_t /*tag*/) {
  HOPLAB_ASSERT(false, "a server owns server ends only");
}
void Application::on_refused(Handle /*connection*/, std::uint32_t /*tag*/) {
  HOPLAB_ASSERT(false, "a server owns server ends only");
}
void Application::on_response(Handle /*connection*/, std::uint32_t /*tag*/) {
  HOPLAB_ASSERT(false, "a server owns server ends only");
}

void Application::on_request(Handle connection, std::uint32_t tag) {
  const Arrival arrival{.connection = connection,
                        .tag = tag,
                        .request = network_.request(connection),
                        .client = network_.client_address(connection),
                        .hop = network_.hops(connection).request};
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event([this, arrival, link = links_.handle_of(tag)] {
      if (links_.find(link) != nullptr) take_request(arrival);
    });
  }
  take_request(arrival);
}

void Application::take_request(const Arrival& arrival) {
  const Handle handle = jobs_.make();
  Job& job = jobs_.get(handle);
  job.connection = arrival.connection;
  job.link = arrival.tag;
  job.request = arrival.request;
  // An Envoy of the task itself comes from 127.0.0.1.
  const bool is_own = arrival.client == spec_.interface->address;
  job.client = is_own ? vpc::loopback_address : arrival.client;
  job.arrived = engine_.now();
  if (!job.request.id.is_set() && spec_.makes_request_ids) {
    const std::uint64_t high = spec_.rng.bits();
    const std::uint64_t low = spec_.rng.bits();
    constexpr unsigned uuid_random = 4;
    job.request.id = http::make_uuid(high, low, uuid_random);
  }
  links_.at(arrival.tag).job = handle;
  job.is_probe = spec_.probe_agent != http::Name{} && job.request.user_agent == spec_.probe_agent;
  network_.hop_done(arrival.hop, job.request.handed);
  if (free_workers_ == 0) return waiting_.push_back(handle);
  take_worker(job);
  begin(handle);
}

void Application::on_peer_closed(Handle /*connection*/, std::uint32_t tag) {
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event([this, tag, link = links_.handle_of(tag)] {
      if (links_.find(link) != nullptr) take_close(tag);  // Else it went with a process.
    });
  }
  take_close(tag);
}

void Application::take_close(std::uint32_t tag) {
  if (Job* job = jobs_.find(links_.at(tag).job)) {
    job->caller_is_gone = true;
    // While it waits for a call, the hop that keeps it waiting is the one that failed.
    job->left_in_calls = job->open_calls > 0;
    if (!job->left_in_calls && !job->is_probe)
      network_.hop_failed(spec_.own_hop, job->arrived + job->in_calls);
  }
  links_.free(links_.handle_of(tag));
}

void Application::take_worker(Job& job) {
  --free_workers_;
  job.has_worker = true;
}

void Application::give_worker_back(Job& job) {
  if (!std::exchange(job.has_worker, false)) return;
  ++free_workers_;
  if (waiting_.empty()) return;
  const Handle next = waiting_.front();
  waiting_.pop_front();
  take_worker(jobs_.get(next));
  begin(next);
}

void Application::begin(Handle handle) {
  Job& job = jobs_.get(handle);
  job.began = engine_.now();
  if (job.is_probe) return begin_probe(handle, job);
  if (spec_.tracer != nullptr) job.segment = spec_.tracer->begin(job.request, spec_.calls.size());
  job.body = spec_.service->response_size;
  // Drawn for every request alike: a bug that meets one must not shift what the others get.
  const Duration work = draw(spec_.service->service_cpu, spec_.rng);
  job.wait = draw(spec_.service->service_wait, spec_.rng);
  if (is_stuck(job)) return;  // Never to be answered.
  if (work == 0ns) return on_computed(handle.packed());
  const double slowdown = memory_.slowdown();
  const Duration longer =
      slowdown > 1 ? sim::seconds_to_duration(sim::in_seconds(work) * slowdown) : work;
  spec_.cpu->start(spec_.container, longer,
                   sim::call<&Application::on_computed>(*this, handle.packed()));
}

// A handler that does next to nothing, but on a worker: it hangs where they hang, and waits for CPU
// where there is none.
void Application::begin_probe(Handle handle, Job& job) {
  job.body = probe_body;
  for (const LiveBug& live : bugs_) {
    const bool is_deadly =
        live.bug.kind == Bug::Kind::infinite_loop || live.bug.kind == Bug::Kind::hang;
    if (is_deadly && !live.is_fixed && live.bug.share.value() >= 1) return;
  }
  spec_.cpu->start(spec_.container, probe_work,
                   sim::call<&Application::on_computed>(*this, handle.packed()));
}

// Every bug has its own chance at a request.
bool Application::is_stuck(Job& job) {
  bool is_stuck = false;
  for (LiveBug& live : bugs_) {
    const Bug& bug = live.bug;
    if (live.is_fixed || !live.rng.chance(bug.share) || is_stuck) continue;
    if (bug.kind == Bug::Kind::infinite_loop) spec_.cpu->start_endless(spec_.container);
    is_stuck = bug.kind == Bug::Kind::infinite_loop || bug.kind == Bug::Kind::hang;
    if (bug.kind == Bug::Kind::leak) memory_.leak(bug.size);
    if (bug.kind == Bug::Kind::slow) job.slow = &bug;
    if (bug.kind == Bug::Kind::failing) job.failing = &bug;
    if (bug.kind == Bug::Kind::broken) job.broken = &bug;
    if (bug.kind == Bug::Kind::wrong_answer) job.wrong = &bug;
  }
  return is_stuck;
}

void Application::on_computed(std::uint64_t word) {
  if (suspension_.is_on()) return suspension_.keep_timer([this, word] { on_computed(word); });
  const Job* job = jobs_.find(Handle::unpack(word));
  if (job == nullptr) return;
  Duration wait = job->wait;
  if (job->slow != nullptr) wait += job->slow->delay;
  if (wait == 0ns) return on_waited(word);
  engine_.after(wait, sim::call<&Application::on_waited>(*this, word));
}

void Application::on_waited(std::uint64_t word) {
  if (suspension_.is_on()) return suspension_.keep_timer([this, word] { on_waited(word); });
  const Handle handle = Handle::unpack(word);
  Job* job = jobs_.find(handle);
  if (job == nullptr) return;
  if (job->slow != nullptr) log_bug(*job, *job->slow);
  if (job->failing != nullptr) {
    job->status = job->failing->status;
    log_bug(*job, *job->failing);
  }
  if (job->broken != nullptr) return break_off(handle, *job);
  if (spec_.calls.empty() || job->failing != nullptr || job->is_probe) {
    return answer(handle, *job);
  }
  if (!spec_.service->holds_worker_during_calls) give_worker_back(*job);
  make_calls(handle, *job);
}

// --- Calls ------------------------------------------------------------------------------------

void Application::make_calls(Handle handle, Job& job) {
  job.calls_began = engine_.now();
  if (spec_.service->call_order == scenarios::Service::CallOrder::sequence) {
    return make_call(handle, job, job.next_call++);
  }
  job.next_call = static_cast<std::uint32_t>(spec_.calls.size());
  for (std::uint32_t index = 0; index < job.next_call; ++index) make_call(handle, job, index);
}

void Application::make_call(Handle handle, Job& job, std::uint32_t index) {
  const OutgoingCall& call = spec_.calls[index];
  http::Request request = call.request;
  request.id = job.request.id;
  request.trace = job.request.trace;
  if (job.segment) spec_.tracer->begin_call(*job.segment, index, call.request, request);
  ++job.open_calls;
  clients_[index]->call(word_of(handle, index), request, call.spec->timeout);
}

int Application::status_after(const OutgoingCall& call, const CallResult& result) const {
  using OnError = scenarios::Call::OnError;
  if (!result.has_failed()) return 200;
  if (call.spec->on_error == OnError::ignore) return 200;
  if (call.spec->on_error == OnError::status) return call.spec->error_status;
  if (result.status != 0 && !result.is_truncated) return result.status;
  return result.timed_out ? 504 : 502;
}

void Application::on_call_done(std::uint64_t word, const CallResult& result) {
  if (suspension_.is_on()) {
    return suspension_.keep_socket_event([this, word, result] {
      if (jobs_.find(job_of(word)) != nullptr) take_result(word, result);
    });
  }
  take_result(word, result);
}

void Application::take_result(std::uint64_t word, const CallResult& result) {
  const Handle handle = job_of(word);
  const OutgoingCall& call = spec_.calls[call_of(word)];
  const bool has_failed = result.has_failed();
  spec_.sink->request(call.series, engine_.now(), engine_.now() - result.began, result.status,
                      has_failed);
  Job& job = jobs_.get(handle);
  --job.open_calls;
  if (job.segment) {
    SdkSegment::Call& traced = job.segment->calls[call_of(word)];
    traced.ended = engine_.now();
    traced.has_ended = true;
    traced.status = result.status;
    traced.received = result.received;
    if (result.status == 0) traced.exception = exception_of(call, result);
  }
  if (spec_.otel != nullptr) {
    spec_.otel->call_ended(call.request, result.status, engine_.now() - result.began);
  }
  if (has_failed) {
    log_call_failure(job, call, result);
    const int status = status_after(call, result);
    if (job.status == 200) job.status = status;
  }
  const bool goes_on = job.status == 200 && job.next_call < spec_.calls.size();
  if (goes_on) return make_call(handle, job, job.next_call++);
  if (job.open_calls > 0) return;
  job.in_calls += engine_.now() - job.calls_began;
  answer(handle, job);
}

void Application::answer(Handle handle, Job& job) {
  if (job.status != 200) job.wrong = nullptr;  // It never came to answer.
  if (job.wrong != nullptr) {
    const auto size = [](const std::string& text) {
      return static_cast<std::int64_t>(text.size());
    };
    const std::int64_t right = job.body.count() - size(job.wrong->expected);
    job.body = sim::Bytes(std::max<std::int64_t>(right, 0) + size(job.wrong->text));
  }
  if (!job.caller_is_gone) {
    if (!job.is_probe) network_.hop_done(spec_.own_hop, job.arrived + job.in_calls);
    links_.at(job.link).job = {};
    // A process that stood still may answer a caller of whose end it hears next.
    if (network_.is_alive(job.connection)) {
      network_.send_response(job.connection, {.status = job.status,
                                              .body = job.body,
                                              .upstream_service_time_ms = -1,
                                              .handed = engine_.now()});
    }
  }
  // The calls it waited for all succeeded in the end: then it was this hop that took too long.
  if (job.left_in_calls && job.status == 200) {
    network_.hop_failed(spec_.own_hop, job.arrived + job.in_calls);
  }
  if (!job.is_probe) log_request(job);
  if (job.segment) write_segment(job, job.status, job.body);
  give_worker_back(job);
  jobs_.free(handle);
}

// An exception that nobody catches takes the connection along; the process goes on.
void Application::break_off(Handle handle, Job& job) {
  log_bug(job, *job.broken);
  if (job.segment) write_segment(job, 0, sim::Bytes(0));
  if (!job.caller_is_gone && network_.is_alive(job.connection)) {
    using Damage = http::Response::Damage;
    const bool is_answered = job.broken->breakage != Bug::Breakage::reset;
    if (is_answered) {
      const bool is_http = job.broken->breakage == Bug::Breakage::truncated;
      network_.hop_done(spec_.own_hop, job.arrived + job.in_calls);
      network_.send_response(job.connection,
                             {.status = job.status,
                              .body = is_http ? sim::Bytes(job.body.count() / 2) : sim::Bytes(0),
                              .upstream_service_time_ms = -1,
                              .damage = is_http ? Damage::truncated : Damage::garbage,
                              .handed = engine_.now()});
    } else {
      network_.hop_failed(spec_.own_hop, job.arrived + job.in_calls);
    }
    network_.close(job.connection, vpc::Side::server);
    links_.free(links_.handle_of(job.link));
  }
  give_worker_back(job);
  jobs_.free(handle);
}

// --- The end ----------------------------------------------------------------------------------

void Application::work_in_parent() {
  child_status_.reset();
  memory_.forget_leaks();
}

void Application::lose_child() {
  const int status = child_status_.value();
  spec_.cpu->cancel_all(spec_.container);
  memory_.forget_leaks();
  for (const auto& client : clients_) client->close_all();
  jobs_.for_each([&](Handle handle, Job& job) {
    if (job.began == SimTime{}) return;  // It waits in the parent.
    if (job.has_worker) ++free_workers_;
    // A stopped process has not heard yet of a caller that has left.
    const bool has_caller = !job.caller_is_gone && network_.is_alive(job.connection);
    if (has_caller) {
      links_.at(job.link).job = {};
      if (status == 0) {
        network_.hop_failed(spec_.own_hop, job.arrived + job.in_calls);
        network_.close(job.connection, vpc::Side::server);
        links_.free(links_.handle_of(job.link));
      } else {
        network_.hop_done(spec_.own_hop, job.arrived + job.in_calls);
        network_.send_response(job.connection, {.status = status,
                                                .body = sim::Bytes(0),
                                                .upstream_service_time_ms = -1,
                                                .handed = engine_.now()});
      }
    }
    job.status = status;
    job.wrong = nullptr;
    if (status != 0) log_request(job);
    jobs_.free(handle);
  });
  while (free_workers_ > 0 && !waiting_.empty() && !suspension_.is_on()) {
    const Handle next = waiting_.front();
    waiting_.pop_front();
    take_worker(jobs_.get(next));
    begin(next);
  }
}

void Application::resume() {
  unaccepted_ = 0;
  suspension_.end();
}

void Application::kill() {
  if (!std::exchange(running_, false)) return;
  suspension_.forget();
  spec_.interface->stop_listening(*this);
  spec_.cpu->cancel_all(spec_.container);
  memory_.release();
  for (const auto& client : clients_) client->close_all();
  jobs_.for_each([this](Handle handle, Job& job) {
    if (!job.caller_is_gone && job.open_calls == 0 && !job.is_probe) {
      network_.hop_failed(spec_.own_hop, job.arrived + job.in_calls);
    }
    jobs_.free(handle);
  });
  waiting_.clear();
  network_.close_all(*this);
  links_.for_each([this](Handle handle, Link&) { links_.free(handle); });
}

}  // namespace hoplab::models::app
