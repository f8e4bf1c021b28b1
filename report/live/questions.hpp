// Between the thread that serves pages and the thread that knows what stands on them.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "report/live/http.hpp"

namespace hoplab::report::live {

/// Requests wait here until the simulation's thread, between two batches of events, answers them.
/// So pages are made where the world stands still, and nothing of it is shared between threads.
class Questions {
 public:
  using Answerer = std::function<HttpResponse(const HttpRequest&)>;

  /// From the server's thread. More than 256 that wait are told to come again (503).
  void put(HttpRequest request, HttpServer::Respond respond);
  /// Answers what waits.
  void answer(const Answerer& answerer);
  /// Sleeps until something waits, at most until `deadline`.
  void wait_until(Wall::time_point deadline);

 private:
  std::mutex mutex_;
  std::condition_variable is_asked_;
  std::vector<std::pair<HttpRequest, HttpServer::Respond>> waiting_;
};

}  // namespace hoplab::report::live
