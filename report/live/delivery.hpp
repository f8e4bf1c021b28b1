// How sending goes, as seen from both threads.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "report/live/outbox.hpp"

namespace hoplab::report::live {

/// The sending thread counts here, and looks whether it may go on; the other one reads and says
/// when it is enough. Every member may be called from any thread.
class Delivery {
 public:
  void count_sent(std::uint64_t messages) { sent_ += messages; }
  /// They were not taken by the receiver, and nobody tries again.
  void count_lost(std::uint64_t messages) { lost_ += messages; }
  /// They had been counted as sent; then it turned out that nobody took them.
  void count_refused(std::uint64_t messages) {
    sent_ -= messages;
    lost_ += messages;
  }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

  /// The receiver does not take anything now.
  void note_trouble(const std::string& what);
  void note_success() { is_failing_ = false; }
  [[nodiscard]] bool is_failing() const { return is_failing_; }
  /// The last trouble there was; "" for none.
  [[nodiscard]] std::string trouble() const;

  [[nodiscard]] bool goes_on() const { return !is_stopped_; }
  void stop();
  /// Sleeps; wakes up when it is enough.
  void pause(Wall::duration length);

 private:
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<bool> is_failing_{false};
  std::atomic<bool> is_stopped_{false};
  mutable std::mutex mutex_;
  std::condition_variable is_woken_;
  std::string trouble_;
};

}  // namespace hoplab::report::live
