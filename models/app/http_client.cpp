#include "models/app/http_client.hpp"

#include <utility>

namespace hoplab::models::app {
namespace {

/// A round trip to the VPC's resolver. Assumed.
constexpr sim::Duration resolver_answer = std::chrono::milliseconds(1);

}  // namespace

HttpClient::HttpClient(sim::Engine& engine, vpc::Network& network, Timeouts& timeouts,
                       CallUser& user, ClientTarget target)
    : engine_(engine),
      network_(network),
      timeouts_(timeouts),
      user_(user),
      target_(std::move(target)) {}

void HttpClient::set_targets(std::vector<vpc::Interface*> to) {
  target_.to = std::move(to);
  next_target_ = 0;
}

void HttpClient::call(std::uint64_t word, const http::Request& request,
                      std::optional<Duration> timeout) {
  const bool is_reused = !idle_.empty();
  const std::uint32_t slot = is_reused ? idle_.back() : links_.make().slot;
  if (is_reused) idle_.pop_back();
  Link& link = links_.at(slot);
  link.is_busy = true;
  link.word = word;
  link.request = request;
  link.request.handed = engine_.now();
  link.began = engine_.now();
  link.timeout = {};
  if (timeout) {
    link.timeout_length = *timeout;
    link.timeout = timeouts_.of(*timeout).start(sim::call<&HttpClient::on_timeout>(*this, slot));
  }
  link.trouble = CallTrouble::none;
  link.look_up = {};
  if (is_reused) return network_.send_request(link.connection, link.request);
  link.is_connecting = true;
  link.connection = {};
  look_up(slot);
}

void HttpClient::look_up(std::uint32_t slot) {
  Link& link = links_.at(slot);
  vpc::LookUp answer;
  using Outcome = vpc::LookUp::Outcome;
  if (target_.lacks_name) answer = {Outcome::no_such_name, resolver_answer};
  if (target_.looks_names_up) answer = target_.from->look_up(engine_.now(), target_.host_name);
  if (answer.outcome == Outcome::found && !target_.loopback && target_.to.empty()) {
    answer = {Outcome::no_such_name, resolver_answer};
  }
  if (answer.outcome == Outcome::found && answer.after == Duration::zero()) return connect(slot);
  if (answer.outcome == Outcome::no_such_name) link.trouble = CallTrouble::no_such_name;
  if (answer.outcome == Outcome::try_again) link.trouble = CallTrouble::no_resolver;
  link.look_up = engine_.after(answer.after, sim::call<&HttpClient::on_looked_up>(*this, slot));
}

void HttpClient::on_looked_up(std::uint64_t slot) {
  const auto tag = static_cast<std::uint32_t>(slot);
  Link& link = links_.at(tag);
  link.look_up = {};
  const bool is_nobody = !target_.loopback && target_.to.empty();  // They have gone meanwhile.
  if (link.trouble == CallTrouble::none && is_nobody) link.trouble = CallTrouble::no_such_name;
  if (link.trouble == CallTrouble::none) return connect(tag);
  network_.hop_failed(target_.hops.request, link.began);
  finish(tag, 0, false);
}

void HttpClient::connect(std::uint32_t slot) {
  Link& link = links_.at(slot);
  vpc::Interface* to = target_.from;
  vpc::Dialled dialled{.address = {}, .port = target_.dialled_port};
  if (!target_.to.empty()) {
    vpc::Interface* named = target_.to[next_target_];
    next_target_ = (next_target_ + 1) % target_.to.size();
    dialled.address = named->address;
    if (!target_.loopback) to = named;
  }
  link.connection = network_.connect({
      .from = target_.from,
      .to = to,
      .port = target_.port,
      .loopback = target_.loopback,
      .user = this,
      .tag = slot,
      .hops = target_.hops,
      .dialled = dialled,
  });
}

void HttpClient::on_connected(Handle connection, std::uint32_t tag) {
  Link& link = links_.at(tag);
  link.is_connecting = false;
  network_.send_request(connection, link.request);
}

void HttpClient::on_refused(Handle /*connection*/, std::uint32_t tag) {
  network_.hop_failed(target_.hops.request, links_.at(tag).began);
  if (network_.failure() == vpc::ConnectFailure::no_port) {
    links_.at(tag).trouble = CallTrouble::no_port;
  }
  finish(tag, 0, false);
}

void HttpClient::on_request(Handle /*connection*/, std::uint32_t /*tag*/) {
  HOPLAB_ASSERT(false, "a client owns client ends only");
}

void HttpClient::on_response(Handle connection, std::uint32_t tag) {
  const http::Response& response = network_.response(connection);
  using Damage = http::Response::Damage;
  const Damage damage = response.damage;
  const int status = damage == Damage::garbage ? 0 : response.status;
  network_.hop_done(target_.hops.response, response.handed);
  Link& link = links_.at(tag);
  if (link.timeout.is_set()) timeouts_.of(link.timeout_length).cancel(link.timeout);
  const std::uint64_t word = link.word;
  const CallResult result{.status = status,
                          .trouble = CallTrouble::none,
                          .timed_out = false,
                          .is_truncated = damage == Damage::truncated,
                          .received = response.body,
                          .began = link.began};
  link.is_busy = false;
  if (target_.reuses_connections && !response.closes_connection && damage == Damage::none) {
    idle_.push_back(tag);
  } else {
    network_.close(connection, vpc::Side::client);
    drop(tag);
  }
  user_.on_call_done(word, result);
}

void HttpClient::on_peer_closed(Handle /*connection*/, std::uint32_t tag) {
  const Link& link = links_.at(tag);
  if (link.is_connecting) network_.hop_failed(target_.hops.request, link.began);
  if (link.is_busy) return finish(tag, 0, false);
  std::erase(idle_, tag);
  drop(tag);
}

void HttpClient::on_timeout(std::uint64_t slot) {
  const auto tag = static_cast<std::uint32_t>(slot);
  Link& link = links_.at(tag);
  link.timeout = {};
  if (link.is_connecting) network_.hop_failed(target_.hops.request, link.began);
  engine_.cancel(link.look_up);
  link.trouble = CallTrouble::none;
  if (link.connection.is_set()) network_.close(link.connection, vpc::Side::client);
  finish(tag, 0, true);
}

void HttpClient::finish(std::uint32_t slot, int status, bool timed_out) {
  const Link& link = links_.at(slot);
  if (link.timeout.is_set()) timeouts_.of(link.timeout_length).cancel(link.timeout);
  const std::uint64_t word = link.word;
  const CallResult result{.status = status,
                          .trouble = link.trouble,
                          .timed_out = timed_out,
                          .is_truncated = false,
                          .received = sim::Bytes(0),
                          .began = link.began};
  drop(slot);
  user_.on_call_done(word, result);
}

void HttpClient::drop(std::uint32_t slot) { links_.free(links_.handle_of(slot)); }

void HttpClient::close_all() {
  links_.for_each([this](Handle handle, Link& link) {
    if (link.timeout.is_set()) timeouts_.of(link.timeout_length).cancel(link.timeout);
    engine_.cancel(link.look_up);
    if (link.connection.is_set()) network_.close(link.connection, vpc::Side::client);
    links_.free(handle);
  });
  idle_.clear();
}

}  // namespace hoplab::models::app
