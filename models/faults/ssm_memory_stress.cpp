// The SSM document AWSFIS-Run-Memory-Stress: stress-ng's vm workers on a machine, outside every
// task.
//
// What a real operator sees: nothing in CloudWatch, which has no memory of an instance. Every task
// of the machine is slower: pages are reclaimed, and the workers take CPU. Where it asks for more
// than there is, the kernel kills the stress itself first, again and again; tasks live.

#include <memory>
#include <vector>

#include "models/ec2/memory_stress.hpp"
#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

class SsmMemoryStress final : public Fault {
 public:
  explicit SsmMemoryStress(const scenarios::Fault& spec) : spec_(spec) {}

  void inject(Controls& world) override {
    for (ec2::Instance* instance : world.instances(spec_)) {
      running_.push_back(std::make_unique<ec2::MemoryStress>(
          world.sim_engine(), *instance->memory, *instance->cpu,
          ec2::MemoryStress::Spec{.workers = integer_parameter(spec_, "Workers"),
                                  .percent = integer_parameter(spec_, "Percent")}));
    }
  }

  void heal(Controls& /*world*/) override {
    for (const auto& stress : running_) stress->stop();
    running_.clear();
  }

 private:
  scenarios::Fault spec_;
  std::vector<std::unique_ptr<ec2::MemoryStress>> running_;
};

}  // namespace

FaultKind ssm_memory_stress() {
  return {
      {.action = "aws:ssm:send-command/AWSFIS-Run-Memory-Stress",
       .target = scenarios::FaultAction::Target::host,
       .parameters = {whole_number("DurationSeconds", "", "1..43200; `for` says the same",
                                   {1, 43'200}),
                      whole_number("Workers", "1", "1..1024, each busy on a core", {1, 1024}),
                      whole_number("Percent", "80", "of the machine's memory, 1..100 %", {1, 100}),
                      {.name = "InstallDependencies",
                       .type = scenarios::FaultAction::Type::text,
                       .required = false,
                       .default_value = "True",
                       .meaning = "the document's; stress-ng is always there",
                       .words = "True|False"}},
       .symptom = "tasks of the machine get slower as its memory fills; no metric of the "
                  "instance says why",
       .fis_equivalent = "aws:ssm:send-command (AWSFIS-Run-Memory-Stress)",
       .length_parameter = "DurationSeconds"},
      [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
        return std::make_unique<SsmMemoryStress>(spec);
      }};
}

}  // namespace hoplab::models::faults
