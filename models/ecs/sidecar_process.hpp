// A sidecar at work: the log router, the CloudWatch agent, the X-Ray daemon.
#pragma once

#include <cstdint>
#include <functional>

#include "models/ecs/sidecar.hpp"
#include "sim/cpu_share.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::ecs {

/// Works in the control group of its task: what it uses, the application and the Envoy do not get.
///
///   asleep --each second--> works off what has come in since --done--> asleep
///
/// What comes in while it still works waits for the next second: it falls behind, and costs no
/// more.
///
/// Source: Fluent Bit's default flush (1 s), the X-Ray daemon's and the agent's batches.
/// Limits: what it forwards arrives whether it gets CPU or not.
class SidecarProcess {
 public:
  struct Spec {
    SidecarKind kind;
    sim::CpuShare* cpu = nullptr;
    sim::CpuShare::ContainerId container;
    std::function<std::uint64_t()> items;  ///< Log lines, datagrams or segments, since the start.
    sim::Duration phase{};                 ///< Of its seconds.
  };

  SidecarProcess(sim::Engine& engine, Spec spec);
  SidecarProcess(const SidecarProcess&) = delete;
  SidecarProcess& operator=(const SidecarProcess&) = delete;

  /// It was killed, or ends.
  void stop();

 private:
  void wake();
  void on_worked();

  sim::Engine& engine_;
  Spec spec_;
  std::uint64_t done_;  ///< Of the items.
  sim::SimTime woke_{};
  bool is_working_ = false;
  bool is_stopped_ = false;
};

}  // namespace hoplab::models::ecs
