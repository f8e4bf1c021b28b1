// The engine owns the order of events. It is the only door to simulated time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "sim/diagnostic.hpp"
#include "sim/event_queue.hpp"
#include "sim/platform.hpp"
#include "sim/units.hpp"

namespace hoplab::sim {

/// What happens at an instant: a plain function, an object and one word. Trivially copyable, so an
/// event costs no allocation. Make one with `call<&Type::method>(object, argument)`.
struct Callback {
  void (*function)(void* object, std::uint64_t argument) = nullptr;
  void* object = nullptr;
  std::uint64_t argument = 0;

  void operator()() const { function(object, argument); }
};

/// A callback to `object.Method(argument)` (or `object.Method()`, where it takes none). The object
/// must outlive every event that names it.
template <auto Method, typename Object>
[[nodiscard]] Callback call(Object& object, std::uint64_t argument = 0) {
  return {[](void* self, std::uint64_t word) {
            auto* target = static_cast<Object*>(self);
            if constexpr (requires { (target->*Method)(word); }) {
              (target->*Method)(word);
            } else {
              (target->*Method)();
            }
          },
          &object, argument};
}

/// Names a pending event: no other event of the run ever has the same key. Default-constructed:
/// none.
struct EventId {
  std::uint64_t key = ~std::uint64_t{0};
  [[nodiscard]] bool is_set() const { return key != ~std::uint64_t{0}; }
  bool operator==(const EventId&) const = default;
};

/// How a bulk transfer ended.
enum class TransferOutcome { delivered, failed };

/// Why `Engine::run` came back.
enum class StopReason { finished, horizon, event_limit, interrupted };

class CpuShare;
class TimeoutQueue;

/// A discrete-event engine on integer nanoseconds. Events run in (time, insertion) order: two
/// events of one instant run in the order in which they were asked for, whether they sit in the
/// heap or in a TimeoutQueue.
///
/// The queue is a 4-ary heap of 16-byte entries. While no bulk transfer is in flight the engine
/// runs ahead of SimGrid; while one is, it steps SimGrid's clock to each event first, so that
/// bandwidth is shared exactly.
///
/// Errors: an event in the past, more than 2^24 pending events or 2^40 events in all are broken
///         invariants (InternalError).
/// Cost:   O(log n) per event, O(1) amortised per TimeoutQueue entry.
/// Limits: one Engine with transfers per process (SimGrid's own rule); engines that never transfer
///         may live side by side.
class Engine {
 public:
  explicit Engine(std::uint64_t seed);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] SimTime now() const { return now_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] std::uint64_t events_run() const { return events_run_; }

  EventId at(SimTime time, Callback callback) {
    return add(time, callback.function, callback.object, callback.argument);
  }
  EventId after(Duration delay, Callback callback) { return at(now_ + delay, callback); }
  /// For what happens seldom (faults, life cycles): any closure; costs an allocation.
  EventId at(SimTime time, std::function<void()> closure);
  EventId after(Duration delay, std::function<void()> closure) {
    return at(now_ + delay, std::move(closure));
  }
  /// It has neither run nor been cancelled.
  [[nodiscard]] bool is_pending(EventId event) const {
    const std::uint64_t index = event.key & slot_mask;
    return index < slots_.size() && slots_[index].key == event.key;
  }
  /// The event will not run. Harmless if it has run, was cancelled or was never set.
  void cancel(EventId event);
  /// Cancels it and gives its callback back; none, where cancel() would do nothing.
  Callback take_back(EventId event) {
    const Callback callback =
        is_pending(event) ? slots_[event.key & slot_mask].callback : Callback{};
    cancel(event);
    return callback;
  }

  /// The hosts, links and routes that transfers use. Lives as long as the engine.
  [[nodiscard]] Platform& platform() { return *platform_; }

  /// Sends `size` bytes from one host to another as a flow that shares the bandwidth of the links
  /// between them with other flows and with messages. `done` is told exactly once, from an event
  /// at the flow's end (rounded to the microsecond) or at once when a link or host is down.
  void transfer(HostId from, HostId to, Bytes size, std::function<void(TransferOutcome)> done);
  [[nodiscard]] std::size_t transfers_in_flight() const;

  /// Runs events up to and including `horizon`, or until none is left, and at most `events_max` of
  /// them in this call. `interrupted`, where given, is looked at first and then every few thousand
  /// events. The clock ends at `horizon` only for that reason. May be called again to go on.
  StopReason run(SimTime horizon, std::uint64_t events_max = ~std::uint64_t{0},
                 const std::atomic<bool>* interrupted = nullptr);

