#include "scenarios/schema/experiment_targets.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

/// What FIS knows of a type of resource, as far as it is simulated.
struct ResourceType {
  std::string name;
  std::string key;  ///< Of an action's targets.
  std::vector<FaultAction::Target> suits;
  std::vector<std::string> parameters;
  std::vector<std::string> filters;  ///< Attributes, spelt as FIS spells them.
  std::vector<std::string> tags;     ///< That AWS itself gives, or that every machine has.
  std::string zone_path;             ///< The filter that a zone among the parameters stands for.
};

const std::vector<ResourceType>& resource_types() {
  using Target = FaultAction::Target;
  static const std::vector<ResourceType> all = {
      {.name = "aws:ecs:task",
       .key = "Tasks",
       .suits = {Target::service, Target::host},
       .parameters = {"cluster", "service"},
       .filters = {"AvailabilityZone", "Group", "LastStatus", "LaunchType", "TaskDefinitionArn"},
       .tags = {"aws:ecs:clusterName", "aws:ecs:serviceName"},
       .zone_path = "AvailabilityZone"},
      {.name = "aws:ecs:cluster",
       .key = "Clusters",
       .suits = {Target::cluster},
       .parameters = {},
       .filters = {},
       .tags = {},
       .zone_path = ""},
      {.name = "aws:ec2:instance",
       .key = "Instances",
       .suits = {Target::host},
       .parameters = {"availabilityZoneIdentifier"},
       .filters = {"InstanceId", "InstanceType", "Placement.AvailabilityZone", "State.Name",
                   "SubnetId", "VpcId"},
       .tags = {"Name"},
       .zone_path = "Placement.AvailabilityZone"},
      {.name = "aws:ec2:subnet",
       .key = "Subnets",
       .suits = {Target::subnet},
       .parameters = {"availabilityZoneIdentifier", "vpc"},
       .filters = {"AvailabilityZone", "SubnetId", "VpcId"},
       .tags = {"Name"},
       .zone_path = "AvailabilityZone"}};
  return all;
}

class TargetReader {
 public:
  TargetReader(const Names& names, Draft& draft)
      : names_(names), draft_(draft), diagnostics_(draft.diagnostics) {}

  ExperimentTarget read(const Node::Entry& entry);

 private:
  void read_parameters(const Section& section, const ResourceType& type, ExperimentTarget& target);
  void read_service(const Section& parameters, ExperimentTarget& target);
  void check_cluster(const Node& node);
  void read_arns(const Section& section, TargetSelection& selection);
  void read_tags(const Section& section, const ResourceType& type, TargetSelection& selection);
  void read_filters(const Section& section, const ResourceType& type, TargetSelection& selection);
  void read_mode(const Section& section, TargetSelection& selection);

  const Names& names_;
  Draft& draft_;
  sim::Diagnostics& diagnostics_;
};

void TargetReader::check_cluster(const Node& node) {
  const auto text = read_text(node, diagnostics_);
  if (!text) return;
  const std::string& cluster = draft_.scenario.cluster;
  if (*text == cluster || text->ends_with(":cluster/" + cluster)) return;
  diagnostics_.error(node.mark, "E0424", fmt::format("there is no cluster '{}'", shown(*text)),
                     fmt::format("it is called '{}'", cluster));
}

void TargetReader::read_service(const Section& parameters, ExperimentTarget& target) {
  const Node* node = parameters.find("service");
  if (node == nullptr) return;
  target.mark = node->mark;
  parameters.take("service", read_text, target.resource);
  if (!draft_.has_services || target.resource == every_resource) return;
  if (names_.service(target.resource) != nullptr) return;
  diagnostics_.error(node->mark, "E0401",
                     fmt::format("there is no service '{}'", shown(target.resource)),
                     hint_for(target.resource, names_.services(), diagnostics_));
  target.resource = every_resource;  // One mistake, one diagnostic.
}

void TargetReader::read_parameters(const Section& section, const ResourceType& type,
                                   ExperimentTarget& target) {
  const Node* node = section.find("parameters");
  if (node == nullptr) return;
  const Section inner(*node, "'parameters'", type.parameters, diagnostics_);
  if (const Node* cluster = inner.find("cluster")) check_cluster(*cluster);
  read_service(inner, target);
  if (const Node* zone = inner.find("availabilityZoneIdentifier")) {
    target.selection.filters.push_back({type.zone_path, {zone->text}});
  }
  if (const Node* vpc = inner.find("vpc")) {
    target.selection.filters.push_back({"VpcId", {vpc->text}});
  }
}

void TargetReader::read_arns(const Section& section, TargetSelection& selection) {
  section.each("resourceArns", [&](const Node& item) {
    const auto arn = read_text(item, diagnostics_);
    if (!arn) return;
    if (arn->starts_with("arn:aws:") && std::ranges::count(*arn, ':') >= 5) {
      selection.arns.push_back(*arn);
      return;
    }
    diagnostics_.error(item.mark, "E0213", fmt::format("'{}' is not an ARN", shown(*arn)),
                       "write arn:aws:SERVICE:REGION:ACCOUNT:TYPE/ID");
  });
}

