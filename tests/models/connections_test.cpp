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
  Answer on_syn(Handle) override { return answer; }
  void on_established(Handle connection, ConnectionUser*& user, std::uint32_t&) override {
    user = this;
    last = connection;
    ++accepted;
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

  Answer answer = Answer::accepted;
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
  /// The clock moves on although nothing happens.
  void run_for(Duration time) {
    engine_.after(time, [] {});
    engine_.run(engine_.now() + time);
  }
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

TEST_F(Connections, AreUnknownToTheServerWhoseSynAcksAreAllLost) {
  back().add_loss(all);
  connect();
  run_for(200s);
  EXPECT_EQ(client_.refused.size(), 1U);
  EXPECT_EQ(network_->failure(), ConnectFailure::timed_out);
  EXPECT_EQ(server_.accepted, 0);
}

// --- Handshakes -------------------------------------------------------------------------------

// Measured on Linux with tcp_syn_retries = 6: SYNs at 0, 1, 3, 7, 15, 31, 64 s, ETIMEDOUT.
TEST_F(Connections, AreTriedAtEverDoublingGaps) {
  const std::vector<int> seconds{1, 3, 7, 15, 31, 63, 127};
  for (std::size_t nth = 0; nth < seconds.size(); ++nth) {
    EXPECT_EQ(tcp::handshake_retry(static_cast<std::uint8_t>(nth + 1), 0),
              std::chrono::seconds(seconds[nth]));
  }
}

// Measured with tcp_syn_linear_timeouts = 4: 0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 68 s, then 133 s.
TEST_F(Connections, AreTriedEverySecondFirstWhereTheKernelDoesSo) {
  const std::vector<int> seconds{1, 2, 3, 4, 5, 7, 11, 19, 35, 67, 131};
  for (std::size_t nth = 0; nth < seconds.size(); ++nth) {
    EXPECT_EQ(tcp::handshake_retry(static_cast<std::uint8_t>(nth + 1), 4),
              std::chrono::seconds(seconds[nth]));
  }
  network_->set_syn_linear_timeouts(tcp::syn_linear_timeouts);
  there().add_loss(all);
  const Duration start = now();
  connect();
  run_for(200s);
  EXPECT_THAT(client_.refused, ElementsAre(start + 131s));
}

TEST_F(Connections, AreTheServersWhenTheAckIsThere) {
  connect();
  run_for(2 * one_way + 5ms);
  EXPECT_EQ(client_.connected.size(), 1U);
  EXPECT_EQ(server_.accepted, 0);
  run_for(one_way);
  EXPECT_EQ(server_.accepted, 1);
}

TEST_F(Connections, WhoseSynAckWasLostStandASecondLater) {
  back().add_loss(all);
  connect();
  run_for(500ms);
  back().remove_loss(all);
  run_for(600ms);
  EXPECT_THAT(client_.connected, ElementsAre(AllOf(Ge(1020ms), Lt(1021ms))));
  EXPECT_EQ(server_.accepted, 1);
}

// The client is connected, the server has not accepted: its ACK found the queue full, and so does
// its request, which is sent again 220 ms, 660 ms and 1540 ms after its first try.
TEST_F(Connections, WaitUnknownToAServerWhoseAcceptQueueIsFull) {
  const Handle connection = connect();
  run_for(15ms);  // The SYN found room.
  server_.answer = Acceptor::Answer::dropped;
  run_for(10ms);
  ASSERT_EQ(client_.connected.size(), 1U);
  ask(connection);
  run_for(775ms);
  EXPECT_EQ(server_.accepted, 0);
  server_.answer = Acceptor::Answer::accepted;
  run_for(5s);
  EXPECT_EQ(server_.accepted, 1);
  // The SYN-ACK, sent again after a second, is answered before the request's next try.
  EXPECT_THAT(client_.answered, ElementsAre(AllOf(Ge(1540ms), Lt(1640ms))));
}

TEST_F(Connections, EndInAResetWhenTheServerHasGivenTheirHandshakeUp) {
  const Handle connection = connect();
  run_for(15ms);
  server_.answer = Acceptor::Answer::dropped;
  run_for(64s);  // Five SYN-ACKs more, at 1, 3, 7, 15 and 31 s, and 32 s for the last of them.
  EXPECT_THAT(client_.closed, IsEmpty());
  server_.answer = Acceptor::Answer::accepted;
  ask(connection);
  run_for(1s);
  EXPECT_EQ(client_.closed.size(), 1U);
  EXPECT_EQ(server_.accepted, 0);
}

TEST_F(Connections, AreResetByAQueueThatRefuses) {
  connect();
  run_for(15ms);
  server_.answer = Acceptor::Answer::refused;
  run_for(1s);
  EXPECT_EQ(client_.connected.size(), 1U);
  EXPECT_EQ(client_.closed.size(), 1U);
  EXPECT_EQ(server_.accepted, 0);
}

// --- Ports ------------------------------------------------------------------------------------

// 32768 to 60999 are 28232 ports; each that its client closed is free again a minute later.
TEST_F(Connections, RunOutOfPortsWhenEachIsUsedOnce) {
  from_->outside = false;
  const GroupRef open = groups_.add({.id = "sg",
                                     .name = "open",
                                     .description = "",
                                     .vpc_id = "",
                                     .ingress = {{0, 65535, {{{0}, 0}}, {}}},
                                     .egress = {{0, 65535, {{{0}, 0}}, {}}}});
  from_->groups = {open};
  to_->groups = {open};
  constexpr int ports = 28'232;
  std::vector<Handle> all_of_them;
  for (int nth = 0; nth < ports; ++nth) all_of_them.push_back(connect());
  run_for(10s);
  EXPECT_EQ(client_.connected.size(), static_cast<std::size_t>(ports));
  connect();
  run_for(0s);
  EXPECT_EQ(client_.refused.size(), 1U);
  EXPECT_EQ(network_->failure(), ConnectFailure::no_port);
  network_->close(all_of_them.front(), Side::client);
  run_for(59s);
  connect();
  run_for(0s);
  EXPECT_EQ(client_.refused.size(), 2U);
  run_for(2s);
  connect();
  run_for(1s);
  EXPECT_EQ(client_.refused.size(), 2U);
}

TEST_F(Connections, ThatIdleLongerThanTheirTrackerRemembersAreDead) {
  from_->outside = false;
  const GroupRef narrow = groups_.add({.id = "sg",
                                       .name = "n",
                                       .description = "",
                                       .vpc_id = "",
                                       .ingress = {{port, port, {{{0}, 8}}, {}}},
                                       .egress = {{0, 65535, {{{0}, 0}}, {}}}});
  from_->groups = {narrow};
  to_->groups = {narrow};
  network_->tracking().set_idle_timeout(350s);
  const Handle connection = open();
  run_for(340s);
  ask(connection);
  run_for(1s);
  EXPECT_EQ(client_.answered.size(), 1U);
  run_for(351s);
  ask(connection);
  run_for(15s);
  EXPECT_EQ(client_.answered.size(), 1U);
}

TEST_F(Connections, FindNoPlaceInAFullTrackingTable) {
  from_->outside = false;
  const GroupRef narrow = groups_.add({.id = "sg",
                                       .name = "n",
                                       .description = "",
                                       .vpc_id = "",
                                       .ingress = {{port, port, {{{0}, 8}}, {}}},
                                       .egress = {{0, 65535, {{{0}, 0}}, {}}}});
  from_->groups = {narrow};
  to_->groups = {narrow};
  network_->tracking().set_limit(server_host_, 1);
  const Handle first = open();
  connect();
  run_for(900ms);
  EXPECT_EQ(client_.connected.size(), 1U);
  EXPECT_EQ(network_->tracking().exceeded(server_host_), 1U);
  network_->close(first, Side::client);
  run_for(1s);
  EXPECT_EQ(client_.connected.size(), 2U);
}

}  // namespace
}  // namespace hoplab::models::vpc
