// What readers of App Mesh's objects share, and the two that are large: listeners and routes.
#pragma once

#include <optional>
#include <string>

#include "scenarios/import/app_mesh.hpp"

namespace hoplab::scenarios {

/// Calls `read` with the object under `key`, if there is one, and finishes it.
template <typename Read>
void with_child(AwsReading& reading, AwsObject& object, const char* key, const Read& read) {
  const Node* node = object.child(key);
  if (node == nullptr) return;
  AwsObject child(reading, *node, object.path_of(key));
  read(child);
  child.finish();
}

/// {"unit": "ms", "value": 500}.
[[nodiscard]] std::optional<Duration> read_span(AwsReading& reading, AwsObject& object,
                                                const char* key);

struct ListenerObject {
  std::optional<std::uint16_t> port;
  SourceMark port_mark;
  VirtualNodeSettings settings;  ///< Of these: what a listener says.
};

/// A listener of a virtual node or of a virtual router.
[[nodiscard]] ListenerObject read_listener(AwsReading& reading, const Node& node, std::string path);

/// `logging` of a virtual node.
void read_logging(AwsReading& reading, AwsObject& spec, VirtualNodeSettings& settings);

/// A route; `result` holds its name and its router's.
void read_route(AwsReading& reading, const Node& node, RouteObject result, MeshObjects& mesh);

}  // namespace hoplab::scenarios
