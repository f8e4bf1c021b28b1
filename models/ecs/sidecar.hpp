// What the small containers of a task cost: the log router, the CloudWatch agent, the X-Ray daemon.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/units.hpp"

namespace hoplab::models::ecs {

/// A kind of sidecar, told by its image.
struct SidecarKind {
  enum class Item : std::uint8_t { log_line, datagram, segment };
  std::string_view image;      ///< Part of the image's name.
  Item item = Item::log_line;  ///< What it works on.
  sim::Duration cpu_per_item{};
  sim::Duration cpu_per_second{};  ///< When idle.
  sim::Bytes memory{0};            ///< Resident.
};

/// Null for an image that is none of them.
///
/// Assumed: AWS publishes no cost per item; memory is what AWS's examples reserve for them or less.
/// Limits: where there is no mesh the CPU is counted and not taken from anybody: such a task is the
///         queue that the theory is about. Else see SidecarProcess.
[[nodiscard]] const SidecarKind* find_sidecar(std::string_view image);

}  // namespace hoplab::models::ecs