 private:
  friend class CpuShare;
  friend class TimeoutQueue;
  friend class Platform;
  struct HeapEntry {
    std::int64_t time;
    std::uint64_t key;  ///< Sequence in the upper 40 bits, slot in the lower 24.
    /// (time, insertion); times are not negative.
    [[nodiscard]] Rank rank() const { return make_rank(static_cast<std::uint64_t>(time), key); }
    [[nodiscard]] bool is_before(const HeapEntry& other) const {
      return time < other.time || (time == other.time && key < other.key);
    }
    /// Later than any event.
    [[nodiscard]] static constexpr HeapEntry last() {
      return {std::numeric_limits<std::int64_t>::max(), ~std::uint64_t{0}};
    }
  };
  /// Where the callback of a heap entry waits. A cancelled event stays in the heap; its slot is
  /// free again when the entry surfaces.
  struct Slot {
    Callback callback;
    std::uint64_t key = 0;  ///< Of the heap entry it belongs to, or one of two marks (engine.cpp).
  };
  class Flows;  // SimGrid's part; defined in engine.cpp

  static constexpr int slot_bits = 24;
  static constexpr std::uint64_t slot_mask = (std::uint64_t{1} << slot_bits) - 1;
  static constexpr std::uint64_t sequence_limit = std::uint64_t{1} << 40;

  /// A callback by its parts: they travel in registers. As one value it goes by the stack, and is
  /// read there faster than what wrote it can be seen: 3 % of a whole run.
  [[gnu::always_inline]] EventId add(SimTime time, void (*function)(void*, std::uint64_t),
                                     void* object, std::uint64_t argument) {
    HOPLAB_ASSERT(time >= now_, "an event lies in the future or at this instant");
    const std::uint32_t slot = take_slot();
    const std::uint64_t key = next_sequence() << slot_bits | slot;
    slots_[slot] = {{function, object, argument}, key};
    queue_.push({time.time_since_epoch().count(), key});
    return {key};
  }
  std::uint64_t next_sequence() {
    HOPLAB_ASSERT(sequence_ + 1 < sequence_limit, "a run has fewer than 2^40 events");
    return ++sequence_;
  }
  std::uint32_t take_slot() {
    if (free_slots_.empty()) return add_slot();
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }
  std::uint32_t add_slot();
  void arm(std::int64_t time, std::uint64_t sequence, TimeoutQueue& queue);
  bool resolve(HeapEntry entry, Slot& slot, Callback& callback);
  StopReason stop_at(SimTime horizon);
  void run_closure(std::uint64_t index);

  SimTime now_{};
  std::uint64_t seed_;
  std::uint64_t sequence_ = 0;
  std::uint64_t events_run_ = 0;
  EventQueue<HeapEntry> queue_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::function<void()>> closures_;
  std::vector<std::uint32_t> free_closures_;
  std::int64_t flows_due_;  ///< When flows_ wants to be advanced; the largest number: never.
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Flows> flows_;
};

/// Time-outs of one fixed length. Every request sets several and cancels nearly all of them, so
/// they sit in a ring in order of their deadline, and only the first is in the engine's heap.
/// Entries keep their place in the engine's (time, insertion) order. Must outlive the engine's
/// last run.
class TimeoutQueue {
 public:
  /// Names a set time-out. Default-constructed: none.
  struct Id {
    std::uint64_t position = ~std::uint64_t{0};
    [[nodiscard]] bool is_set() const { return position != ~std::uint64_t{0}; }
  };

  TimeoutQueue(Engine& engine, Duration length);
  TimeoutQueue(const TimeoutQueue&) = delete;
  TimeoutQueue& operator=(const TimeoutQueue&) = delete;

  Id start(Callback callback) {
    return start(callback.function, callback.object, callback.argument);
  }
  /// Harmless if it has fired, was cancelled or was never set. O(1).
  void cancel(Id timeout);
  [[nodiscard]] Duration length() const { return length_; }

 private:
  friend class Engine;
  struct Entry {
    std::int64_t deadline;
    std::uint64_t sequence;
    Callback callback;
    bool live;
  };
  Id start(void (*function)(void*, std::uint64_t), void* object, std::uint64_t argument);
  void drop_dead();
  bool surface(std::uint64_t sequence, Callback& due);
  [[nodiscard]] Entry& at(std::uint64_t position) { return ring_[position & (ring_.size() - 1)]; }

  Engine& engine_;
  Duration length_;
  std::vector<Entry> ring_;  ///< Power-of-two size.
  std::uint64_t first_ = 0;  ///< Position of the oldest entry.
  std::uint64_t end_ = 0;    ///< One past the newest.
  bool armed_ = false;
};

}  // namespace hoplab::sim
