// A task as the ECS API and EventBridge write it.
#pragma once

#include <string>
#include <string_view>

#include "models/ecs/task.hpp"

namespace hoplab::models::ecs {

/// Writes one task as it stands. Times: epoch seconds in DescribeTasks, ISO-8601 in events.
/// Source: botocore ecs 2014-11-13; ECS Developer Guide "ECS events".
class TaskDocument {
 public:
  TaskDocument(const Task& task, sim::WallTime now) : task_(task), now_(now) {}

  /// The `tasks[]` element of a DescribeTasks answer.
  [[nodiscard]] std::string describe_tasks() const;
  /// An "ECS Task State Change" event.
  [[nodiscard]] std::string state_change_event() const;

 private:
  enum class Times { epoch_seconds, iso8601 };
  template <typename Json>
  void write_task(Json& json, Times times) const;
  template <typename Json>
  void write_containers(Json& json) const;
  template <typename Json>
  void write_attachment(Json& json) const;
  template <typename Json>
  void write_proxy_attachment(Json& json) const;

  const Task& task_;
  sim::WallTime now_;
};

/// "x86_64", or "arm64" of types with Graviton processors (T4g, M6g).
[[nodiscard]] std::string_view cpu_architecture(std::string_view instance_type);

/// What is in the envelope of an event.
struct EventFacts {
  std::string type;  ///< "ECS Service Action".
  std::string name;  ///< What its id is a hash of.
  std::string resource;
  sim::WallTime time;
};
/// An event as EventBridge delivers it, around a detail that is JSON already.
[[nodiscard]] std::string event_bridge_envelope(const Identity& identity, const EventFacts& facts,
                                                const std::string& detail);

}  // namespace hoplab::models::ecs
