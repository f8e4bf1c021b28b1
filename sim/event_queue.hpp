// What comes next of many things that are due at known instants.
#pragma once

#include <array>
#include <cstddef>

#include "sim/quad_heap.hpp"

namespace hoplab::sim {

/// A priority queue for entries that have the members `rank()`, `is_before(other)` and the static
/// `last()`, which is behind all others; no two of one rank. Most are due soon after they came.
///
/// The soonest few stand in a short row in their order, the others in a heap. A simulation's next
/// step is nearly always sooner than most of what is waiting: it goes into the row after a look at
/// a few neighbours, leaves it from the end, and never sees the heap.
///
/// Errors: drop_first() of an empty queue is undefined.
/// Cost:   O(log n) amortised; O(1) for what is due soon.
template <typename Entry>
class EventQueue {
 public:
  EventQueue() { row_[0] = Entry::last(); }

  /// The first; Entry::last(), where there is none.
  [[nodiscard]] const Entry& first() {
    if (count_ == 0) [[unlikely]]
      refill();
    return row_[count_];
  }
  /// Requires that first() was looked at since the last push.
  void drop_first() { --count_; }
  void push(const Entry& entry) {
    if (!entry.is_before(row_ends_)) return later_.push(entry);
    if (count_ == row_max) [[unlikely]] {
      spill();
      if (!entry.is_before(row_ends_)) return later_.push(entry);
    }
    std::size_t place = ++count_;
    for (; row_[place - 1].is_before(entry); --place) row_[place] = row_[place - 1];
    row_[place] = entry;
  }

 private:
  static constexpr std::size_t row_max = 32;
  static constexpr std::size_t row_after_spill = 16;
  static constexpr std::size_t row_after_refill = 6;

  [[gnu::noinline]] void refill() {
    std::array<Entry, row_after_refill> taken;
    std::size_t next = 0;
    while (next < taken.size() && !later_.empty()) taken[next++] = later_.take();
    while (next > 0) row_[++count_] = taken[--next];
    row_ends_ = later_.empty() ? Entry::last() : later_.first();
  }
  /// The later part of a full row goes into the heap.
  [[gnu::noinline]] void spill() {
    constexpr std::size_t leaving = row_max - row_after_spill;
    for (std::size_t i = 1; i <= leaving; ++i) later_.push(row_[i]);
    row_ends_ = row_[leaving];
    for (std::size_t i = 1; i <= row_after_spill; ++i) row_[i] = row_[i + leaving];
    count_ = row_after_spill;
  }

  /// From 1, the soonest last. The guard in front is later than anything.
  std::array<Entry, row_max + 1> row_{};
  std::size_t count_ = 0;
  Entry row_ends_ = Entry::last();  ///< What is before this is in the row, all else in the heap.
  QuadHeap<Entry> later_;
};

}  // namespace hoplab::sim
