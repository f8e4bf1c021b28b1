// How the parts of a world are named and joined: hops, series, calls, configurations.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/app/application.hpp"
#include "models/envoy/config.hpp"
#include "models/http/message.hpp"
#include "models/mesh/dialect.hpp"
#include "models/telemetry/sink.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models {

/// The user agents of the two kinds of callers, as real ones spell them.
inline constexpr std::string_view app_user_agent = "Go-http-client/1.1";
inline constexpr std::string_view load_user_agent = "k6/0.49.0 (https://k6.io/)";

/// Headers of a call or a load as requests carry them.
[[nodiscard]] std::string head_lines(const std::vector<scenarios::Header>& headers);

class Wiring {
 public:
  Wiring(const scenarios::Scenario& scenario, const mesh::Dialect& dialect, telemetry::Sink& sink,
         http::Names& names);

  [[nodiscard]] const scenarios::Service& service(const std::string& name) const;
  [[nodiscard]] const scenarios::VirtualService& virtual_service(const std::string& name) const;
  /// Changes the weights that are named, in every route; returns those that were in force.
  std::map<std::string, std::uint32_t> set_weights(
      const std::string& name, const std::map<std::string, std::uint32_t>& weights);
  /// As they are now.
  [[nodiscard]] std::vector<scenarios::VirtualService> all_virtual_services() const;
  [[nodiscard]] const scenarios::TaskDefinition& definition(const std::string& service) const {
    return *definitions_.at(service);
  }
  /// By service.
  [[nodiscard]] const std::map<std::string, const scenarios::TaskDefinition*>& definitions() const {
    return definitions_;
  }

  [[nodiscard]] telemetry::HopId hop(const std::string& name);
  [[nodiscard]] telemetry::SeriesId series(const std::string& name);
  [[nodiscard]] std::vector<std::string> hop_names(const std::string& caller, bool caller_is_load,
                                                   const std::string& callee) const;
  /// Tells the sink which hops make up which edge.
  void declare_chains();

  /// The calls of a service's application, from that interface; their targets are for whoever
  /// knows the tasks.
  [[nodiscard]] std::vector<app::OutgoingCall> calls_of(const std::string& service,
                                                        vpc::Interface& interface);
  /// The services behind what a service calls, each once.
  [[nodiscard]] std::vector<std::string> callees_of(const std::string& service) const;

  using EndpointsOf = std::function<std::vector<envoy::Endpoint>(const std::string& service)>;
  /// Of the Envoys of a service, which knows what it says here.
  [[nodiscard]] envoy::Snapshot configuration_of(const scenarios::Service& service,
                                                 const EndpointsOf& endpoints);

 private:
  const scenarios::Scenario& scenario_;
  const mesh::Dialect& dialect_;
  telemetry::Sink& sink_;
  http::Names& names_;
  std::map<std::string, const scenarios::Service*, std::less<>> services_;
  std::map<std::string, const scenarios::VirtualService*, std::less<>> virtual_services_;
  std::map<std::string, scenarios::VirtualService> changed_;  ///< Since the start.
  std::map<std::string, const scenarios::TaskDefinition*> definitions_;
  std::map<std::string, telemetry::HopId> hops_;
  std::map<std::string, telemetry::SeriesId> series_;
};

}  // namespace hoplab::models
