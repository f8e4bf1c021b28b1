// Processes that do nothing but burn CPU, as stress-ng does.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/cpu_share.hpp"

namespace hoplab::models::ec2 {

/// So many workers in one control group, each busy for a share of its time:
///
///   busy (share x 10 ms of CPU) --done--> idle (the rest of 10 ms) --> busy ...
///
/// A worker at 100 % never idles. Where others take its CPU a worker's busy part takes longer and
/// its idle part does not.
///
/// Source: stress-ng(1), --cpu, --cpu-load.
class Stress {
 public:
  struct Spec {
    sim::CpuShare::GroupId group;
    int workers = 1;
    int percent = 100;  ///< 1 to 100.
  };

  Stress(sim::Engine& engine, sim::CpuShare& cpu, Spec spec);
  Stress(const Stress&) = delete;
  Stress& operator=(const Stress&) = delete;

  void stop();

 private:
  void start_busy_part();
  void end_busy_part();

  sim::Engine& engine_;
  sim::CpuShare& cpu_;
  sim::CpuShare::ContainerId container_;
  sim::Duration busy_;
  sim::Duration idle_;
  bool is_stopped_ = false;
};

}  // namespace hoplab::models::ec2
