#include "models/ecs/task_definition_document.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace hoplab::models::ecs {
namespace {

using Json = nlohmann::ordered_json;

/// Source: botocore ecs 2014-11-13, TaskDefinition; members that are not here follow these.
constexpr std::array<const char*, 15> members = {"taskDefinitionArn",
                                                 "containerDefinitions",
                                                 "family",
                                                 "taskRoleArn",
                                                 "executionRoleArn",
                                                 "networkMode",
                                                 "revision",
                                                 "volumes",
                                                 "status",
                                                 "requiresAttributes",
                                                 "placementConstraints",
                                                 "compatibilities",
                                                 "requiresCompatibilities",
                                                 "cpu",
                                                 "memory"};

}  // namespace

std::string describe_task_definition_json(const scenarios::TaskDefinition& definition,
                                          const Identity& identity) {
  Json given = Json::parse(definition.json);
  if (given.contains("taskDefinition")) return given.dump();
  given["taskDefinitionArn"] = identity.task_definition_arn(definition);
  given["revision"] = definition.revision;
  given["status"] = "ACTIVE";
  // A file may say numbers; the API answers with texts.
  for (const char* size : {"cpu", "memory"}) {
    if (given.contains(size) && given[size].is_number()) given[size] = given[size].dump();
  }
  for (const char* list : {"volumes", "placementConstraints"}) {
    if (!given.contains(list)) given[list] = Json::array();
  }
  given["compatibilities"] = given.value("requiresCompatibilities", Json(Json::array({"EC2"})));
  // Tags stand beside the task definition, not in it.
  Json answer;
  const Json tags = given.value("tags", Json());
  given.erase("tags");
  Json& task = answer["taskDefinition"];
  for (const char* member : members) {
    if (given.contains(member)) task[member] = given[member];
  }
  for (const auto& [member, value] : given.items()) {
    if (!task.contains(member)) task[member] = value;
  }
  if (!tags.is_null()) answer["tags"] = tags;
  return answer.dump();
}

}  // namespace hoplab::models::ecs