void TargetReader::read_tags(const Section& section, const ResourceType& type,
                             TargetSelection& selection) {
  const Node* node = section.find("resourceTags");
  if (node == nullptr) return;
  const Section tags(*node, "'resourceTags' of this type", type.tags, diagnostics_);
  for (const std::string& tag : type.tags) {
    if (const Node* value = tags.find(tag)) {
      if (const auto text = read_text(*value, diagnostics_)) selection.tags[tag] = *text;
    }
  }
}

void TargetReader::read_filters(const Section& section, const ResourceType& type,
                                TargetSelection& selection) {
  section.each("filters", [&](const Node& item) {
    const Section filter(item, "a filter", {"path", "values"}, diagnostics_);
    const Node* path = filter.require("path", "write {path: State.Name, values: [running]}");
    filter.require("values", "write {path: State.Name, values: [running]}");
    if (path == nullptr || !read_choice(*path, type.filters, diagnostics_)) return;
    ResourceFilter known{path->text, {}};
    filter.each("values", [&](const Node& value) {
      if (auto text = read_text(value, diagnostics_)) known.values.push_back(*std::move(text));
    });
    selection.filters.push_back(std::move(known));
  });
}

/// ALL, COUNT(n), PERCENT(n).
void TargetReader::read_mode(const Section& section, TargetSelection& selection) {
  const Node* node = section.find("selectionMode");
  if (node == nullptr || node->text == "ALL") return;
  const std::string& mode = node->text;
  const auto open = mode.find('(');
  const char* end = mode.data() + mode.size();
  const bool is_call = open != std::string::npos && mode.ends_with(')');
  const auto read = is_call ? std::from_chars(mode.data() + open + 1, end, selection.number)
                            : std::from_chars_result{end, std::errc::invalid_argument};
  const std::string word = mode.substr(0, open);
  const bool is_number = read.ec == std::errc() && read.ptr == end - 1 && selection.number > 0;
  if (is_number && word == "COUNT") {
    selection.mode = TargetSelection::Mode::count;
  } else if (is_number && word == "PERCENT" && selection.number <= 100) {
    selection.mode = TargetSelection::Mode::percent;
  } else {
    diagnostics_.error(node->mark, "E0213", fmt::format("'{}' is not known here", shown(mode)),
                       "write ALL, COUNT(2) or PERCENT(50)");
  }
}

ExperimentTarget TargetReader::read(const Node::Entry& entry) {
  const Section section(
      entry.value, fmt::format("target '{}'", shown(entry.key.name)),
      {"resourceType", "resourceArns", "resourceTags", "filters", "selectionMode", "parameters"},
      diagnostics_);
  ExperimentTarget target;
  target.mark = entry.key.mark;
  target.resource = every_resource;
  target.selection.name = entry.key.name;
  const Node* type_node = section.require("resourceType", "write \"aws:ecs:task\"");
  if (type_node == nullptr) return target;
  std::vector<std::string> known;
  for (const ResourceType& type : resource_types()) known.push_back(type.name);
  const auto index = read_choice(*type_node, known, diagnostics_);
  if (!index) return target;
  const ResourceType& type = resource_types()[*index];
  target.selection.resource_type = type.name;
  if (type.name == "aws:ecs:cluster") target.resource = draft_.scenario.cluster;
  read_parameters(section, type, target);
  read_arns(section, target.selection);
  read_tags(section, type, target.selection);
  read_filters(section, type, target.selection);
  read_mode(section, target.selection);
  return target;
}

}  // namespace

bool ExperimentTarget::is_plain() const {
  return resource != every_resource && selection.mode == TargetSelection::Mode::all &&
         selection.arns.empty() && selection.tags.empty() && selection.filters.empty();
}

std::string fis_target_key(std::string_view resource_type) {
  const auto type = std::ranges::find(resource_types(), resource_type, &ResourceType::name);
  return type == resource_types().end() ? "" : type->key;
}

bool ExperimentTarget::suits(FaultAction::Target target) const {
  const auto type =
      std::ranges::find(resource_types(), selection.resource_type, &ResourceType::name);
  return type == resource_types().end() ||  // Told already.
         std::ranges::find(type->suits, target) != type->suits.end();
}

std::map<std::string, ExperimentTarget> read_experiment_targets(const Section& experiment,
                                                                const Names& names, Draft& draft) {
  std::map<std::string, ExperimentTarget> targets;
  const Node* node = experiment.find("targets");
  if (node == nullptr) return targets;
  TargetReader reader(names, draft);
  for (const Node::Entry& entry : node->entries) {
    targets[entry.key.name] = reader.read(entry);
  }
  return targets;
}

}  // namespace hoplab::scenarios
