#include "report/live/questions.hpp"

namespace hoplab::report::live {

void Questions::put(HttpRequest request, HttpServer::Respond respond) {
  constexpr std::size_t waiting_max = 256;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < waiting_max) {
      waiting_.emplace_back(std::move(request), std::move(respond));
      is_asked_.notify_one();
      return;
    }
  }
  respond({503, "text/plain", "too many requests wait\n"});
}

void Questions::answer(const Answerer& answerer) {
  std::vector<std::pair<HttpRequest, HttpServer::Respond>> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(waiting_);
  }
  for (const auto& [request, respond] : taken) respond(answerer(request));
}

void Questions::wait_until(Wall::time_point deadline) {
  std::unique_lock lock(mutex_);
  is_asked_.wait_until(lock, deadline, [this] { return !waiting_.empty(); });
}

}  // namespace hoplab::report::live
