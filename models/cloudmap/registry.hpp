// AWS Cloud Map: which addresses a service has, as far as anybody can look it up.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/vpc/address.hpp"
#include "scenarios/schema/spec_ecs.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::cloudmap {

struct Record {
  std::string instance_id;  ///< The task's id.
  vpc::Ipv4 address;
  bool is_healthy = true;  ///< Custom health: what ECS says of it.
};

/// Every change takes a while before those who look it up can see it:
///
///   (absent) --RegisterInstance--> listed --DeregisterInstance--> (absent)
///                                  healthy <--UpdateInstanceCustomHealthStatus--> unhealthy
///
/// A registration that is not through yet when the instance is deregistered never shows.
///
/// Source: Cloud Map API reference; a custom health status takes effect after 30 s.
///         Assumed: 1 to 5 s for registrations and their end.
class Registry {
 public:
  /// `service` has changed, for those who ask from now on.
  using Watcher = std::function<void(const std::string& service)>;

  Registry(sim::Engine& engine, const scenarios::ControlPlaneTimings& timings);
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Has been there for long when the run begins.
  void put(const std::string& service, Record record);
  void register_instance(const std::string& service, Record record);
  void deregister_instance(const std::string& service, const std::string& instance_id);
  void set_health(const std::string& service, const std::string& instance_id, bool is_healthy);
  void watch(Watcher watcher) { watchers_.push_back(std::move(watcher)); }
  /// From now on nothing of this service changes any more, until `thaw`: its records are stale.
  void freeze(const std::string& service) { frozen_[service]; }
  void thaw(const std::string& service);

  /// In order of registration.
  [[nodiscard]] const std::vector<Record>& records(const std::string& service) const;
  /// The addresses of the healthy ones; where none is, of all (as DiscoverInstances'
  /// HEALTHY_OR_ELSE_ALL and DNS have it).
  [[nodiscard]] std::vector<vpc::Ipv4> addresses(const std::string& service) const;

 private:
  using Change = std::function<void()>;
  [[nodiscard]] sim::Duration delay(std::string_view what, const std::string& instance_id);
  void apply(const std::string& service, const Change& change);

  sim::Engine& engine_;
  const scenarios::ControlPlaneTimings& timings_;
  std::map<std::string, std::vector<Record>> services_;
  std::map<std::string, sim::EventId> registering_;  ///< By instance id.
  std::map<std::string, std::vector<Change>> frozen_;
  std::vector<Watcher> watchers_;
};

/// What one resolver knows of one name: answers live for the TTL, and that there is none lives for
/// the (long) negative TTL.
///
///   knows addresses --a change, then the rest of the TTL--> asks again
///   knows of none   --a change, then the rest of the negative TTL--> asks again
///
/// Route 53 answers with eight healthy records at most. Of more it gives each resolver eight
/// others, and for each question: an answer of eight is asked for again when its TTL is over.
///
/// Source: RFC 2308; Cloud Map's zones have a SOA of 900 s (App Mesh roadmap issue 151); Route 53
///         developer guide, "Multivalue answer routing".
/// Limits: with a TTL of 0 it does not ask again for eight others until a record changes.
class Resolver {
 public:
  using Listener = std::function<void(const std::vector<vpc::Ipv4>& addresses)>;

  /// `rng_name` names the stream from which the phase of its cache is drawn.
  Resolver(sim::Engine& engine, const Registry& registry, std::string service,
           const scenarios::ControlPlaneTimings& timings, std::string rng_name, Listener listener);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// It has asked in the past what it would be told now.
  void prime();
  [[nodiscard]] const std::vector<vpc::Ipv4>& known() const { return known_; }
  /// The registry's service has changed.
  void on_change();

 private:
  void ask();
  [[nodiscard]] std::vector<vpc::Ipv4> answer() const;
  void ask_for_others();

  sim::Engine& engine_;
  const Registry& registry_;
  std::string service_;
  const scenarios::ControlPlaneTimings& timings_;
  std::string rng_name_;
  Listener listener_;
  std::vector<vpc::Ipv4> known_;
  std::uint64_t asked_ = 0;
  sim::SimTime knows_none_until_{};
  bool is_due_ = false;
};

}  // namespace hoplab::models::cloudmap
