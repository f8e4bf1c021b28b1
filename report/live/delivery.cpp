#include "report/live/delivery.hpp"

namespace hoplab::report::live {

void Delivery::note_trouble(const std::string& what) {
  const std::lock_guard lock(mutex_);
  trouble_ = what;
  is_failing_ = true;
}

std::string Delivery::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Delivery::stop() {
  const std::lock_guard lock(mutex_);
  is_stopped_ = true;
  is_woken_.notify_all();
}

void Delivery::pause(Wall::duration length) {
  std::unique_lock lock(mutex_);
  is_woken_.wait_for(lock, length, [this] { return is_stopped_.load(); });
}

}  // namespace hoplab::report::live
