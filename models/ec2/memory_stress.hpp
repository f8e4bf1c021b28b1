// Processes that hold memory and write to it all the time, as stress-ng's vm workers do.
#pragma once

#include "models/ec2/memory.hpp"
#include "sim/cpu_share.hpp"

namespace hoplab::models::ec2 {

/// Workers of one machine, outside every task, that together take a share of its memory.
///
///   filling (1 GiB/s a worker) --has its share--> holding (and writing: a core each)
///      ^                              |
///      +-- killed for want of memory -+  stress-ng makes its workers the kernel's first choice
///                                        (oom_score_adj 1000) and starts them again at once
///
/// Source: stress-ng(1), --vm, --vm-bytes, --oomable; AWSFIS-Run-Memory-Stress.
class MemoryStress {
 public:
  struct Spec {
    int workers = 1;
    int percent = 80;  ///< Of the machine's memory, all workers together.
  };

  MemoryStress(sim::Engine& engine, HostMemory& memory, sim::CpuShare& cpu, Spec spec);
  MemoryStress(const MemoryStress&) = delete;
  MemoryStress& operator=(const MemoryStress&) = delete;

  void stop();

 private:
  void fill();
  void hold();
  void on_kill();

  sim::Engine& engine_;
  HostMemory& memory_;
  sim::CpuShare& cpu_;
  Spec spec_;
  sim::CpuShare::ContainerId container_;
  HostMemory::ProcessId process_;
  sim::EventId next_;
  bool is_stopped_ = false;
};

}  // namespace hoplab::models::ec2
