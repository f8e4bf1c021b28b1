// What the SSM documents have in common that run stress-ng on machines, outside every task.
#pragma once

#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {

/// One `Stress` on each machine of the target. `start` makes it, or null where there is none.
template <typename Stress>
class MachineStress final : public Fault {
 public:
  using Start = std::unique_ptr<Stress> (*)(sim::Engine& engine, ec2::Instance& instance,
                                            const scenarios::Fault& spec);
  MachineStress(const scenarios::Fault& spec, Start start) : spec_(spec), start_(start) {}

  void inject(Controls& world) override {
    for (ec2::Instance* instance : world.instances(spec_)) {
      if (auto stress = start_(world.sim_engine(), *instance, spec_)) {
        running_.push_back(std::move(stress));
      }
    }
  }

  void heal(Controls& /*world*/) override {
    for (const auto& stress : running_) stress->stop();
  }

 private:
  scenarios::Fault spec_;
  Start start_;
  /// Kept after the end: an idle worker's alarm may still ring.
  std::vector<std::unique_ptr<Stress>> running_;
};

/// The row of such a document: its own parameters between those that all of them have.
[[nodiscard]] inline scenarios::FaultAction stress_document(
    const std::string& document, std::vector<scenarios::FaultAction::Parameter> own,
    std::string symptom) {
  std::vector<scenarios::FaultAction::Parameter> parameters = {
      whole_number("DurationSeconds", "", "1..43200; `for` says the same", {1, 43'200})};
  std::move(own.begin(), own.end(), std::back_inserter(parameters));
  parameters.push_back({.name = "InstallDependencies",
                        .type = scenarios::FaultAction::Type::text,
                        .required = false,
                        .default_value = "True",
                        .meaning = "the document's; stress-ng is always there",
                        .words = "True|False"});
  return {.action = "aws:ssm:send-command/" + document,
          .target = scenarios::FaultAction::Target::host,
          .parameters = std::move(parameters),
          .symptom = std::move(symptom),
          .fis_equivalent = "aws:ssm:send-command (" + document + ")",
          .length_parameter = "DurationSeconds"};
}

}  // namespace hoplab::models::faults
