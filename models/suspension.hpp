// SIGSTOP and SIGCONT: what a process that stands still misses, and catches up with.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace hoplab::models {

/// While it is on, the kernel goes on (it accepts connections, acknowledges bytes) and the process
/// does not. What its sockets and timers would have told it waits here, and is told in one go when
/// it goes on: sockets first, in their order, then the timers that have run out.
///
/// Source: libevent, event_base_loop(): ready descriptors are queued before expired timers.
class Suspension {
 public:
  [[nodiscard]] bool is_on() const { return is_on_; }
  void begin() { is_on_ = true; }
  void end() {
    if (!is_on_) return;
    is_on_ = false;
    for (auto* queue : {&sockets_, &timers_}) {
      for (const auto& missed : std::exchange(*queue, {})) missed();
    }
  }
  /// The process is gone: nobody will hear of it.
  void forget() {
    is_on_ = false;
    sockets_.clear();
    timers_.clear();
  }

  void keep_socket_event(std::function<void()> event) { sockets_.push_back(std::move(event)); }
  void keep_timer(std::function<void()> event) { timers_.push_back(std::move(event)); }

 private:
  bool is_on_ = false;
  std::vector<std::function<void()>> sockets_;
  std::vector<std::function<void()>> timers_;
};

}  // namespace hoplab::models
