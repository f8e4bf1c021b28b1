// Storage for objects that come and go by the million: stable slots, reused, each use told apart
// by a generation, so that an event which outlived its object finds nobody home.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "sim/diagnostic.hpp"

namespace hoplab::models {

/// Names one use of one slot. Default-constructed: nothing. Packs into an event's argument.
struct Handle {
  std::uint32_t slot = ~std::uint32_t{0};
  std::uint32_t generation = 0;

  [[nodiscard]] bool is_set() const { return slot != ~std::uint32_t{0}; }
  [[nodiscard]] std::uint64_t packed() const { return (std::uint64_t{generation} << 32) | slot; }
  [[nodiscard]] static Handle unpack(std::uint64_t word) {
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
  }
  bool operator==(const Handle&) const = default;
};

/// A slab of T. References stay good until the slot is freed.
/// Cost: O(1) for each operation; memory is that of the largest number alive at once.
template <typename T>
class Slab {
 public:
  Handle make(T value = {}) {
    if (free_.empty()) {
      entries_.push_back({std::move(value), 1, true});
      return {static_cast<std::uint32_t>(entries_.size() - 1), 1};
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    Entry& entry = entries_[slot];
    entry.value = std::move(value);
    entry.alive = true;
    return {slot, entry.generation};
  }

  /// The object, or null if that use of the slot is over.
  [[nodiscard]] T* find(Handle handle) {
    if (handle.slot >= entries_.size()) return nullptr;
    Entry& entry = entries_[handle.slot];
    return entry.alive && entry.generation == handle.generation ? &entry.value : nullptr;
  }

  [[nodiscard]] T& get(Handle handle) {
    T* value = find(handle);
    HOPLAB_ASSERT(value != nullptr, "a handle is used after its object has gone");
    return *value;
  }

  /// The living object in a slot whose use is known to be the current one.
  [[nodiscard]] T& at(std::uint32_t slot) {
    HOPLAB_ASSERT(slot < entries_.size() && entries_[slot].alive, "an empty slot is used");
    return entries_[slot].value;
  }
  [[nodiscard]] Handle handle_of(std::uint32_t slot) const {
    return {slot, entries_[slot].generation};
  }

  void free(Handle handle) {
    Entry& entry = entries_[handle.slot];
    HOPLAB_ASSERT(entry.alive && entry.generation == handle.generation, "a slot is freed twice");
    entry.alive = false;
    ++entry.generation;
    free_.push_back(handle.slot);
  }

  [[nodiscard]] std::size_t alive() const { return entries_.size() - free_.size(); }

  /// Calls visit(handle, value) for each living object, by slot. The visit may free objects.
  template <typename Visit>
  void for_each(Visit visit) {
    for (std::uint32_t slot = 0; slot < entries_.size(); ++slot) {
      if (entries_[slot].alive)
        visit(Handle{slot, entries_[slot].generation}, entries_[slot].value);
    }
  }

 private:
  struct Entry {
    T value;
    std::uint32_t generation;
    bool alive;
  };
  std::deque<Entry> entries_;  // A deque, so that a reference survives the making of others.
  std::vector<std::uint32_t> free_;
};

}  // namespace hoplab::models
