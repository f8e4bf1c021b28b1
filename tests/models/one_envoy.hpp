// One Envoy between a client and hosts, all of it in a test's hands: no tasks, no scenario.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/app/http_client.hpp"
#include "models/envoy/proxy.hpp"
#include "models/vpc/network.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab::models::envoy {

/// A server that answers after a while; the request's body in bytes is its time in milliseconds.
class SlowServer final : public vpc::ConnectionUser, public vpc::Acceptor {
 public:
  SlowServer(sim::Engine& engine, vpc::Network& network) : engine_(engine), network_(network) {}

  Answer on_syn(Handle) override { return Answer::accepted; }
  void on_established(Handle, vpc::ConnectionUser*& user, std::uint32_t&) override {
    user = this;
    ++accepted;
  }
  void on_connected(Handle, std::uint32_t) override { ADD_FAILURE(); }
  void on_refused(Handle, std::uint32_t) override { ADD_FAILURE(); }
  void on_response(Handle, std::uint32_t) override { ADD_FAILURE(); }
  void on_peer_closed(Handle, std::uint32_t) override { ++closed; }
  void on_request(Handle connection, std::uint32_t) override {
    ++requests;
    const auto wait = std::chrono::milliseconds(network_.request(connection).body.count());
    if (is_hung) return;
    engine_.after(wait, [this, connection] {
      if (!network_.is_alive(connection)) return;
      http::Response response;
      response.status = status;
      network_.send_response(connection, response);
    });
  }

  int status = 200;
  bool is_hung = false;
  int accepted = 0;
  int requests = 0;
  int closed = 0;

 private:
  sim::Engine& engine_;
  vpc::Network& network_;
};

class OneEnvoy : private app::CallUser {
 public:
  enum class Start { with_configuration, without_configuration };
  static constexpr std::uint16_t egress_port = 15001;
  static constexpr std::uint16_t host_port = 8080;
  static constexpr sim::Duration one_way{1'000'000};

  explicit OneEnvoy(Start start = Start::with_configuration, int hosts = 2,
                    const std::string& profile = "v1.29")
      : engine_(1),
        network_(engine_, groups_, sink_, sim::Duration(0)),
        timeouts_(engine_),
        cpu_(engine_, sim::CpuUnits(4096)) {
    network_.record_no_hops();
    engine_.platform().set_default_latency(one_way);
    vpc::Interface& own = add_interface(1);
    for (int i = 0; i < hosts; ++i) {
      vpc::Interface& place = add_interface(static_cast<std::uint32_t>(10 + i));
      servers_.push_back(std::make_unique<SlowServer>(engine_, network_));
      place.listen(host_port, *servers_.back());
    }
    authority_ = names_.intern("b.local:8080");
    const auto group = cpu_.add_group({});
    proxy_ = std::make_unique<Proxy>(engine_, network_, timeouts_,
                                     ProxySpec{.profile = find_profile(profile),
                                               .workers = 1,
                                               .cpu = &cpu_,
                                               .container = cpu_.add_container({.group = group}),
                                               .interface = &own,
                                               .rng = sim::Rng::stream(1, "proxy"),
                                               .names = &names_});
    cluster_.name = "cds_egress_demo_b_http_8080";
    cluster_.connect_timeout = std::chrono::seconds(1);
    route_.authority = authority_;
    route_.clusters = {{.cluster = 0, .weight = 1}};
    route_.timeout = std::chrono::seconds(15);
    route_.has_retry_policy = true;
    client_ = std::make_unique<app::HttpClient>(
        engine_, network_, timeouts_, static_cast<app::CallUser&>(*this),
        app::ClientTarget{
            .from = &own, .to = {}, .port = egress_port, .loopback = true, .hops = {}});
    if (start == Start::with_configuration) apply_again();
  }

  /// Changes that count from the next configuration on.
  Cluster& cluster() { return cluster_; }
  Route& route() { return route_; }

  void apply_again() {
    Snapshot snapshot;
    snapshot.ingress.port = 15000;
    snapshot.egress.port = egress_port;
    snapshot.clusters = {cluster_};
    snapshot.egress.routes = {route_};
    proxy_->apply(snapshot);
  }
  void apply_without_clusters() {
    Snapshot snapshot;
    snapshot.ingress.port = 15000;
    snapshot.egress.port = egress_port;
    proxy_->apply(snapshot);
  }
  /// Endpoints by the hosts' numbers.
  void list(const std::vector<std::uint32_t>& hosts) {
    cluster_.endpoints.clear();
    for (const std::uint32_t host : hosts) {
      cluster_.endpoints.push_back({address(10 + host), host_port});
    }
    proxy_->set_endpoints(cluster_.name, cluster_.endpoints);
  }
  /// One request each `gap`, which the hosts take `takes` for; then one `gap` more passes.
  void send_every(sim::Duration gap, int count, std::chrono::milliseconds takes = {}) {
    for (int i = 0; i < count; ++i) {
      http::Request request;
      request.method = names_.intern("GET");
      request.path = names_.intern("/");
      request.authority = authority_;
      request.body = sim::Bytes(takes.count());
      client_->call(0, request, std::nullopt);
      run_for(gap);
    }
  }
  void run_for(sim::Duration time) { engine_.run(engine_.now() + time); }

  [[nodiscard]] std::vector<int> served() const {
    std::vector<int> counts;
    for (const auto& server : servers_) counts.push_back(server->requests);
    return counts;
  }
  [[nodiscard]] const std::vector<int>& statuses() const { return statuses_; }
  [[nodiscard]] const std::vector<sim::Duration>& durations() const { return durations_; }
  [[nodiscard]] SlowServer& server(std::size_t index) { return *servers_[index]; }
  [[nodiscard]] Proxy& proxy() { return *proxy_; }
  [[nodiscard]] const ClusterStats& cluster_stats() const { return proxy_->stats().clusters[0]; }
  [[nodiscard]] sim::Engine& engine() { return engine_; }
  [[nodiscard]] http::Names& names() { return names_; }

 private:
  static vpc::Ipv4 address(std::uint32_t last) { return vpc::Ipv4{0x0A000000U + last}; }
  vpc::Interface& add_interface(std::uint32_t last) {
    vpc::Interface interface;
    interface.host = engine_.platform().add_host(
        {.name = "host-" + std::to_string(last), .bandwidth = sim::BytesPerSecond(1'250'000'000)});
    interface.address = address(last);
    interface.outside = true;  // No rule stands between them.
    return network_.add_interface(std::move(interface));
  }
  void on_call_done(std::uint64_t, const app::CallResult& result) override {
    statuses_.push_back(result.status);
    durations_.push_back(engine_.now() - result.began);
  }

  sim::Engine engine_;
  test::MemorySink sink_;
  vpc::SecurityGroups groups_;
  vpc::Network network_;
  Timeouts timeouts_;
  http::Names names_;
  sim::CpuShare cpu_;
  std::vector<std::unique_ptr<SlowServer>> servers_;
  http::Name authority_;
  Cluster cluster_;
  Route route_;
  std::unique_ptr<Proxy> proxy_;
  std::unique_ptr<app::HttpClient> client_;
  std::vector<int> statuses_;
  std::vector<sim::Duration> durations_;
};

}  // namespace hoplab::models::envoy
