// Between whoever makes messages and the thread that sends them: a queue with a bound.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sim/units.hpp"

namespace hoplab::report::live {

using Wall = std::chrono::steady_clock;

/// What kind of document a message is: 0 where there is but one; see otlp_signals.
using MessageKind = std::uint8_t;

/// Messages in the order in which they came, their bytes in one piece.
struct Batch {
  struct Entry {
    MessageKind kind = 0;
    std::uint32_t size = 0;
  };
  std::string bytes;
  std::vector<Entry> entries;
  void clear() {
    bytes.clear();
    entries.clear();
  }
};

/// Holds at most `room` bytes of messages. What finds no room is dropped and counted; whoever puts
/// never waits, unless it asks to.
///
/// Threads: any may put, one takes.
class Outbox {
 public:
  explicit Outbox(sim::Bytes room) : room_(static_cast<std::size_t>(room.count())) {}

  /// False: there was no room, and the message is dropped.
  bool put(MessageKind kind, std::string_view text);
  /// Waits at most so long for room.
  bool put_within(MessageKind kind, std::string_view text, Wall::duration patience);

  /// Takes everything there is into `batch`, whose old content is lost, and waits for it as long as
  /// the box is open. False: the box is closed and empty.
  bool take(Batch& batch);
  /// Nothing is put any more.
  void close();
  /// Throws away what waits; returns how many messages.
  std::uint64_t discard();

  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] bool has_room(std::size_t size) const {
    return waiting_.bytes.size() + size <= room_ && waiting_.entries.size() < entries_max;
  }
  void keep(MessageKind kind, std::string_view text);

  static constexpr std::size_t entries_max = 1U << 18U;
  std::size_t room_;
  std::mutex mutex_;
  std::condition_variable is_filled_;
  std::condition_variable has_been_emptied_;
  Batch waiting_;
  bool is_closed_ = false;
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace hoplab::report::live
