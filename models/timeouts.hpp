// One queue for each length of time-out that the world uses.
#pragma once

#include <map>
#include <memory>

#include "sim/engine.hpp"

namespace hoplab::models {

/// Hands out the TimeoutQueue of a length; the same length gives the same queue.
class Timeouts {
 public:
  explicit Timeouts(sim::Engine& engine) : engine_(engine) {}

  sim::TimeoutQueue& of(sim::Duration length) {
    std::unique_ptr<sim::TimeoutQueue>& queue = queues_[length];
    if (!queue) queue = std::make_unique<sim::TimeoutQueue>(engine_, length);
    return *queue;
  }

 private:
  sim::Engine& engine_;
  std::map<sim::Duration, std::unique_ptr<sim::TimeoutQueue>> queues_;
};

}  // namespace hoplab::models
