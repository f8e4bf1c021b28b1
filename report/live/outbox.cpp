#include "report/live/outbox.hpp"

#include <utility>

namespace hoplab::report::live {

void Outbox::keep(MessageKind kind, std::string_view text) {
  waiting_.bytes += text;
  waiting_.entries.push_back({kind, static_cast<std::uint32_t>(text.size())});
  // Who takes empties the box, so it sleeps only while the box is empty.
  if (waiting_.entries.size() == 1) is_filled_.notify_one();
}

bool Outbox::put(MessageKind kind, std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (is_closed_ || !has_room(text.size())) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  keep(kind, text);
  return true;
}

bool Outbox::put_within(MessageKind kind, std::string_view text, Wall::duration patience) {
  std::unique_lock lock(mutex_);
  const bool has_come = has_been_emptied_.wait_for(
      lock, patience, [&] { return is_closed_ || has_room(text.size()); });
  if (!has_come || is_closed_) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  keep(kind, text);
  return true;
}

bool Outbox::take(Batch& batch) {
  batch.clear();
  std::unique_lock lock(mutex_);
  is_filled_.wait(lock, [this] { return is_closed_ || !waiting_.entries.empty(); });
  std::swap(batch, waiting_);
  has_been_emptied_.notify_all();
  return !batch.entries.empty();
}

void Outbox::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  is_filled_.notify_all();
  has_been_emptied_.notify_all();
}

std::uint64_t Outbox::discard() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t count = waiting_.entries.size();
  waiting_.clear();
  return count;
}

}  // namespace hoplab::report::live
