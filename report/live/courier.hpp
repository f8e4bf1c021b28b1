// One receiver, the queue in front of it, and the thread that sends.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "report/live/delivery.hpp"
#include "report/live/outbox.hpp"
#include "report/live/sender.hpp"
#include "report/live/target.hpp"

namespace hoplab::report::live {

/// What became of the messages for one receiver: put = sent + dropped + lost.
struct Outcome {
  Target target;
  std::uint64_t sent = 0;
  std::uint64_t dropped = 0;  ///< The queue was full: the receiver was too slow.
  std::uint64_t lost = 0;     ///< Nobody took them, they were refused, or time was up.
  std::string trouble;        ///< The last there was; "" for none.
};

/// Carries messages to a receiver on a thread of its own, so that nobody waits for it and one slow
/// receiver does not hold up another.
///
///     open --finish()--> closing --all sent, or time is up--> over
class Courier {
 public:
  Courier(Target target, std::unique_ptr<Sender> sender, sim::Bytes room);
  /// What has not been sent is lost.
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  [[nodiscard]] Protocol protocol() const { return target_.protocol; }
  /// Never waits.
  void put(MessageKind kind, std::string_view text) { outbox_.put(kind, text); }
  /// Waits for room as long as the receiver takes things, 2 s at most.
  void put_patiently(MessageKind kind, std::string_view text);

  /// Nothing follows: asks the thread to send what waits and to end.
  void close() { outbox_.close(); }
  /// Waits for that until `deadline` and while `goes_on`, for a receiver that fails 2.5 s at most.
  /// Then it is over.
  Outcome finish(Wall::time_point deadline, const std::function<bool()>& goes_on);

 private:
  void run();

  Target target_;
  std::unique_ptr<Sender> sender_;
  Outbox outbox_;
  Delivery delivery_;
  std::atomic<bool> is_over_{false};
  std::thread thread_;  ///< Last: it uses the others.
};

}  // namespace hoplab::report::live
