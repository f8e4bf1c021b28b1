// What the faults that end a container's main process have in common.
#pragma once

#include <string>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {

/// Ends the process that the parameters `container` and `exitCode` tell of. Nothing heals it: what
/// is dead stays dead, and the next start is another process.
class ProcessEnd : public Fault {
 public:
  explicit ProcessEnd(const scenarios::Fault& spec) : spec_(spec) {}

  void heal(Controls& /*world*/) final {}

 protected:
  [[nodiscard]] const scenarios::Fault& spec() const { return spec_; }
  [[nodiscard]] int exit_code() const { return integer_parameter(spec_, "exitCode"); }
  [[nodiscard]] std::string container() const { return text_parameter(spec_, "container"); }

 private:
  scenarios::Fault spec_;
};

/// Rows of these two; `note` tells of an exit code that has a meaning.
[[nodiscard]] scenarios::FaultAction::Parameter exit_code_row(const std::string& note);
[[nodiscard]] scenarios::FaultAction::Parameter container_row();

}  // namespace hoplab::models::faults
