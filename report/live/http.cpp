// The only file that knows Boost.Beast: it takes long to compile.
#include "report/live/http.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "report/live/network_trouble.hpp"

namespace hoplab::report::live {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr const char* product = "hoplab";

}  // namespace

// --- The client -------------------------------------------------------------------------------

class HttpClient::Impl {
 public:
  Impl(Address address, std::string authority)
      : receiver_(asio::ip::make_address(address.ip), address.port),
        authority_(std::move(authority)) {}

  Answer post(std::string_view path, std::string_view json, Wall::duration patience,
              const std::function<bool()>& goes_on) {
    const bool is_fresh = !stream_;
    Answer answer = try_once(path, json, patience, goes_on);
    // A connection that rested may have been closed meanwhile: that is no answer of the receiver.
    if (answer.status == 0 && !is_fresh && is_closed_ && goes_on()) {
      answer = try_once(path, json, patience, goes_on);
    }
    return answer;
  }

 private:
  Answer try_once(std::string_view path, std::string_view json, Wall::duration patience,
                  const std::function<bool()>& goes_on) {
    is_closed_ = false;
    if (!stream_) {
      stream_.emplace(context_);
      stream_->expires_after(patience);
      const auto error = finish(
          [this](auto done) { stream_->async_connect(receiver_, std::move(done)); }, goes_on);
      if (error) return give_up(error);
    }
    http::request<http::span_body<const char>> request(
        http::verb::post, beast::string_view(path.data(), path.size()), 11);
    request.set(http::field::host, authority_);
    request.set(http::field::user_agent, product);
    request.set(http::field::content_type, "application/json");
    request.body() = beast::span<const char>(json.data(), json.size());
    request.prepare_payload();
    stream_->expires_after(patience);
    auto error =
        finish([&](auto done) { http::async_write(*stream_, request, std::move(done)); }, goes_on);
    if (error) return give_up(error);
    http::response<http::string_body> response;
    error =
        finish([&](auto done) { http::async_read(*stream_, buffer_, response, std::move(done)); },
               goes_on);
    if (error) return give_up(error);
    if (!response.keep_alive()) drop();
    return {static_cast<int>(response.result_int()), ""};
  }

  /// Starts an operation and runs until it has ended, one way or the other.
  template <typename Start>
  error_code finish(const Start& start, const std::function<bool()>& goes_on) {
    std::optional<error_code> result;
    start([&result](error_code error, auto&&...) { result = error; });
    while (!result) {
      context_.restart();
      context_.run_for(50ms);
      if (!result && !goes_on()) stream_->cancel();
    }
    return *result;
  }

  Answer give_up(error_code error) {
    is_closed_ = error == http::error::end_of_stream || error == asio::error::connection_reset ||
                 error == asio::error::broken_pipe || error == asio::error::eof;
    drop();
    return {0, error == beast::error::timeout ? "no answer in time" : error.message()};
  }

  void drop() {
    stream_.reset();
    buffer_.clear();
    context_.restart();
    context_.poll();  // What a cancelled timer still has to say.
  }

  asio::io_context context_{1};
  tcp::endpoint receiver_;
  std::string authority_;
  std::optional<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
  bool is_closed_ = false;  ///< The last try met a connection that the other side had closed.
};

HttpClient::HttpClient(Address address, std::string authority)
    : impl_(std::make_unique<Impl>(std::move(address), std::move(authority))) {}

HttpClient::~HttpClient() = default;

HttpClient::Answer HttpClient::post(std::string_view path, std::string_view json,
                                    Wall::duration patience, const std::function<bool()>& goes_on) {
  return impl_->post(path, json, patience, goes_on);
}

// --- The server -------------------------------------------------------------------------------

