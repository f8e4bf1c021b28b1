#include "models/ecs/http_probe.hpp"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

namespace hoplab::models::ecs {

HttpProbe::HttpProbe(vpc::Network& network, vpc::Interface& interface, const http::Request& request)
    : network_(network), interface_(interface), request_(request) {}

void HttpProbe::begin(std::uint16_t port, HealthCheck& check, std::uint64_t number) {
  abandon();
  check_ = &check;
  number_ = number;
  connection_ = network_.connect({.from = &interface_,
                                  .to = &interface_,
                                  .port = port,
                                  .loopback = true,
                                  .user = this,
                                  .tag = 0,
                                  .hops = {telemetry::no_hop, telemetry::no_hop}});
}

void HttpProbe::abandon() {
  check_ = nullptr;
  const Handle open = std::exchange(connection_, {});
  if (open.is_set() && network_.is_alive(open)) network_.close(open, vpc::Side::client);
}

void HttpProbe::conclude(bool has_passed) {
  connection_ = {};
  HealthCheck* check = std::exchange(check_, nullptr);
  if (check != nullptr) check->answer(number_, has_passed);
}

void HttpProbe::on_connected(Handle connection, std::uint32_t /*tag*/) {
  network_.send_request(connection, request_);
}

void HttpProbe::on_refused(Handle /*connection*/, std::uint32_t /*tag*/) { conclude(false); }

void HttpProbe::on_request(Handle /*connection*/, std::uint32_t /*tag*/) {
  HOPLAB_ASSERT(false, "a client owns client ends only");
}

void HttpProbe::on_response(Handle connection, std::uint32_t /*tag*/) {
  constexpr int first_failure = 400;  // curl -f
  const bool has_passed = network_.response(connection).status < first_failure;
  network_.close(connection, vpc::Side::client);
  conclude(has_passed);
}

void HttpProbe::on_peer_closed(Handle /*connection*/, std::uint32_t /*tag*/) { conclude(false); }

std::uint16_t port_asked_by(const std::vector<std::string>& command) {
  constexpr auto here = std::to_array<std::string_view>({"localhost:", "127.0.0.1:"});
  for (const std::string& word : command) {
    for (const std::string_view host : here) {
      const auto found = word.find(host);
      if (found == std::string::npos) continue;
      std::uint16_t port = 0;
      const char* digits = word.data() + found + host.size();
      std::from_chars(digits, word.data() + word.size(), port);
      if (port != 0) return port;
    }
  }
  return 0;
}

}  // namespace hoplab::models::ecs
