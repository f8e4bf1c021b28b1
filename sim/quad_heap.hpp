// A priority queue for small entries that come and go by the million.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hoplab::sim {

/// What orders entries: smaller comes first. Two words are compared as one number.
__extension__ typedef unsigned __int128 Rank;

[[nodiscard]] constexpr Rank make_rank(std::uint64_t high, std::uint64_t low) {
  return static_cast<Rank>(high) << 64 | low;
}

/// A 4-ary heap of entries that have a member `rank()`; no two are of one rank.
///
/// It is half as deep as a binary heap, and four siblings lie in one or two cache lines. Nearly
/// every entry that leaves is followed by one that comes, so its place at the root stays open until
/// the next call: a newcomer sinks from there, and the last entry need not.
///
/// Errors: first() and take() of an empty heap are undefined.
/// Cost:   push and take O(log n), first O(1) after a push.
template <typename Entry>
class QuadHeap {
 public:
  [[nodiscard]] bool empty() const { return entries_.size() == (root_is_open_ ? 1U : 0U); }
  [[nodiscard]] const Entry& first() {
    close_root();
    return entries_.front();
  }
  /// Removes the first.
  Entry take() {
    close_root();
    root_is_open_ = true;
    return entries_.front();
  }
  void push(const Entry& entry) {
    if (root_is_open_) {
      root_is_open_ = false;
      return sink(entry);
    }
    entries_.push_back(entry);
    Entry* const heap = entries_.data();
    std::size_t hole = entries_.size() - 1;
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / 4;
      if (heap[parent].rank() < entry.rank()) break;
      heap[hole] = heap[parent];
      hole = parent;
    }
    heap[hole] = entry;
  }
  /// All of them, in no order. A change must keep their order.
  [[nodiscard]] std::vector<Entry>& all() {
    close_root();
    return entries_;
  }
  void clear() {
    entries_.clear();
    root_is_open_ = false;
  }

 private:
  /// Nothing was pushed since the first left: the last entry fills its place.
  void close_root() {
    if (!root_is_open_) return;
    root_is_open_ = false;
    const Entry last = entries_.back();
    entries_.pop_back();
    if (!entries_.empty()) sink(last);
  }

  /// Puts `entry` where it belongs on a way down from the root, which is open.
  void sink(const Entry& entry) {
    const std::size_t size = entries_.size();
    Entry* const heap = entries_.data();
    std::size_t hole = 0;
    for (std::size_t child = 1; child < size; child = 4 * hole + 1) {
      const std::size_t least =
          child + 4 <= size ? first_of_four(heap, child) : first_of(heap, child, size);
      if (entry.rank() < heap[least].rank()) break;
      heap[hole] = heap[least];
      hole = least;
    }
    heap[hole] = entry;
  }

  /// Which of four siblings it is cannot be guessed, so nothing here is a branch.
  static std::size_t first_of_four(const Entry* heap, std::size_t child) {
    const std::size_t left = child + (heap[child + 1].rank() < heap[child].rank() ? 1U : 0U);
    const std::size_t right =
        child + 2 + (heap[child + 3].rank() < heap[child + 2].rank() ? 1U : 0U);
    const std::size_t is_right = heap[right].rank() < heap[left].rank() ? 1U : 0U;
    return left ^ ((left ^ right) & (0 - is_right));
  }

  static std::size_t first_of(const Entry* heap, std::size_t child, std::size_t size) {
    std::size_t least = child;
    for (std::size_t i = child + 1; i < size; ++i) {
      if (heap[i].rank() < heap[least].rank()) least = i;
    }
    return least;
  }

  std::vector<Entry> entries_;
  bool root_is_open_ = false;  ///< The first entry has left, and its place is not filled yet.
};

}  // namespace hoplab::sim