namespace {

/// "%2F" to "/"; nothing where an escape is none.
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto digit = [&](std::size_t at) {
      constexpr std::string_view digits = "0123456789abcdef";
      const char c = at < text.size() ? text[at] : '?';
      return digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    };
    const auto high = digit(i + 1);
    const auto low = digit(i + 2);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::optional<HttpRequest> read_target(std::string_view target) {
  const auto mark = target.find('?');
  auto path = unescaped(target.substr(0, mark));
  if (!path || !path->starts_with('/')) return std::nullopt;
  return HttpRequest{*std::move(path),
                     mark == std::string_view::npos ? "" : std::string(target.substr(mark + 1))};
}

/// One connection. It lives as long as an operation of it is under way, or an answer is awaited.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// What all connections of a server share.
  struct Server {
    HttpServer::Handler handler;
    std::atomic<std::uint32_t> open{0};
  };
  /// `owner` holds the server; it is asked for where somebody else holds the session.
  Session(tcp::socket socket, Server& server, std::weak_ptr<void> owner)
      : stream_(std::move(socket)), server_(server), owner_(std::move(owner)) {
    ++server_.open;
  }
  ~Session() { --server_.open; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void read() {
    constexpr std::uint32_t header_max = 8 * 1024;
    parser_.emplace();
    parser_->header_limit(header_max);
    parser_->body_limit(0);
    stream_.expires_after(30s);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (!error) self->hand_on();
                       if (error == http::error::body_limit || error == http::error::header_limit) {
                         self->write({400, "text/plain", "bad request\n"});
                       }
                     });
  }

 private:
  void hand_on() {
    const auto& request = parser_->get();
    const auto target = read_target({request.target().data(), request.target().size()});
    is_head_ = request.method() == http::verb::head;
    keeps_alive_ = request.keep_alive();
    if (!target) return write({400, "text/plain", "bad request\n"});
    if (!is_head_ && request.method() != http::verb::get) {
      return write({405, "text/plain", "only GET and HEAD are served\n"});
    }
    stream_.expires_never();  // Somebody else has the word.
    // The server's context outlives the session, whose sockets are in it: first in, last out.
    struct Held {
      std::shared_ptr<void> owner;
      std::shared_ptr<Session> session;
    };
    server_.handler(*target, [held = Held{owner_.lock(), shared_from_this()}](HttpResponse answer) {
      asio::post(held.session->stream_.get_executor(),
                 [self = held.session, answer = std::move(answer)]() mutable {
                   self->write(std::move(answer));
                 });
    });
  }

  void write(HttpResponse answer) {
    response_.emplace(static_cast<http::status>(answer.status), 11);
    response_->set(http::field::server, product);
    response_->set(http::field::content_type, answer.content_type);
    response_->set(http::field::cache_control, "no-cache, max-age=0");
    response_->keep_alive(keeps_alive_);
    response_->body() = std::move(answer.body);
    response_->prepare_payload();
    if (is_head_) response_->body().clear();
    stream_.expires_after(30s);
    http::async_write(stream_, *response_,
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error || !self->keeps_alive_) {
                          error_code ignored;
                          self->stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
                        } else {
                          self->read();
                        }
                      });
  }

  beast::tcp_stream stream_;
  Server& server_;
  std::weak_ptr<void> owner_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  bool is_head_ = false;
  bool keeps_alive_ = false;
};

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(std::uint16_t port, Handler handler) : acceptor_(context_), pause_(context_) {
    shared_.handler = std::move(handler);
    const tcp::endpoint own(asio::ip::address_v4::loopback(), port);
    error_code error;
    acceptor_.open(own.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(own, error);
    if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    if (error) {
      throw NetworkTrouble("cannot serve on port " + std::to_string(port) + ": " + error.message());
    }
  }

  void start() {
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  void stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      constexpr std::uint32_t connections_max = 64;
      if (!error && shared_.open < connections_max) {
        std::make_shared<Session>(std::move(socket), shared_, weak_from_this())->read();
      }
      if (!error) return accept();
      // No descriptor is free, most likely: one may be in a moment.
      pause_.expires_after(100ms);
      pause_.async_wait([this](error_code cancelled) {
        if (!cancelled) accept();
      });
    });
  }

  Session::Server shared_;  ///< Above the context, whose handlers hold the sessions.
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::thread thread_;
};

HttpServer::HttpServer(std::uint16_t port, Handler handler)
    : impl_(std::make_shared<Impl>(port, std::move(handler))) {
  impl_->start();
}

HttpServer::~HttpServer() { impl_->stop(); }

std::uint16_t HttpServer::port() const { return impl_->port(); }

}  // namespace hoplab::report::live
