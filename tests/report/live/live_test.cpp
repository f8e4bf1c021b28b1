// The parts of live telemetry, over real sockets of this machine.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "report/live/emitters.hpp"
#include "report/live/http.hpp"
#include "report/live/network_trouble.hpp"
#include "report/live/outbox.hpp"
#include "report/live/pace.hpp"
#include "report/live/questions.hpp"
#include "report/live/sender.hpp"
#include "report/live/site.hpp"
#include "report/live/target.hpp"

namespace hoplab::report::live {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// --- What --emit says -------------------------------------------------------------------------

Target target_of(std::string_view text) {
  auto parsed = parse_target(text);
  const auto* target = std::get_if<Target>(&parsed);
  EXPECT_NE(target, nullptr) << text;
  return target == nullptr ? Target{} : *target;
}

TEST(Target, IsOnThisMachineUnlessAnotherHostIsNamed) {
  for (const char* text : {"statsd=:8125", "statsd=8125", "statsd=127.0.0.1:8125"}) {
    EXPECT_EQ(target_of(text), (Target{Protocol::statsd, "127.0.0.1", 8125, ""})) << text;
  }
  EXPECT_EQ(target_of("xray=[::1]:2000"), (Target{Protocol::xray, "::1", 2000, ""}));
  EXPECT_EQ(target_of("otlp=http://:4318/x/"), (Target{Protocol::otlp, "127.0.0.1", 4318, "/x"}));
  EXPECT_EQ(target_of("otlp=http://collector"), (Target{Protocol::otlp, "collector", 80, ""}));
}

TEST(Target, IsRefusedWithWordsThatSayHow) {
  for (const char* text :
       {"", "statsd", "statsd=", "statsd=host", "statsd=host:0", "statsd=host:65536", "syslog=:1",
        "xray=[::1:2000", "otlp=127.0.0.1:4318", "otlp=https://x", "otlp=http://:80/a b"}) {
    const auto parsed = parse_target(text);
    ASSERT_TRUE(std::holds_alternative<std::string>(parsed)) << text;
    EXPECT_THAT(std::get<std::string>(parsed), HasSubstr("want ")) << text;
  }
}

TEST(Target, ResolvesANameOnlyToThisMachine) {
  EXPECT_THAT(resolve(target_of("statsd=localhost:1")).ip, ::testing::AnyOf("127.0.0.1", "::1"));
  EXPECT_EQ(resolve(target_of("statsd=192.0.2.1:1")).ip, "192.0.2.1");
  EXPECT_THROW(static_cast<void>(resolve(target_of("statsd=no-such-host.invalid:1"))),
               NetworkTrouble);
}

// --- Pace -------------------------------------------------------------------------------------

TEST(Pace, IsAFactorOrNone) {
  EXPECT_TRUE(Pace::parse("max")->is_max());
  EXPECT_EQ(Pace::parse("10x")->real(20s), 2s);
  EXPECT_EQ(Pace::parse("0.5x")->real(20s), 40s);
  EXPECT_EQ(Pace::parse("10x")->simulated(20ms), 200ms);
  for (const char* text : {"", "x", "0x", "-1x", "10", "fast", "1e3x", "2000000x", "nanx"}) {
    EXPECT_FALSE(Pace::parse(text)) << text;
  }
}

// --- The queue --------------------------------------------------------------------------------

TEST(Outbox, DropsAndCountsWhatFindsNoRoom) {
  Outbox box(sim::Bytes(10));
  EXPECT_TRUE(box.put(0, "12345"));
  EXPECT_TRUE(box.put(1, "67890"));
  EXPECT_FALSE(box.put(0, "x"));
  EXPECT_FALSE(box.put_within(0, "x", 5ms));
  EXPECT_EQ(box.dropped(), 2U);
  Batch batch;
  EXPECT_TRUE(box.take(batch));
  EXPECT_EQ(batch.bytes, "1234567890");
  ASSERT_EQ(batch.entries.size(), 2U);
  EXPECT_EQ(batch.entries[1].kind, 1);
  EXPECT_TRUE(box.put(0, "x"));
  box.close();
  EXPECT_TRUE(box.take(batch));
  EXPECT_FALSE(box.take(batch));
  EXPECT_FALSE(box.put(0, "late"));
}

// --- Receivers --------------------------------------------------------------------------------

/// A bound UDP socket, or a TCP socket that listens; nobody reads from it unless asked.
class Receiver {
 public:
  explicit Receiver(int kind) : socket_(::socket(AF_INET, kind, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&own), size), 0);
    if (kind == SOCK_STREAM) {
      EXPECT_EQ(::listen(socket_, 8), 0);
    }
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &size), 0);
    port_ = ntohs(own.sin_port);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~Receiver() { close(); }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int accept() const { return ::accept(socket_, nullptr, nullptr); }
  [[nodiscard]] std::string datagram() const {
    std::string text(65'536, '\0');
    const ssize_t got = ::recv(socket_, text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

Target to(Protocol protocol, std::uint16_t port) { return {protocol, "127.0.0.1", port, ""}; }
bool always() { return true; }

TEST(Emitters, SendOneDatagramAMessageAsItIs) {
  const Receiver statsd(SOCK_DGRAM);
  const Receiver xray(SOCK_DGRAM);
  Emitters emitters({to(Protocol::statsd, statsd.port()), to(Protocol::xray, xray.port())},
                    Emitters::Manner::never_waits);
  emitters.statsd("envoy.a:1|c");
  emitters.statsd("envoy.b:2|g|#x:y");
  emitters.segment(R"({"id":"1"})");
  const auto outcomes = emitters.finish(5s, always);
  EXPECT_EQ(statsd.datagram(), "envoy.a:1|c");
  EXPECT_EQ(statsd.datagram(), "envoy.b:2|g|#x:y");
  EXPECT_EQ(xray.datagram(), "{\"format\": \"json\", \"version\": 1}\n{\"id\":\"1\"}");
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].sent, 2U);
  EXPECT_EQ(outcomes[1].sent, 1U);
  EXPECT_EQ(outcomes[0].lost + outcomes[0].dropped + outcomes[1].lost + outcomes[1].dropped, 0U);
}

TEST(Emitters, TellThatNobodyListens) {
  Receiver gone(SOCK_DGRAM);
  gone.close();
  Emitters emitters({to(Protocol::statsd, gone.port())}, Emitters::Manner::never_waits);
  for (int i = 0; i < 100; ++i) emitters.statsd("envoy.a:1|c");
  const auto outcomes = emitters.finish(5s, always);
  EXPECT_EQ(outcomes[0].sent + outcomes[0].lost, 100U);
  EXPECT_GE(outcomes[0].lost, 1U);
  EXPECT_THAT(to_text(outcomes[0]), HasSubstr("nobody listens"));
}

TEST(Emitters, LoseADatagramThatIsTooLong) {
  const Receiver statsd(SOCK_DGRAM);
  Emitters emitters({to(Protocol::statsd, statsd.port())}, Emitters::Manner::never_waits);
  emitters.statsd(std::string(70'000, 'x'));
  emitters.statsd("envoy.a:1|c");
  const auto outcomes = emitters.finish(5s, always);
  EXPECT_EQ(statsd.datagram(), "envoy.a:1|c");
  EXPECT_EQ(outcomes[0].lost, 1U);
}

// The receiver takes the connection (the kernel does) and never reads a byte.
TEST(Emitters, NeverWaitForAReceiverThatDoesNotRead) {
  const Receiver silent(SOCK_STREAM);
  Emitters emitters({to(Protocol::otlp, silent.port())}, Emitters::Manner::never_waits);
  const std::string document = "{\"resourceSpans\":[" + std::string(10'000, ' ') + "{}]}";
  const auto started = Wall::now();
  for (int i = 0; i < 5000; ++i) emitters.otlp(models::telemetry::OtlpSignal::traces, document);
  EXPECT_LT(Wall::now() - started, 2s);
  const auto outcomes = emitters.finish(200ms, always);
  EXPECT_LT(Wall::now() - started, 4s);
  EXPECT_EQ(outcomes[0].sent, 0U);
  EXPECT_GT(outcomes[0].dropped, 0U);
  EXPECT_EQ(outcomes[0].lost + outcomes[0].dropped, 5000U);
}

/// Answers each POST on one connection with 200, as long as it is asked, and keeps the bodies.
class Posts {
 public:
  explicit Posts(const Receiver& receiver) : thread_([this, &receiver] { serve(receiver); }) {}
  Posts(const Posts&) = delete;
  Posts& operator=(const Posts&) = delete;
  /// All of them, when the other side has closed; to be called once.
  std::vector<std::string> wait() {
    thread_.join();
    return bodies_;
  }

 private:
  void serve(const Receiver& receiver) {
    const int peer = receiver.accept();
    std::string read;
    std::string piece(4096, '\0');
    while (true) {
      const ssize_t got = ::recv(peer, piece.data(), piece.size(), 0);
      if (got <= 0) break;
      read.append(piece, 0, static_cast<std::size_t>(got));
      const auto head = read.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      constexpr std::string_view field = "Content-Length: ";
      const std::size_t length = std::stoul(read.substr(read.find(field) + field.size()));
      if (read.size() < head + 4 + length) continue;
      bodies_.push_back(read.substr(head + 4, length));
      read.clear();
      constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
      EXPECT_EQ(::send(peer, answer.data(), answer.size(), 0), static_cast<ssize_t>(answer.size()));
    }
    ::close(peer);
  }
  std::vector<std::string> bodies_;
  std::thread thread_;
};

TEST(OtlpSender, JoinsWhatWaitsTogetherAndSendsNothingTwice) {
  const Receiver receiver(SOCK_STREAM);
  Posts posts(receiver);
  Delivery delivery;
  const Target target = to(Protocol::otlp, receiver.port());
  auto sender = make_otlp_sender(target, resolve(target));
  const auto batch_of = [](const std::vector<std::string>& names) {
    Batch batch;
    for (const std::string& name : names) {
      const std::string document = "{\"resourceSpans\":[" + name + "]}";
      batch.bytes += document;
      batch.entries.push_back({0, static_cast<std::uint32_t>(document.size())});
    }
    return batch;
  };
  sender->send(batch_of({"1", "2"}), delivery);
  sender->send(batch_of({"3"}), delivery);
  sender->send(batch_of({"4", "5"}), delivery);
  sender.reset();
  EXPECT_THAT(posts.wait(), ElementsAre("{\"resourceSpans\":[1,2]}", "{\"resourceSpans\":[3]}",
                                        "{\"resourceSpans\":[4,5]}"));
  EXPECT_EQ(delivery.sent(), 5U);
}

// --- HTTP -------------------------------------------------------------------------------------

TEST(Http, AnswersFromAnotherThreadWhenItIsReady) {
  Questions questions;
  HttpServer server(0, [&](HttpRequest request, HttpServer::Respond respond) {
    questions.put(std::move(request), std::move(respond));
  });
  std::thread asker([port = server.port()] {
    HttpClient client({"127.0.0.1", port}, "127.0.0.1");
    // Only GET and HEAD are served, and the connection stays good.
    EXPECT_EQ(client.post("/x", "", 5s, always).status, 405);
  });
  asker.join();
  const int other = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(server.port());
  ASSERT_EQ(::connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::string text = "GET /a%2Fb?q=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  ASSERT_EQ(::send(other, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  questions.wait_until(Wall::now() + 5s);
  questions.answer([](const HttpRequest& request) {
    return HttpResponse{200, "text/plain", request.path + " " + request.query};
  });
  std::string answer;
  char piece[4096];
  for (ssize_t got = 1; got > 0;) {
    got = ::recv(other, piece, sizeof piece, 0);
    if (got > 0) answer.append(piece, static_cast<std::size_t>(got));
  }
  ::close(other);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\n/a/b q=1"));
}

TEST(Http, MayGoWhileAQuestionIsOpen) {
  Questions questions;
  auto server =
      std::make_unique<HttpServer>(0, [&](HttpRequest request, HttpServer::Respond respond) {
        questions.put(std::move(request), std::move(respond));
      });
  const int other = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(server->port());
  ASSERT_EQ(::connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::string text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(::send(other, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  questions.wait_until(Wall::now() + 5s);
  server.reset();
  questions.answer([](const HttpRequest&) { return HttpResponse{}; });
  ::close(other);
}

TEST(Http, SaysThatAPortIsTaken) {
  const HttpServer first(0, [](HttpRequest, HttpServer::Respond) {});
  EXPECT_THROW(HttpServer(first.port(), [](HttpRequest, HttpServer::Respond) {}), NetworkTrouble);
}

// --- The site ---------------------------------------------------------------------------------

class TwoEnvoys final : public EnvoyPages {
 public:
  [[nodiscard]] std::vector<Envoy> envoys() const override {
    return {{"0a", "a"}, {"0b", "b"}, {"1b", "b"}};
  }
  [[nodiscard]] HttpResponse page(const std::string& task, const HttpRequest& request) override {
    return {200, "text/plain", task + request.path + "?" + request.query};
  }
};

TEST(Site, HasEachEnvoyUnderItsTaskAndALoneOneUnderItsService) {
  TwoEnvoys envoys;
  EXPECT_EQ(answer(envoys, 1, {"/0b/stats", "usedonly"}).body, "0b/stats?usedonly");
  EXPECT_EQ(answer(envoys, 1, {"/a/stats/prometheus", ""}).body, "0a/stats/prometheus?");
  EXPECT_EQ(answer(envoys, 1, {"/b/stats", ""}).status, 404);
  EXPECT_EQ(answer(envoys, 1, {"/zz/stats", ""}).status, 404);
  EXPECT_THAT(answer(envoys, 1, {"/", ""}).body, HasSubstr("href=\"/0a/stats/prometheus\""));
  EXPECT_THAT(answer(envoys, 77, {"/sd", ""}).body,
              HasSubstr(R"({"targets":["127.0.0.1:77"],"labels":)"
                        R"({"__metrics_path__":"/0a/stats/prometheus","instance":"0a",)"
                        R"("ecs_service":"a"}})"));
}

TEST(StatsPage, IsFilteredAndPutIntoJson) {
  const std::string page =
      "cluster.a.upstream_rq_total: 3\n"
      "cluster.b.upstream_rq_total: 0\n"
      "cluster.a.upstream_rq_time: P0(nan,1) P50(2,3.1)\n"
      "cluster.b.upstream_rq_time: No recorded values\n";
  const auto asked = [&page](std::string_view query) {
    return stats_page(page, read_stats_query(query));
  };
  EXPECT_EQ(asked("").body, page);
  EXPECT_EQ(asked("format=text").body, page);
  EXPECT_EQ(asked("filter=rq_tot").body,
            "cluster.a.upstream_rq_total: 3\ncluster.b.upstream_rq_total: 0\n");
  EXPECT_EQ(asked("usedonly&filter=%5Ecluster.a.upstream_rq_total%24").body,
            "cluster.a.upstream_rq_total: 3\n");
  EXPECT_EQ(asked("filter=(").status, 400);
  EXPECT_EQ(asked("format=json&usedonly").body,
            R"({"stats":[{"name":"cluster.a.upstream_rq_total","value":3},)"
            R"({"histograms":{"supported_quantiles":[0,50],"computed_quantiles":[)"
            R"({"name":"cluster.a.upstream_rq_time","values":[)"
            R"({"interval":null,"cumulative":1},{"interval":2,"cumulative":3.1}]}]}}]})");
}

// Source: Envoy, source/server/admin/stats_params.cc.
TEST(StatsPage, AnUnknownFormIsRefusedInEnvoysWords) {
  const HttpResponse answer = stats_page("a: 1\n", read_stats_query("format=bogus"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, "usage: /stats?format=(html|active-html|json|prometheus|text)\n\n");
  EXPECT_EQ(recorded_prometheus_page("", read_stats_query("format=bogus")).status, 400);
  EXPECT_EQ(stats_page("a: 1\n", read_stats_query("format=html")).status, 400);
}

TEST(RecordedPrometheusPage, UsedOnlyLeavesOutWhatIsNaughtAndTheHeadsOverNothing) {
  const std::string page =
      "# TYPE envoy_x counter\nenvoy_x{a=\"1\"} 0\nenvoy_x{a=\"2\"} 10\n\n"
      "# TYPE envoy_y gauge\nenvoy_y{} 0\n\n"
      "# TYPE envoy_t histogram\n"
      "envoy_t_bucket{a=\"1\",le=\"1\"} 0\nenvoy_t_sum{a=\"1\"} 0\nenvoy_t_count{a=\"1\"} 0\n"
      "envoy_t_bucket{a=\"2\",le=\"1\"} 0\nenvoy_t_sum{a=\"2\"} 7\nenvoy_t_count{a=\"2\"} 3\n\n";
  EXPECT_EQ(recorded_prometheus_page(page, read_stats_query("")).body, page);
  EXPECT_EQ(
      recorded_prometheus_page(page, read_stats_query("usedonly")).body,
      "# TYPE envoy_x counter\nenvoy_x{a=\"2\"} 10\n\n"
      "# TYPE envoy_t histogram\n"
      "envoy_t_bucket{a=\"2\",le=\"1\"} 0\nenvoy_t_sum{a=\"2\"} 7\nenvoy_t_count{a=\"2\"} 3\n\n");
}

TEST(RecordedPrometheusPage, AFilterAboutNamesThatItDoesNotHaveIsRefused) {
  EXPECT_EQ(recorded_prometheus_page("", read_stats_query("filter=a")).status, 400);
}

}  // namespace
}  // namespace hoplab::report::live
