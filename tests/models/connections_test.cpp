// What TCP makes of packets that get lost and of ends that go away, seen from both ends.

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/vpc/network.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab::models::vpc {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Lt;

constexpr std::uint16_t port = 8080;
constexpr Duration one_way = 10ms;
constexpr sim::BytesPerSecond megabyte{1'000'000};
constexpr sim::Ratio all{1.0};

/// A client: what it was told and when.
class Client final : public ConnectionUser {
 public:
  explicit Client(sim::Engine& engine) : engine_(engine) {}
  void on_connected(Handle, std::uint32_t) override { connected.push_back(now()); }
  void on_refused(Handle, std::uint32_t) override { refused.push_back(now()); }
  void on_request(Handle, std::uint32_t) override { ADD_FAILURE(); }
  void on_response(Handle, std::uint32_t) override { answered.push_back(now()); }
  void on_peer_closed(Handle, std::uint32_t) override { closed.push_back(now()); }

  std::vector<Duration> connected;
  std::vector<Duration> refused;
  std::vector<Duration> answered;
  std::vector<Duration> closed;

 private:
  [[nodiscard]] Duration now() const { return engine_.now().time_since_epoch(); }
  sim::Engine& engine_;
};

/// Answers each request at once with a body of `size`, and counts what it holds.
class Server final : public ConnectionUser, public Acceptor {
 public:
  explicit Server(std::unique_ptr<Network>& network) : network_(network) {}
  Answer on_syn(Handle connection, ConnectionUser*& user, std::uint32_t&) override {
    user = this;
    last = connection;
    ++accepted;
    return Answer::accepted;
  }
  void on_connected(Handle, std::uint32_t) override { ADD_FAILURE(); }
  void on_refused(Handle, std::uint32_t) override { ADD_FAILURE(); }
  void on_request(Handle connection, std::uint32_t) override {
    http::Response response;
    response.body = size;
    network_->send_response(connection, response);
    if (closes_after_answer) network_->close(connection, Side::server);
  }
  void on_response(Handle, std::uint32_t) override { ADD_FAILURE(); }
  void on_peer_closed(Handle, std::uint32_t) override { ++closed; }

  sim::Bytes size{0};
  bool closes_after_answer = false;
  Handle last;
  int accepted = 0;
  int closed = 0;

 private:
  std::unique_ptr<Network>& network_;
};

/// A client and a server, a megabyte a second and 10 ms apart.
class Connections : public ::testing::Test {
 protected:
  Connections() {
    platform().set_default_latency(one_way);
    client_host_ = platform().add_host({"client", megabyte});
    server_host_ = platform().add_host({"server", megabyte});
    network_ = std::make_unique<Network>(engine_, groups_, sink_, 20us);
    network_->record_no_hops();
    from_ = &add_interface(client_host_, {1});
    from_->outside = true;
    to_ = &add_interface(server_host_, {2});
    to_->listen(port, server_);
  }
  sim::Platform& platform() { return engine_.platform(); }
  Path& there() { return network_->paths().at(client_host_, server_host_); }
  Path& back() { return network_->paths().at(server_host_, client_host_); }
  Handle connect() {
    ConnectRequest wish;
    wish.from = from_;
    wish.to = to_;
    wish.port = port;
    wish.user = &client_;
    return network_->connect(wish);
  }
  /// A connection that stands.
  Handle open() {
    const Handle connection = connect();
    run_for(1s);
    return connection;
  }
  void ask(Handle connection) { network_->send_request(connection, {}); }
  Interface& add_interface(sim::HostId host, Ipv4 address) {
    Interface interface;
    interface.host = host;
    interface.address = address;
    return network_->add_interface(std::move(interface));
  }
  void run_for(Duration time) { engine_.run(engine_.now() + time); }
  [[nodiscard]] Duration now() const { return engine_.now().time_since_epoch(); }

  sim::Engine engine_{1};
  SecurityGroups groups_;
  test::MemorySink sink_;
  sim::HostId client_host_;
  sim::HostId server_host_;
  std::unique_ptr<Network> network_;
  Client client_{engine_};
  Server server_{network_};
  Interface* from_ = nullptr;
  Interface* to_ = nullptr;
};

TEST_F(Connections, ShareTheirBandwidthAgainWhenALossIsHealed) {
  const std::vector<Handle> both{open(), open()};
  back().add_loss(sim::Ratio(0.5));
  back().remove_loss(sim::Ratio(0.5));
  server_.size = sim::Bytes(1'000'000);
  const Duration start = now();
  for (const Handle connection : both) ask(connection);
  run_for(10s);
  EXPECT_THAT(client_.answered, ElementsAre(Ge(start + 1900ms), Ge(start + 1900ms)));
}

TEST_F(Connections, GetNoSecondAnswerWhenTheirClientHasGivenUp) {
  const Handle connection = open();
  server_.size = sim::Bytes(64'000);
  ask(connection);
  run_for(1s);
  there().add_loss(all);
  ask(connection);
  run_for(100ms);
  network_->close(connection, Side::client);
  run_for(130ms);  // The request would be sent again 220 ms after its first try.
  EXPECT_EQ(platform().message_arrival(server_host_, client_host_, sim::Bytes(0)),
            engine_.now() + one_way);
  EXPECT_EQ(client_.answered.size(), 1U);
}

TEST_F(Connections, TellOfTheServersEndWhateverBecameOfTheRequest) {
  for (const bool asked_before : {true, false}) {
    const Handle connection = open();
    client_.closed.clear();
    there().add_loss(all);
    if (asked_before) ask(connection);
    const Duration start = now();
    network_->close(connection, Side::server);
    if (!asked_before) ask(connection);
    run_for(1s);
    EXPECT_THAT(client_.closed, ElementsAre(AllOf(Ge(start + 10ms), Lt(start + 11ms))));
    there().remove_loss(all);
  }
}

// 60 kB take 60 ms; the few segments that were lost, a few more.
TEST_F(Connections, SendAgainWhatWasLostAndNoMore) {
  const Handle connection = open();
  back().add_loss(sim::Ratio(0.1));
  server_.size = sim::Bytes(60'000);
  const Duration start = now();
  ask(connection);
  run_for(15ms);
  back().remove_loss(sim::Ratio(0.1));
  run_for(1s);
  EXPECT_THAT(client_.answered, ElementsAre(AllOf(Ge(start + 82ms), Le(start + 100ms))));
}

TEST_F(Connections, BringAnAnswerThatItsServerSentBeforeItClosed) {
  const Handle connection = open();
  server_.closes_after_answer = true;
  back().add_loss(all);
  ask(connection);
  run_for(100ms);
  back().remove_loss(all);
  run_for(1s);
  EXPECT_EQ(client_.answered.size(), 1U);
}

// A FIN at once, then after 220 ms, 440 ms, 880 ms and 1760 ms more.
TEST_F(Connections, EndSoonAfterALossThatSwallowedTheirFin) {
  const Handle connection = open();
  there().add_loss(all);
  network_->close(connection, Side::client);
  run_for(2s);
  EXPECT_EQ(server_.closed, 0);
  there().remove_loss(all);
  run_for(2s);
  EXPECT_EQ(server_.closed, 1);
}

TEST_F(Connections, ThatNobodyAnsweredTimeOutThoughTheInterfaceGoes) {
  for (Path* path : {&there(), &back()}) {
    client_.refused.clear();
    path->add_loss(all);
    const Duration start = now();
    connect();
    run_for(500ms);
    network_->detach(*to_);
    path->remove_loss(all);
    run_for(200s);
    EXPECT_THAT(client_.refused, ElementsAre(start + 127s));
    to_->attached = true;
    to_->listen(port, server_);
  }
}

TEST_F(Connections, AreGoneForBothEndsWhenRetransmissionsAreInVain) {
  for (Path* path : {&there(), &back()}) {
    const Handle connection = open();
    client_.closed.clear();
    server_.closed = 0;
    path->add_loss(all);
    ask(connection);
    run_for(1000s);
    EXPECT_EQ(client_.closed.size(), 1U);
    EXPECT_EQ(server_.closed, 1);
    EXPECT_FALSE(network_->is_alive(connection));
    path->remove_loss(all);
  }
}

TEST_F(Connections, LeaveTheServerNothingWhenItsSynAcksAreAllLost) {
  back().add_loss(all);
  connect();
  run_for(200s);
  EXPECT_EQ(client_.refused.size(), 1U);
  EXPECT_EQ(server_.accepted, server_.closed);
}

}  // namespace
}  // namespace hoplab::models::vpc
