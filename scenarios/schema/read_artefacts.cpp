#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "scenarios/import/artefacts.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

namespace fs = std::filesystem;

using Import = void (*)(std::string_view, const std::string&, Artefacts&, sim::Diagnostics&);

constexpr std::size_t artefact_size_max = std::size_t{16} * 1024 * 1024;

/// Where a path that is written in the scenario leads, seen from the working folder.
std::string beside(const std::string& scenario_file, const std::string& path) {
  return (fs::path(scenario_file).parent_path() / path).string();
}

void read_one(const Node& item, const char* what, Import import_artefact, Draft& draft) {
  const Section section(item, what, {"file"}, draft.diagnostics);
  const Node* node = section.require("file", "write {file: task-definition.json}");
  const auto path = node == nullptr ? std::nullopt : read_text(*node, draft.diagnostics);
  if (!path) {
    draft.has_all_artefacts = false;
    return;
  }
  for (const auto& [known, bytes] : draft.scenario.sources) {
    if (known != *path) continue;
    draft.diagnostics.error(node->mark, "E0411", fmt::format("'{}' is named twice", shown(*path)),
                            "leave one of them out");
    return;
  }
  const std::string place = beside(draft.scenario.file, *path);
  const int errors_before = draft.diagnostics.errors();
  try {
    std::string bytes = read_file(place, artefact_size_max);
    import_artefact(bytes, place, draft.scenario.artefacts, draft.diagnostics);
    draft.scenario.sources.emplace_back(*path, std::move(bytes));
  } catch (const FileError& error) {
    draft.unreadable.emplace_back(error.what());
    draft.has_all_artefacts = false;
  }
  if (draft.diagnostics.errors() != errors_before) draft.has_all_artefacts = false;
}

void check_families(Draft& draft) {
  std::set<std::string> families;
  for (const TaskDefinition& definition : draft.scenario.artefacts.task_definitions) {
    const std::string name = fmt::format("{}:{}", definition.family, definition.revision);
    if (families.insert(name).second) continue;
    draft.diagnostics.error(definition.mark, "E0411",
                            fmt::format("a second task definition '{}'", shown(name)),
                            "one file per family and revision");
  }
  std::set<std::string> groups;
  for (const SecurityGroup& group : draft.scenario.artefacts.security_groups) {
    if (groups.insert(group.group_id).second) continue;
    draft.diagnostics.error(group.mark, "E0411",
                            fmt::format("a second security group '{}'", shown(group.group_id)),
                            "leave one of them out");
  }
}

}  // namespace

std::string read_file(const std::string& path, std::size_t limit) {
  std::error_code trouble;
  if (fs::is_directory(path, trouble)) {
    throw FileError(fmt::format("cannot read {}: it is a folder", path));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string bytes;
  std::array<char, 65'536> chunk{};
  while (file && bytes.size() <= limit) {
    file.read(chunk.data(), chunk.size());
    bytes.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) {
    const int reason = errno == 0 ? EIO : errno;
    throw FileError(
        fmt::format("cannot read {}: {}", path, std::generic_category().message(reason)));
  }
  return bytes;
}

void read_artefacts(const Section& top, Draft& draft) {
  const Node* node = top.find("artefacts");
  if (node == nullptr) return;
  const Section section(*node, "'artefacts'", {"taskDefinitions", "ec2"}, draft.diagnostics);
  section.each("taskDefinitions", [&](const Node& item) {
    read_one(item, "a task definition", import_task_definition, draft);
  });
  section.each("ec2", [&](const Node& item) {
    read_one(item, "an EC2 file", import_security_groups, draft);
  });
  check_families(draft);
}

}  // namespace hoplab::scenarios
