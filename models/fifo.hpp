// A queue for the many places where nearly always nobody waits.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace hoplab::models {

/// First in, first out. One that was never used owns no memory; std::deque owns half a kilobyte,
/// and a large mesh has a million of them (a pool for each host, worker and Envoy).
///
/// Errors: front() and pop_front() of an empty one are undefined.
/// Cost:   O(1) amortised; erase() is O(n).
template <typename T>
class Fifo {
 public:
  using Iterator = typename std::vector<T>::iterator;

  [[nodiscard]] bool empty() const { return first_ == items_.size(); }
  [[nodiscard]] std::size_t size() const { return items_.size() - first_; }
  [[nodiscard]] const T& front() const { return items_[first_]; }
  void push_back(T item) { items_.push_back(std::move(item)); }
  void pop_front() {
    ++first_;
    if (2 * first_ < items_.size()) return;
    // At least half of it has left: moving the rest costs no more than their leaving did.
    items_.erase(items_.begin(), begin());
    first_ = 0;
  }
  void erase(Iterator item) { items_.erase(item); }

  [[nodiscard]] Iterator begin() { return items_.begin() + static_cast<std::ptrdiff_t>(first_); }
  [[nodiscard]] Iterator end() { return items_.end(); }

 private:
  std::vector<T> items_;
  std::size_t first_ = 0;
};

}  // namespace hoplab::models
