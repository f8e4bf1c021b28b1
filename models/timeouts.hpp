// One queue for each length of time-out that the world uses.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "sim/engine.hpp"

namespace hoplab::models {

/// Hands out the TimeoutQueue of a length; the same length gives the same queue.
class Timeouts {
 public:
  explicit Timeouts(sim::Engine& engine) : engine_(engine) {}

  sim::TimeoutQueue& of(sim::Duration length) {
    // A world has a handful of lengths, and asks a few times for each request.
    for (std::size_t index = 0; index < lengths_.size(); ++index) {
      if (lengths_[index] == length) return *queues_[index];
    }
    return add(length);
  }

 private:
  [[gnu::noinline]] sim::TimeoutQueue& add(sim::Duration length) {
    lengths_.push_back(length);
    return *queues_.emplace_back(std::make_unique<sim::TimeoutQueue>(engine_, length));
  }

  sim::Engine& engine_;
  std::vector<sim::Duration> lengths_;
  std::vector<std::unique_ptr<sim::TimeoutQueue>> queues_;  ///< By lengths_.
};

}  // namespace hoplab::models
