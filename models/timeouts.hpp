// One queue for each length of time-out that the world uses.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "sim/engine.hpp"

namespace hoplab::models {

/// Hands out the TimeoutQueue of a length; the same length gives the same queue.
class Timeouts {
 public:
  explicit Timeouts(sim::Engine& engine) : engine_(engine) {}

  sim::TimeoutQueue& of(sim::Duration length) {
    // A world has a handful of lengths, and asks a few times for each request.
    for (const auto& [known, queue] : queues_) {
      if (known == length) return *queue;
    }
    queues_.emplace_back(length, std::make_unique<sim::TimeoutQueue>(engine_, length));
    return *queues_.back().second;
  }

 private:
  sim::Engine& engine_;
  std::vector<std::pair<sim::Duration, std::unique_ptr<sim::TimeoutQueue>>> queues_;
};

}  // namespace hoplab::models
