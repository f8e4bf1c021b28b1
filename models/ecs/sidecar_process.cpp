#include "models/ecs/sidecar_process.hpp"

#include <utility>

namespace hoplab::models::ecs {
namespace {

constexpr sim::Duration interval = std::chrono::seconds(1);

}  // namespace

SidecarProcess::SidecarProcess(sim::Engine& engine, Spec spec)
    : engine_(engine), spec_(std::move(spec)), done_(spec_.items()), woke_(engine.now()) {
  engine_.after(spec_.phase, sim::call<&SidecarProcess::wake>(*this));
}

void SidecarProcess::wake() {
  if (is_stopped_) return;
  engine_.after(interval, sim::call<&SidecarProcess::wake>(*this));
  if (is_working_) return;
  const std::uint64_t items = spec_.items();
  const double seconds = sim::in_seconds(engine_.now() - std::exchange(woke_, engine_.now()));
  const sim::Duration work =
      spec_.kind.cpu_per_item * static_cast<std::int64_t>(items - std::exchange(done_, items)) +
      sim::seconds_to_duration(sim::in_seconds(spec_.kind.cpu_per_second) * seconds);
  is_working_ = true;
  spec_.cpu->start(spec_.container, work, sim::call<&SidecarProcess::on_worked>(*this));
}

void SidecarProcess::on_worked() { is_working_ = false; }

void SidecarProcess::stop() {
  is_stopped_ = true;
  spec_.cpu->cancel_all(spec_.container);
}

}  // namespace hoplab::models::ecs
