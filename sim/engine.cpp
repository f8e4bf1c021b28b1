#include "sim/engine.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "sim/diagnostic.hpp"
#include "sim/flows.hpp"

namespace hoplab::sim {
namespace {

constexpr std::uint64_t events_between_looks = 4096;

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

// Sequences count from 1, so no key is as small as these two marks.
constexpr std::uint64_t key_cancelled = 0;
constexpr std::uint64_t key_timeout_queue = 1;

}  // namespace

Engine::Engine(std::uint64_t seed)
    : seed_(seed), flows_due_(never), platform_(std::make_unique<Platform>(*this)) {}

Engine::~Engine() = default;

std::uint32_t Engine::add_slot() {
  // The very last slot stays unused: its key could equal that of an unset EventId.
  HOPLAB_ASSERT(slots_.size() < slot_mask, "fewer than 2^24 events are pending");
  slots_.emplace_back();
  return static_cast<std::uint32_t>(slots_.size() - 1);
}

EventId Engine::at(SimTime time, std::function<void()> closure) {
  std::uint32_t index = 0;
  if (free_closures_.empty()) {
    index = static_cast<std::uint32_t>(closures_.size());
    closures_.push_back(std::move(closure));
  } else {
    index = free_closures_.back();
    free_closures_.pop_back();
    closures_[index] = std::move(closure);
  }
  return at(time, call<&Engine::run_closure>(*this, index));
}

void Engine::run_closure(std::uint64_t index) {
  const std::function<void()> closure = std::exchange(closures_[index], nullptr);
  free_closures_.push_back(static_cast<std::uint32_t>(index));
  closure();
}

void Engine::cancel(EventId event) {
  if (!is_pending(event)) return;
  Slot& slot = slots_[event.key & slot_mask];
  slot.key = key_cancelled;
  if (slot.callback.function == call<&Engine::run_closure>(*this).function) {
    closures_[slot.callback.argument] = nullptr;  // What it holds is free now, not at its time.
    free_closures_.push_back(static_cast<std::uint32_t>(slot.callback.argument));
  }
}

void Engine::arm(std::int64_t time, std::uint64_t sequence, TimeoutQueue& queue) {
  const std::uint32_t slot = take_slot();
  slots_[slot] = {{nullptr, &queue, 0}, key_timeout_queue};
  queue_.push({time, sequence << slot_bits | slot});
}

/// Of an entry that has just left the heap: is there something to run? Says what, in `callback`.
bool Engine::resolve(HeapEntry entry, Slot& slot, Callback& callback) {
  free_slots_.push_back(static_cast<std::uint32_t>(entry.key & slot_mask));
  callback = slot.callback;
  if (slot.key == entry.key) [[likely]] {
    slot.key = key_cancelled;
    return true;
  }
  if (slot.key == key_cancelled) return false;
  auto* queue = static_cast<TimeoutQueue*>(callback.object);
  return queue->surface(entry.key >> slot_bits, callback);
}

StopReason Engine::stop_at(SimTime horizon) {
  now_ = std::max(now_, horizon);
  return StopReason::horizon;
}

StopReason Engine::run(SimTime horizon, std::uint64_t events_max,
                       const std::atomic<bool>* interrupted) {
  const std::int64_t time_max = horizon.time_since_epoch().count();
  std::uint64_t events_left = events_max;
  while (true) {
    if (interrupted != nullptr && interrupted->load(std::memory_order_relaxed)) {
      return StopReason::interrupted;
    }
    std::uint64_t batch = std::min(events_left, events_between_looks);
    events_left -= batch;
    while (batch > 0) {
      const HeapEntry next = queue_.first();  // At `never`, where there is none.
      if (next.time >= flows_due_ || next.time > time_max) [[unlikely]] {
        if (flows_due_ <= time_max && flows_due_ != never) {
          flows_->advance();
          continue;
        }
        return next.time == never && flows_due_ == never ? StopReason::finished : stop_at(horizon);
      }
      queue_.drop_first();
      Callback callback;
      if (!resolve(next, slots_[next.key & slot_mask], callback)) continue;
      now_ = SimTime(Duration(next.time));
      ++events_run_;
      --batch;
      callback();
    }
    if (events_left == 0) return StopReason::event_limit;
  }
}

void Engine::transfer(HostId from, HostId to, Bytes size,
                      std::function<void(TransferOutcome)> done) {
  if (flows_ == nullptr) flows_ = std::make_unique<Flows>(*this);
  flows_->start(from, to, size, std::move(done));
}

std::size_t Engine::transfers_in_flight() const {
  return flows_ == nullptr ? 0 : flows_->in_flight();
}

TimeoutQueue::TimeoutQueue(Engine& engine, Duration length)
    : engine_(engine), length_(length), ring_(16) {
  HOPLAB_ASSERT(length >= Duration::zero(), "a time-out is not negative");
}

TimeoutQueue::Id TimeoutQueue::start(void (*function)(void*, std::uint64_t), void* object,
                                     std::uint64_t argument) {
  if (end_ - first_ == ring_.size()) {
    std::vector<Entry> larger(2 * ring_.size());
    for (std::uint64_t i = first_; i < end_; ++i) larger[i & (larger.size() - 1)] = at(i);
    ring_ = std::move(larger);
  }
  const std::int64_t deadline = (engine_.now() + length_).time_since_epoch().count();
  const std::uint64_t sequence = engine_.next_sequence();
  at(end_) = {deadline, sequence, {function, object, argument}, true};
  // When the queue is armed for an older entry, even a dead one, that is early enough.
  if (!armed_) engine_.arm(deadline, sequence, *this);
  armed_ = true;
  return {end_++};
}

void TimeoutQueue::cancel(Id timeout) {
  if (timeout.position < first_ || timeout.position >= end_) return;
  at(timeout.position).live = false;
  drop_dead();
}

void TimeoutQueue::drop_dead() {
  while (first_ < end_ && !at(first_).live) ++first_;
}

/// The heap entry of `sequence` came up. If that time-out still stands it is due; in any case the
/// first of the others is armed with its own place in the order.
bool TimeoutQueue::surface(std::uint64_t sequence, Callback& due) {
  const bool is_due = first_ < end_ && at(first_).sequence == sequence;
  if (is_due) {
    due = at(first_).callback;
    ++first_;
    drop_dead();
  }
  armed_ = first_ < end_;
  if (armed_) engine_.arm(at(first_).deadline, at(first_).sequence, *this);
  return is_due;
}

}  // namespace hoplab::sim
