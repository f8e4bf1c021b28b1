// What `curl -f http://localhost:8080/` does, as a health check's command.
#pragma once

#include <cstdint>

#include "models/ecs/health_check.hpp"
#include "models/vpc/network.hpp"

namespace hoplab::models::ecs {

/// Connects over loopback, straight to the port, past every proxy: a closed port fails at once, an
/// answer below 400 passes, silence lasts until the health check's time-out. One probe at a time.
class HttpProbe final : public vpc::ConnectionUser {
 public:
  HttpProbe(vpc::Network& network, vpc::Interface& interface, const http::Request& request);
  HttpProbe(const HttpProbe&) = delete;
  HttpProbe& operator=(const HttpProbe&) = delete;

  void begin(std::uint16_t port, HealthCheck& check, std::uint64_t number);
  /// The command is killed: its connection closes.
  void abandon();

  void on_connected(Handle connection, std::uint32_t tag) override;
  void on_refused(Handle connection, std::uint32_t tag) override;
  void on_request(Handle connection, std::uint32_t tag) override;
  void on_response(Handle connection, std::uint32_t tag) override;
  void on_peer_closed(Handle connection, std::uint32_t tag) override;

 private:
  void conclude(bool has_passed);

  vpc::Network& network_;
  vpc::Interface& interface_;
  http::Request request_;
  HealthCheck* check_ = nullptr;
  std::uint64_t number_ = 0;
  Handle connection_;
};

/// The port that a command asks on this machine ("localhost:8080", "127.0.0.1:9901"); 0 where it
/// names none.
[[nodiscard]] std::uint16_t port_asked_by(const std::vector<std::string>& command);

}  // namespace hoplab::models::ecs
