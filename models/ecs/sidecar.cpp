#include "models/ecs/sidecar.hpp"

#include <algorithm>
#include <array>

namespace hoplab::models::ecs {
namespace {

using namespace std::chrono_literals;

constexpr sim::Bytes mebibytes(std::int64_t count) { return sim::Bytes(count * 1024 * 1024); }

constexpr std::array kinds = {
    SidecarKind{"fluent-bit", SidecarKind::Item::log_line, 20us, 1ms, mebibytes(50)},
    SidecarKind{"cloudwatch-agent", SidecarKind::Item::datagram, 5us, 2ms, mebibytes(70)},
    SidecarKind{"xray-daemon", SidecarKind::Item::segment, 30us, 500us, mebibytes(30)},
};

}  // namespace

const SidecarKind* find_sidecar(std::string_view image) {
  const auto found = std::ranges::find_if(kinds, [image](const SidecarKind& kind) {
    return image.find(kind.image) != std::string_view::npos;
  });
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace hoplab::models::ecs
