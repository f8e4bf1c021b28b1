#include "models/envoy/health_checker.hpp"

#include <utility>

namespace hoplab::models::envoy {
namespace {

constexpr int status_ok = 200;

}  // namespace

HealthChecker::HealthChecker(const Parts& parts, const HealthCheck& settings, Listener& listener)
    : parts_(parts), settings_(settings), listener_(listener) {}

void HealthChecker::stop() {
  for (Session& session : sessions_) end(session);
}

void HealthChecker::end(Session& session) {
  session.is_over = true;
  session.is_probing = false;
  parts_.engine.cancel(session.next);
  parts_.engine.cancel(session.timeout);
  close(session);
}

// --- Hosts come and go ------------------------------------------------------------------------

void HealthChecker::on_hosts_joined() {
  while (sessions_.size() < parts_.hosts.size()) {
    const auto host = static_cast<HostIndex>(sessions_.size());
    sessions_.emplace_back().is_over = !parts_.hosts.at(host).is_member;
    on_interval(host);
  }
}

void HealthChecker::on_host_left(HostIndex host) {
  if (!parts_.hosts.at(host).fails_health_check) --parts_.stats.health_check_healthy;
  end(sessions_[host]);
}

void HealthChecker::close(Session& session) {
  if (!std::exchange(session.has_connection, false)) return;
  if (parts_.network.is_alive(session.connection)) {
    parts_.network.close(session.connection, vpc::Side::client);
  }
}

// --- A probe ----------------------------------------------------------------------------------

void HealthChecker::on_interval(std::uint64_t word) {
  if (parts_.suspension.is_on()) {
    return parts_.suspension.keep_timer([this, word] { on_interval(word); });
  }
  const auto host = static_cast<HostIndex>(word);
  Session& session = sessions_[host];
  if (session.is_over) return;
  session.is_probing = true;
  ++parts_.stats.health_check_attempt;
  session.timeout =
      parts_.engine.after(settings_.timeout, sim::call<&HealthChecker::on_timeout>(*this, word));
  if (session.has_connection) return send(host);
  const Endpoint& endpoint = parts_.hosts.at(host).endpoint;
  session.has_connection = true;
  session.connection = parts_.network.connect({
      .from = &parts_.interface,
      .to = parts_.network.find(endpoint.address),
      .port = settings_.port.value_or(endpoint.port),
      .loopback = false,
      .user = this,
      .tag = host,
      .hops = settings_.hops,
  });
}

void HealthChecker::send(std::uint32_t host) {
  Session& session = sessions_[host];
  if (!parts_.network.is_alive(session.connection)) return;  // Its end is told next.
  http::Request request;
  request.method = settings_.method;
  request.path = settings_.path;
  request.authority = settings_.authority;
  request.user_agent = settings_.user_agent;
  request.handed = parts_.engine.now();
  parts_.network.send_request(session.connection, request);
}

void HealthChecker::on_timeout(std::uint64_t word) {
  if (parts_.suspension.is_on()) {
    return parts_.suspension.keep_timer([this, word] { on_timeout(word); });
  }
  const auto host = static_cast<HostIndex>(word);
  Session& session = sessions_[host];
  if (!session.is_probing || session.is_over) return;
  close(session);
  conclude(host, Outcome::unreachable);
}

// --- What the sockets tell --------------------------------------------------------------------

void HealthChecker::on_connected(Handle /*connection*/, std::uint32_t tag) {
  if (parts_.suspension.is_on()) {
    return parts_.suspension.keep_socket_event([this, tag] { send(tag); });
  }
  send(tag);
}

void HealthChecker::on_refused(Handle /*connection*/, std::uint32_t tag) {
  if (parts_.suspension.is_on()) {
    return parts_.suspension.keep_socket_event([this, tag] { take_close(tag); });
  }
  take_close(tag);
}

void HealthChecker::on_request(Handle /*connection*/, std::uint32_t /*tag*/) {
  HOPLAB_ASSERT(false, "a health checker owns client ends only");
}

void HealthChecker::on_response(Handle connection, std::uint32_t tag) {
  const http::Response response = parts_.network.response(connection);
  if (parts_.suspension.is_on()) {
    return parts_.suspension.keep_socket_event(
        [this, tag, response] { take_response(tag, response); });
  }
  take_response(tag, response);
}

void HealthChecker::take_response(std::uint32_t host, const http::Response& response) {
  Session& session = sessions_[host];
  if (!session.is_probing) return;
  parts_.network.hop_done(settings_.hops.response, response.handed);
  if (response.closes_connection) close(session);
  conclude(host, response.status == status_ok ? Outcome::success : Outcome::answered_badly);
}

void HealthChecker::on_peer_closed(Handle /*connection*/, std::uint32_t tag) {
  if (parts_.suspension.is_on()) {
    return parts_.suspension.keep_socket_event([this, tag] { take_close(tag); });
  }
  take_close(tag);
}

void HealthChecker::take_close(std::uint32_t host) {
  Session& session = sessions_[host];
  session.has_connection = false;
  if (session.is_probing) conclude(host, Outcome::unreachable);
}

// --- What it means ----------------------------------------------------------------------------

void HealthChecker::conclude(std::uint32_t host, Outcome outcome) {
  Session& session = sessions_[host];
  session.is_probing = false;
  parts_.engine.cancel(session.timeout);
  if (outcome == Outcome::success) {
    succeed(host);
  } else {
    fail(host, outcome);
  }
  session.has_result = true;
  if (session.is_over) return;
  const bool has_traffic = parts_.stats.cx_total > 0;
  session.next =
      parts_.engine.after(has_traffic ? settings_.interval : settings_.no_traffic_interval,
                          sim::call<&HealthChecker::on_interval>(*this, host));
}

void HealthChecker::succeed(HostIndex host) {
  Session& session = sessions_[host];
  ++parts_.stats.health_check_success;
  session.failures = 0;
  if (!parts_.hosts.at(host).fails_health_check) return;
  if (session.has_result && ++session.successes < settings_.healthy_threshold) return;
  ++parts_.stats.health_check_healthy;
  change(host, false);
}

void HealthChecker::fail(HostIndex host, Outcome outcome) {
  Session& session = sessions_[host];
  ++parts_.stats.health_check_failure;
  if (outcome == Outcome::unreachable) ++parts_.stats.health_check_network_failure;
  session.successes = 0;
  if (parts_.hosts.at(host).fails_health_check) return;
  const bool is_patient = outcome == Outcome::unreachable;
  if (is_patient && ++session.failures < settings_.unhealthy_threshold) return;
  --parts_.stats.health_check_healthy;
  change(host, true);
}

void HealthChecker::change(HostIndex host, bool fails) {
  Session& session = sessions_[host];
  session.successes = 0;
  session.failures = 0;
  const bool left = parts_.hosts.set_failing(host, fails);
  if (left) end(session);  // As on_host_left; the gauge has been told.
  listener_.on_health_changed(host, left);
}

}  // namespace hoplab::models::envoy
