// The SSM document AWSFIS-Run-Memory-Stress: stress-ng's vm workers on a machine, outside every
// task.
//
// What a real operator sees: nothing in CloudWatch, which has no memory of an instance. Every task
// of the machine is slower: pages are reclaimed, and the workers take CPU. Where it asks for more
// than there is, the kernel kills the stress itself first, again and again; tasks live.

#include "models/ec2/memory_stress.hpp"
#include "models/faults/machine_stress.hpp"

namespace hoplab::models::faults {
namespace {

std::unique_ptr<ec2::MemoryStress> start(sim::Engine& engine, ec2::Instance& instance,
                                         const scenarios::Fault& spec) {
  return std::make_unique<ec2::MemoryStress>(
      engine, *instance.memory, *instance.cpu,
      ec2::MemoryStress::Spec{.workers = integer_parameter(spec, "Workers"),
                              .percent = integer_parameter(spec, "Percent")});
}

}  // namespace

FaultKind ssm_memory_stress() {
  return {stress_document(
              "AWSFIS-Run-Memory-Stress",
              {whole_number("Workers", "1", "1..1024, each busy on a core", {1, 1024}),
               whole_number("Percent", "80", "of the machine's memory, 1..100 %", {1, 100})},
              "tasks of the machine get slower as its memory fills; no metric of the instance says "
              "why"),
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<MachineStress<ec2::MemoryStress>>(spec, start);
          }};
}

}  // namespace hoplab::models::faults
