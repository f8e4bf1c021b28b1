// Storage for objects that come and go by the million: stable slots, reused, each use told apart
// by a generation, so that an event which outlived its object finds nobody home.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
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
  /// A new object, as its constructor leaves it.
  Handle make() {
    const Handle handle = take();
    T& value = entry(handle.slot).value;
    // In place: a request's state is a few hundred bytes, and made a few times for each request.
    std::destroy_at(&value);
    std::construct_at(&value);
    return handle;
  }
  Handle make(T value) {
    const Handle handle = take();
    entry(handle.slot).value = std::move(value);
    return handle;
  }

  /// The object, or null if that use of the slot is over.
  [[nodiscard]] T* find(Handle handle) {
    if (handle.slot >= size_) return nullptr;
    Entry& entry = this->entry(handle.slot);
    return entry.alive && entry.generation == handle.generation ? &entry.value : nullptr;
  }

  [[nodiscard]] T& get(Handle handle) {
    T* value = find(handle);
    HOPLAB_ASSERT(value != nullptr, "a handle is used after its object has gone");
    return *value;
  }

  /// The living object in a slot whose use is known to be the current one.
  [[nodiscard]] T& at(std::uint32_t slot) {
    HOPLAB_ASSERT(slot < size_ && entry(slot).alive, "an empty slot is used");
    return entry(slot).value;
  }
  [[nodiscard]] Handle handle_of(std::uint32_t slot) { return {slot, entry(slot).generation}; }

  void free(Handle handle) {
    Entry& entry = this->entry(handle.slot);
    HOPLAB_ASSERT(entry.alive && entry.generation == handle.generation, "a slot is freed twice");
    entry.alive = false;
    ++entry.generation;
    free_.push_back(handle.slot);
  }

  [[nodiscard]] std::size_t alive() const { return size_ - free_.size(); }

  /// Calls visit(handle, value) for each living object, by slot. The visit may free objects.
  template <typename Visit>
  void for_each(Visit visit) {
    for (std::uint32_t slot = 0; slot < size_; ++slot) {
      Entry& entry = this->entry(slot);
      if (entry.alive) visit(Handle{slot, entry.generation}, entry.value);
    }
  }

 private:
  struct Entry {
    T value{};
    std::uint32_t generation = 1;
    bool alive = false;
  };
  // Chunks, so that a reference survives the making of others, and a slot is two loads away. Small
  // ones: a large mesh has tens of thousands of slabs that hold a request at a time.
  static constexpr std::uint32_t chunk_bits = 3;
  static constexpr std::uint32_t chunk_size = 1U << chunk_bits;

  [[nodiscard]] Entry& entry(std::uint32_t slot) {
    return (*chunks_[slot >> chunk_bits])[slot & (chunk_size - 1)];
  }

  Handle take() {
    std::uint32_t slot = size_;
    if (!free_.empty()) {
      slot = free_.back();
      free_.pop_back();
    } else if (size_++ % chunk_size == 0) {
      chunks_.push_back(std::make_unique<std::array<Entry, chunk_size>>());
    }
    Entry& one = entry(slot);
    one.alive = true;
    return {slot, one.generation};
  }

  std::vector<std::unique_ptr<std::array<Entry, chunk_size>>> chunks_;
  std::uint32_t size_ = 0;  ///< Slots that were ever used.
  std::vector<std::uint32_t> free_;
};

}  // namespace hoplab::models
