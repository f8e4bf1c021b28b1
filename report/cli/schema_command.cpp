#include "models/faults/registry.hpp"
#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "scenarios/schema/json_schema.hpp"

namespace hoplab::report::cli {

int schema_command(const SchemaOptions&) {
  print(scenarios::json_schema(models::faults::catalogue()));
  return exit_all_held;
}

}  // namespace hoplab::report::cli
