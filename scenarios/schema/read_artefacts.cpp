#include <glob.h>

#include <algorithm>
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

constexpr std::size_t artefact_size_max = std::size_t{16} * 1024 * 1024;

/// Where a path that is written in the scenario leads, seen from the working folder.
std::string beside(const std::string& scenario_file, const std::string& path) {
  return (fs::path(scenario_file).parent_path() / path).string();
}

/// Hands the bytes of a file to the reader for its kind.
void import_file(const std::string& kind, const std::string& bytes, const std::string& place,
                 Draft& draft) {
  Scenario& scenario = draft.scenario;
  if (kind == "taskDefinitions") {
    import_task_definition(bytes, place, scenario.artefacts, draft.diagnostics);
  } else if (kind == "ec2") {
    import_ec2(bytes, place, scenario.artefacts, scenario.subnets, draft.diagnostics);
  } else {
    import_app_mesh(bytes, place, draft.mesh, scenario.artefacts, draft.diagnostics);
  }
}

void read_one(const Node& node, const std::string& kind, const std::string& path, Draft& draft) {
  for (const auto& [known, bytes] : draft.scenario.sources) {
    if (known != path) continue;
    draft.diagnostics.error(node.mark, "E0411", fmt::format("'{}' is named twice", shown(path)),
                            "leave one of them out");
    return;
  }
  const std::string place = beside(draft.scenario.file, path);
  const int errors_before = draft.diagnostics.errors();
  try {
    std::string bytes = read_file(place, artefact_size_max);
    import_file(kind, bytes, place, draft);
    draft.scenario.artefacts.files.push_back({kind, path});
    draft.scenario.sources.emplace_back(path, std::move(bytes));
  } catch (const FileError& error) {
    draft.unreadable.emplace_back(error.what());
    draft.has_all_artefacts = false;
  }
  if (draft.diagnostics.errors() != errors_before) draft.has_all_artefacts = false;
}

/// The files that a pattern fits, by their bytes in order: no locale decides.
std::vector<std::string> matches_of(const std::string& scenario_file, const std::string& pattern) {
  const std::string folder = beside(scenario_file, "");
  glob_t found{};
  std::vector<std::string> paths;
  if (glob((folder + pattern).c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      paths.push_back(std::string(found.gl_pathv[i]).substr(folder.size()));
    }
  }
  globfree(&found);
  std::ranges::sort(paths);
  return paths;
}

/// A path, a pattern with `*`, `?` or `[...]`, or {file: ...} with one of them.
void read_item(const Node& item, const std::string& kind, Draft& draft) {
  const Node* node = &item;
  if (item.kind != Node::Kind::scalar) {
    const Section section(item, "an artefact", {"file"}, draft.diagnostics);
    node = section.require("file", "write {file: PATH}");
  }
  const auto path = node == nullptr ? std::nullopt : read_text(*node, draft.diagnostics);
  if (!path) {
    draft.has_all_artefacts = false;
    return;
  }
  if (path->find_first_of("*?[") == std::string::npos) return read_one(*node, kind, *path, draft);
  const auto paths = matches_of(draft.scenario.file, *path);
  for (const std::string& match : paths) read_one(*node, kind, match, draft);
  if (!paths.empty()) return;
  draft.unreadable.push_back(fmt::format("no file fits {}", beside(draft.scenario.file, *path)));
  draft.has_all_artefacts = false;
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
  const Section section(*node, "'artefacts'",
                        {"cloudformation", "taskDefinitions", "appmesh", "ec2"}, draft.diagnostics);
  for (const char* kind : {"taskDefinitions", "ec2", "appmesh"}) {
    section.each(kind, [&](const Node& item) { read_item(item, kind, draft); });
  }
  section.each("cloudformation", [&](const Node& item) {
    note_not_simulated(draft, item.mark, "a CloudFormation template");
  });
  check_families(draft);
}

}  // namespace hoplab::scenarios
