// How an Envoy keeps looking up the name of a cluster.
#pragma once

#include <string>
#include <vector>

#include "models/envoy/config.hpp"
#include "models/envoy/profile.hpp"
#include "models/envoy/stats.hpp"
#include "models/suspension.hpp"
#include "models/vpc/resolver.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::envoy {

/// The resolver as the Envoy's host has it.
class NameService {
 public:
  struct Answer {
    vpc::LookUp::Outcome outcome = vpc::LookUp::Outcome::no_such_name;
    Duration after{0};
    std::vector<vpc::Ipv4> addresses;  ///< As the answer orders them; of `found`, at least one.
  };
  virtual ~NameService() = default;
  virtual Answer look_up(const std::string& host_name) = 0;
};

/// Asks at once, and again so long after each answer, whatever that was. A failed look-up changes
/// nothing: the cluster keeps the hosts it had, and has none if it never had any.
///
///     asking --answer: hosts are told, or kept--> resting --refresh--> asking
///
/// Source: Envoy, strict_dns_cluster.cc, logical_dns_cluster.cc (startResolve), dns_impl.cc; App
///         Mesh sets neither `respect_dns_ttl` nor a rate of its own for failures.
/// Limits: the listeners do not wait for the first answer; a resolver that says nothing is given up
///         as getaddrinfo() does, after 10 s.
class DnsPoller {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    /// Empty: the name has no address, and the Envoy is of a version that believes it.
    virtual void on_addresses(const std::vector<vpc::Ipv4>& addresses) = 0;
  };
  struct Parts {
    sim::Engine& engine;
    Suspension& suspension;
    NameService& names;
    const Profile& profile;
    ClusterStats& stats;
  };
  DnsPoller(const Parts& parts, std::string host_name, Duration refresh, Listener& listener);
  ~DnsPoller() { stop(); }
  DnsPoller(const DnsPoller&) = delete;
  DnsPoller& operator=(const DnsPoller&) = delete;

  void start() { ask(); }
  void stop();
  [[nodiscard]] const std::string& host_name() const { return host_name_; }

 private:
  void ask();
  void on_answer();
  void take();

  Parts parts_;
  std::string host_name_;
  Duration refresh_;
  Listener& listener_;
  NameService::Answer answer_;  ///< Under way, or the last one.
  sim::EventId next_;
  bool is_stopped_ = false;
};

}  // namespace hoplab::models::envoy
