// `taskDefinitions`: ECS's own keys, and `simulate:` of each container beside them.
#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/import/artefacts.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

/// The definition as AWS would take it; what is simulated goes to `simulated`, by container.
Node without_simulate(const Node& node, SimulatedContainers& simulated) {
  Node bare = node;
  for (Node::Entry& entry : bare.entries) {
    if (entry.key.name != "containerDefinitions") continue;
    for (Node& container : entry.value.items) {
      const Node* name = container.find("name");
      const Node* simulate = container.find("simulate");
      if (simulate == nullptr) continue;
      if (name != nullptr) simulated.emplace(name->text, *simulate);
      std::erase_if(container.entries,
                    [](const Node::Entry& it) { return it.key.name == "simulate"; });
    }
  }
  return bare;
}

/// "b:2" is revision 2; a key without a number, or a document that has its own, tells none.
void take_revision(const std::string& key, TaskDefinition& definition) {
  const std::string prefix = definition.family + ":";
  if (!key.starts_with(prefix)) return;
  int revision = 0;
  const char* end = key.data() + key.size();
  const auto read = std::from_chars(key.data() + prefix.size(), end, revision);
  if (read.ec == std::errc() && read.ptr == end && revision > 0) definition.revision = revision;
}

void read_definition(const Node::Entry& entry, Draft& draft) {
  Artefacts& artefacts = draft.scenario.artefacts;
  AwsReading reading{draft.scenario.file, artefacts, draft.diagnostics, Origin::scenario};
  SimulatedContainers simulated;
  const Node bare = without_simulate(entry.value, simulated);
  const int errors_before = draft.diagnostics.errors();
  read_task_definition(reading, bare, to_json(bare), entry.key.name);
  if (draft.diagnostics.errors() != errors_before) {
    draft.has_all_artefacts = false;
    return;
  }
  TaskDefinition definition = std::move(artefacts.task_definitions.back());
  artefacts.task_definitions.pop_back();
  take_revision(entry.key.name, definition);
  const std::string name = fmt::format("{}:{}", definition.family, definition.revision);
  const auto same = [&](const TaskDefinition& other) {
    return other.family == definition.family && other.revision == definition.revision;
  };
  if (std::ranges::any_of(artefacts.task_definitions, same)) {
    draft.diagnostics.error(entry.key.mark, "E0411",
                            fmt::format("a second task definition '{}'", shown(name)),
                            fmt::format("write \"{}:2\" for the next revision", definition.family));
    return;
  }
  draft.definition_keys[entry.key.name] = name;
  draft.simulated[name] = std::move(simulated);
  artefacts.task_definitions.push_back(std::move(definition));
}

}  // namespace

void read_task_definitions(const Section& top, Draft& draft) {
  const Node* node = top.find("taskDefinitions");
  if (node == nullptr) return;
  if (node->kind != Node::Kind::mapping) {
    draft.diagnostics.error(node->mark, "E0203",
                            "'taskDefinitions' wants a mapping from names to task definitions",
                            "write taskDefinitions: {a: {family: a, ...}}");
    draft.has_all_artefacts = false;
    return;
  }
  for (const Node::Entry& entry : node->entries) read_definition(entry, draft);
}

}  // namespace hoplab::scenarios
