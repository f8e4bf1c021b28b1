// A task definition as the ECS API describes it.
#pragma once

#include <string>

#include "models/ecs/identity.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models::ecs {

/// What `aws ecs describe-task-definition` would print, on one line: what was registered, with the
/// ARN, the revision and the rest that registering adds, in the API's order. A document that has
/// been described already stays as it is.
[[nodiscard]] std::string describe_task_definition_json(const scenarios::TaskDefinition& definition,
                                                        const Identity& identity);

}  // namespace hoplab::models::ecs
