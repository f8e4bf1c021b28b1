// A priority queue for small entries that come and go by the million.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <vector>

namespace hoplab::sim {

/// What orders entries: smaller comes first. Two words are compared as one number.
__extension__ typedef unsigned __int128 Rank;

[[nodiscard]] constexpr Rank make_rank(std::uint64_t high, std::uint64_t low) {
  return static_cast<Rank>(high) << 64 | low;
}

/// Memory that begins with a cache line.
template <typename T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t line{64};

  CacheLineAllocator() = default;
  template <typename U>
  explicit CacheLineAllocator(const CacheLineAllocator<U>& /*other*/) {}
  [[nodiscard]] T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), line));
  }
  void deallocate(T* memory, std::size_t /*count*/) { ::operator delete(memory, line); }
  bool operator==(const CacheLineAllocator&) const = default;
};

/// A 4-ary heap of entries that have a member `rank()`; no two are of one rank.
///
/// It is half as deep as a binary heap, and four siblings are one cache line. Nearly every entry
/// that leaves is followed by one that comes, so its place at the root stays open until the next
/// call: a newcomer sinks from there, and the last entry need not.
///
/// Errors: first() and take() of an empty heap are undefined.
/// Cost:   push and take O(log n), first O(1) after a push.
template <typename Entry>
class QuadHeap {
 public:
  [[nodiscard]] bool empty() const { return size() == (root_is_open_ ? 1U : 0U); }
  [[nodiscard]] const Entry& first() {
    close_root();
    return entries_[lead];
  }
  /// Removes the first.
  Entry take() {
    close_root();
    root_is_open_ = true;
    return entries_[lead];
  }
  void push(const Entry& entry) {
    if (root_is_open_) {
      root_is_open_ = false;
      return sink(entry);
    }
    entries_.push_back(entry);
    Entry* const heap = entries_.data() + lead;
    std::size_t hole = size() - 1;
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / 4;
      if (heap[parent].rank() < entry.rank()) break;
      heap[hole] = heap[parent];
      hole = parent;
    }
    heap[hole] = entry;
  }
  /// All of them, in no order. A change must keep their order.
  [[nodiscard]] std::span<Entry> all() {
    close_root();
    return std::span(entries_).subspan(lead);
  }
  void clear() {
    entries_.resize(lead);
    root_is_open_ = false;
  }

 private:
  static_assert(sizeof(Entry) == 16, "four siblings fill a cache line");
  /// So many unused entries before the root, and the children of any entry begin a line.
  static constexpr std::size_t lead = 3;

  [[nodiscard]] std::size_t size() const { return entries_.size() - lead; }

  /// Nothing was pushed since the first left: the last entry fills its place.
  void close_root() {
    if (!root_is_open_) return;
    root_is_open_ = false;
    const Entry last = entries_.back();
    entries_.pop_back();
    if (size() > 0) sink(last);
  }

  /// Puts `entry` where it belongs on a way down from the root, which is open.
  void sink(const Entry entry) {
    const Rank rank = entry.rank();
    Entry* const heap = entries_.data() + lead;
    const std::size_t end = size();
    std::size_t hole = 0;
    for (std::size_t child = 1; child < end; child = 4 * hole + 1) {
      const std::size_t least =
          child + first_of(heap + child, std::min<std::size_t>(4, end - child));
      if (rank < heap[least].rank()) break;
      heap[hole] = heap[least];
      hole = least;
    }
    heap[hole] = entry;
  }

  static std::size_t first_of(const Entry* siblings, std::size_t count) {
    if (count == 4) [[likely]] {
      // Which of the four it is cannot be guessed, so nothing here is a branch.
      const std::size_t left = siblings[1].rank() < siblings[0].rank() ? 1 : 0;
      const std::size_t right = siblings[3].rank() < siblings[2].rank() ? 3 : 2;
      const std::size_t is_right = siblings[right].rank() < siblings[left].rank() ? 1 : 0;
      return left ^ ((left ^ right) & (0 - is_right));
    }
    std::size_t least = 0;
    for (std::size_t i = 1; i < count; ++i) {
      if (siblings[i].rank() < siblings[least].rank()) least = i;
    }
    return least;
  }

  std::vector<Entry, CacheLineAllocator<Entry>> entries_ =
      std::vector<Entry, CacheLineAllocator<Entry>>(lead);
  bool root_is_open_ = false;  ///< The first entry has left, and its place is not filled yet.
};

}  // namespace hoplab::sim
