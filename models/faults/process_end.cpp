#include "models/faults/process_end.hpp"

namespace hoplab::models::faults {

scenarios::FaultAction::Parameter exit_code_row(const std::string& note) {
  return whole_number("exitCode", "1", "exit code of the process, 0..255 (" + note + ")", {0, 255});
}

scenarios::FaultAction::Parameter container_row() {
  return {.name = "container",
          .type = scenarios::FaultAction::Type::text,
          .required = false,
          .default_value = "app",
          .meaning = "name of the container"};
}

}  // namespace hoplab::models::faults
