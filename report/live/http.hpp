// HTTP/1.1, as far as live telemetry needs it: a client that posts, a server that is asked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "report/live/outbox.hpp"
#include "report/live/target.hpp"

namespace hoplab::report::live {

/// Posts one document after the other over one connection, which it opens when there is none.
///
/// Threads: one at a time.
class HttpClient {
 public:
  struct Answer {
    int status = 0;       ///< 0: there was none.
    std::string trouble;  ///< Why there was none.
  };
  /// `authority` is what the Host header says.
  HttpClient(Address address, std::string authority);
  ~HttpClient();

  /// Waits for the answer at most `patience`, and only while `goes_on` (asked every 50 ms).
  Answer post(std::string_view path, std::string_view json, Wall::duration patience,
              const std::function<bool()>& goes_on);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct HttpRequest {
  std::string path;   ///< "/stats", escapes resolved.
  std::string query;  ///< "usedonly&filter=cluster", as it came.
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=UTF-8";
  std::string body;
};

/// Answers GET and HEAD on 127.0.0.1, with a thread of its own. It hands every request on and may
/// be answered at any time from any thread, so that whoever has the answer decides when it gives
/// it.
///
/// Errors: NetworkTrouble when the port cannot be had.
/// Limits: 64 connections at a time, 8 KiB of header, 30 s without a byte.
class HttpServer {
 public:
  /// To be called once, from any thread, even after the server has gone.
  using Respond = std::function<void(HttpResponse)>;
  /// Called on the server's thread; returns at once.
  using Handler = std::function<void(HttpRequest, Respond)>;

  /// `port` 0: any that is free.
  HttpServer(std::uint16_t port, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace hoplab::report::live
