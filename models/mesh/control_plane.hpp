// App Mesh's control plane: what the Envoys hear, and when.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/cloudmap/registry.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/engine.hpp"
#include "sim/random.hpp"

namespace hoplab::models::mesh {

/// One Envoy's configuration stream, seen from its end.
class ConfigurationUser {
 public:
  virtual ~ConfigurationUser() = default;
  /// The whole configuration as it is now.
  virtual void on_configuration() = 0;
  /// What service discovery lists for a service.
  virtual void on_endpoints(const std::string& service,
                            const std::vector<vpc::Ipv4>& addresses) = 0;
  /// The stream stands, or is closed with a gRPC status and its message.
  virtual void on_stream(bool is_connected, int grpc_status, const std::string& message) = 0;
};

/// Watches Cloud Map and tells the Envoys whose clusters have changed.
///
///   Envoy: (started) --connects--> connected --about every 30 min: closed with status 0--+
///              ^                       |  ^                                              |
///              |     outage: status 14 |  +--------------- at once ----------------------+
///              +-- when it is over ----+
///
/// A change in Cloud Map is seen at the next poll, `endpoints` later; all that changed until then
/// goes along. During an outage nothing is told: Envoys keep the last configuration they got, and
/// new ones wait for their first without end (ENVOY_INITIAL_FETCH_TIMEOUT=0). When it is over every
/// Envoy connects again within its back-off, at most 30 s, and gets everything. Of services that
/// are found by DNS it tells nothing: each Envoy looks them up itself, outage or not.
///
/// Source: App Mesh User Guide (Envoy), App Mesh roadmap issues 32 and 151.
///         Assumed: how long a poll takes to reach an Envoy, a second for the first connection.
/// Limits: all Envoys hear of a change at the same instant.
class ControlPlane {
 public:
  using Id = std::uint64_t;  ///< Of a stream.

  ControlPlane(sim::Engine& engine, cloudmap::Registry& registry,
               const scenarios::Scenario& scenario);
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  /// A stream that stands when the run begins; the Envoy has its configuration.
  Id adopt(ConfigurationUser& user, const std::string& name,
           const std::vector<std::string>& services);
  /// A new Envoy wants its configuration. `name` names what is drawn for it.
  Id connect(ConfigurationUser& user, const std::string& name,
             const std::vector<std::string>& services);
  /// The Envoy is gone.
  void disconnect(Id stream);
  /// Mesh objects have changed: every Envoy hears of it, `configuration` later.
  void reconfigure();
  void begin_outage();
  void end_outage();
  [[nodiscard]] bool is_up() const { return is_up_; }
  /// What it believes to be the addresses of a service.
  [[nodiscard]] const std::vector<vpc::Ipv4>& addresses(const std::string& service);

 private:
  struct Stream {
    ConfigurationUser* user = nullptr;
    std::string name;
    std::vector<std::string> services;
    bool is_connected = false;
    std::uint32_t attempts = 0;
    sim::EventId recycling;
  };
  Id add(ConfigurationUser& user, const std::string& name,
         const std::vector<std::string>& services);
  void establish(Id stream);
  void recycle(Id stream);
  void schedule_recycling(Id id, Stream& stream);
  void on_registry_change(const std::string& service);
  void poll(const std::string& service);
  void push_endpoints(const std::string& service);
  [[nodiscard]] sim::Rng rng_of(const std::string& what, std::uint64_t number);

  sim::Engine& engine_;
  cloudmap::Registry& registry_;
  const scenarios::Scenario& scenario_;
  std::set<std::string> found_by_dns_;
  std::map<Id, Stream> streams_;
  std::map<std::string, std::set<Id>> streams_of_service_;
  std::map<std::string, std::vector<vpc::Ipv4>> view_;
  std::set<std::string> polls_due_;
  std::map<std::string, std::uint64_t> polls_made_;
  Id next_id_ = 1;
  std::uint64_t reconfigurations_ = 0;
  bool is_up_ = true;
};

}  // namespace hoplab::models::mesh
