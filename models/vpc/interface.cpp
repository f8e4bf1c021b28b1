#include "models/vpc/interface.hpp"

#include <algorithm>

namespace hoplab::models::vpc {

void Interface::stop_listening(const Acceptor& acceptor) {
  std::erase_if(listeners, [&](const auto& entry) { return entry.second == &acceptor; });
}

std::uint16_t Interface::port_behind_redirect(std::uint16_t port) const {
  const bool is_redirected = std::ranges::find(redirected_ports, port) != redirected_ports.end();
  return is_redirected ? redirect_port : port;
}

Acceptor* Interface::listener(std::uint16_t port) const {
  for (const auto& [listening, acceptor] : listeners) {
    if (listening == port) return acceptor;
  }
  return nullptr;
}

}  // namespace hoplab::models::vpc
