// `experiment`: the shape of an AWS FIS template. Each action becomes an entry of `faults`.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/experiment_targets.hpp"
#include "scenarios/schema/fis_action.hpp"
#include "scenarios/schema/fis_actions.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;
using StopCondition = Experiment::StopCondition;

/// An action with what is known of its place in time.
struct Action {
  const Node::Entry* entry = nullptr;
  std::string id;
  std::optional<Duration> start;
  std::optional<Duration> lasts;
  bool is_open = false;  ///< Being placed: whoever meets it again has found a cycle.
};

Node scalar_at(const SourceMark& mark, std::string text) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.mark = mark;
  node.text = std::move(text);
  return node;
}

class ExperimentReader {
 public:
  ExperimentReader(const Section& section, const Names& names, Draft& draft)
      : section_(section), names_(names), draft_(draft), diagnostics_(draft.diagnostics) {}

  void read();

 private:
  void read_stop_conditions();
  std::optional<std::string> alarm_named(const Node& value);
  void read_actions();
  void read_action(Action& action);
  std::optional<Duration> end_of(const std::string& name, const Node& asked);
  void place(Action& action);
  void note_experiment(std::size_t faults_before);
  [[nodiscard]] std::optional<Duration> length_of(const Section& section, const std::string& id);
  const ExperimentTarget* target_named(const Node& name);
  void check_target_key(const Node& targets, const ExperimentTarget& target);
  std::optional<TargetSelection> add_target(const Section& section, Node& fault);
  void add_parameters(const Section& section, const std::string& id, Node& fault);
  void add_group_target(const Node& group, Node& fault);

  const Section& section_;
  const Names& names_;
  Draft& draft_;
  Diagnostics& diagnostics_;
  std::map<std::string, ExperimentTarget> targets_;
  std::map<std::string, Action> actions_;
  std::vector<StopCondition> stop_conditions_;
};

void set(Node& mapping, const char* key, Node value) {
  Node::Entry entry;
  entry.key = {key, value.mark};
  entry.value = std::move(value);
  mapping.entries.push_back(std::move(entry));
}

// --- Targets ----------------------------------------------------------------------------------

/// The target of the experiment that an action names; null after an error.
const ExperimentTarget* ExperimentReader::target_named(const Node& name) {
  const auto found = targets_.find(name.text);
  if (found != targets_.end()) return &found->second;
  std::vector<std::string> known;
  for (const auto& [key, target] : targets_) known.push_back(key);
  diagnostics_.error(name.mark, "E0424", fmt::format("there is no target '{}'", shown(name.text)),
                     hint_for(name.text, known, diagnostics_));
  return nullptr;
}

/// FIS names a target by its type: Tasks, Instances, Clusters, Subnets.
void ExperimentReader::check_target_key(const Node& targets, const ExperimentTarget& target) {
  const std::string key = fis_target_key(target.selection.resource_type);
  const Node::Key& given = targets.entries.front().key;
  if (key.empty() || given.name == key) return;
  diagnostics_.warning(given.mark, "W0702",
                       fmt::format("AWS refuses '{}' as a target of type {}", shown(given.name),
                                   target.selection.resource_type),
                       fmt::format("write targets: {{{}: {}}}", key, target.selection.name));
}

/// `targets: {Tasks: b-tasks}`, or hoplab's own `target: b`. What the target says beyond a service.
std::optional<TargetSelection> ExperimentReader::add_target(const Section& section, Node& fault) {
  if (section.excludes("target", "targets")) return std::nullopt;
  if (const Node* target = section.find("target")) set(fault, "target", *target);
  const Node* targets = section.find("targets");
  if (targets == nullptr || targets->entries.empty()) return std::nullopt;
  section.excludes("count", "targets");
  const Node& name = targets->entries.front().value;
  const ExperimentTarget* target = target_named(name);
  if (target == nullptr) return std::nullopt;
  set(fault, "target", scalar_at(name.mark, target->resource));
  const Node* id = section.find("actionId");
  const auto row =
      std::ranges::find(draft_.fault_actions, id == nullptr ? "" : id->text, &FaultAction::action);
  if (row != draft_.fault_actions.end() && !target->suits(row->target)) {
    diagnostics_.error(
        name.mark, "E0412",
        fmt::format("{} does not happen to {}", row->action, target->selection.resource_type),
        "`hoplab faults` tells what it happens to");
  } else {
    check_target_key(*targets, *target);
  }
  return target->is_plain() ? std::nullopt : std::optional(target->selection);
}

/// A security group stands for the service whose only group it is.
void ExperimentReader::add_group_target(const Node& group, Node& fault) {
  if (fault.find("target") != nullptr) return;
  for (const Service& service : draft_.scenario.services) {
    if (service.security_groups.size() != 1 || service.security_groups[0] != group.text) continue;
    set(fault, "target", scalar_at(group.mark, service.name));
    return;
  }
  diagnostics_.error(group.mark, "E0404",
                     fmt::format("'{}' is not the one group of any service", shown(group.text)),
                     "name the service: target: b");
}

// --- Time -------------------------------------------------------------------------------------

/// FIS says `duration` among the parameters where hoplab says `for`.
std::optional<Duration> ExperimentReader::length_of(const Section& section, const std::string& id) {
  std::optional<Duration> length;
  section.take("for", read_positive_duration, length);
  if (length) return length;
  Diagnostics told_later;
  return plain_action(id, section.find("parameters"), draft_.fault_actions, told_later).lasts;
}

/// What acts for a while ends; what AWS does at once has ended when it begins.
std::optional<Duration> ExperimentReader::end_of(const std::string& name, const Node& asked) {
  const auto found = actions_.find(name);
  if (found == actions_.end()) {
    std::vector<std::string> known;
    for (const auto& [key, action] : actions_) known.push_back(key);
    diagnostics_.error(asked.mark, "E0424", fmt::format("there is no action '{}'", shown(name)),
                       hint_for(name, known, diagnostics_));
    return std::nullopt;
  }
  Action& action = found->second;
  if (action.is_open) {
    diagnostics_.error(asked.mark, "E0424",
                       fmt::format("action '{}' waits for itself", shown(name)),
                       "take one startAfter out");
    return std::nullopt;
  }
  if (!action.start) place(action);
  if (action.lasts) return *action.start + *action.lasts;
  if (action.id.starts_with("aws:")) return action.start;
  diagnostics_.error(asked.mark, "E0424",
                     fmt::format("action '{}' never ends, so nothing starts after it", shown(name)),
                     "give it a `for`");
  return std::nullopt;
}

void ExperimentReader::place(Action& action) {
  static const std::vector<std::string> keys = {"actionId", "description", "parameters",
                                                "targets",  "startAfter",  "at",
                                                "for",      "target",      "count"};
  Diagnostics told_later;
  const Section section(action.entry->value, "an action", keys, told_later);
  action.is_open = true;
  action.lasts = length_of(section, action.id);
  Duration start{};
  section.take("at", read_duration, start);
  if (const Node* after = section.find("startAfter")) {
    for (const Node& item : after->items) {
      if (const auto end = end_of(item.text, item)) start = std::max(start, *end);
    }
  }
  action.start = start;
  action.is_open = false;
}

// --- Actions ----------------------------------------------------------------------------------

/// FIS writes every value as text.
void ExperimentReader::add_parameters(const Section& section, const std::string& id, Node& fault) {
  const Node* parameters = section.find("parameters");
  if (parameters == nullptr) return;
  Node unquoted = *parameters;
  const auto is_taken = [&](const Node::Entry& entry) {
    const bool is_length = entry.key.name == "duration" && id.starts_with("aws:");
    return entry.key.name == "groupId" ||
           (is_length && read_positive_duration(entry.value, diagnostics_));
  };
  for (Node::Entry& entry : unquoted.entries) {
    entry.value.is_quoted = false;
    if (entry.key.name == "groupId") add_group_target(entry.value, fault);
  }
  std::erase_if(unquoted.entries, is_taken);
  if (!unquoted.entries.empty()) set(fault, "parameters", std::move(unquoted));
}

void ExperimentReader::read_action(Action& action) {
  const auto& [key, value] = *action.entry;
  const Section section(value, fmt::format("action '{}'", shown(key.name)),
                        {"actionId", "description", "parameters", "targets", "startAfter", "at",
                         "for", "target", "count"},
                        diagnostics_);
  section.excludes("startAfter", "at");
  const Node* id = section.require("actionId", "`hoplab faults` lists them");
  if (id == nullptr || action.id == "aws:fis:wait") return;
  Node fault;
  fault.kind = Node::Kind::mapping;
  fault.mark = value.mark;
  set(fault, "name", scalar_at(key.mark, key.name));
  set(fault, "action", *id);
  const Node* at = section.find("at");
  set(fault, "at", scalar_at(at == nullptr ? value.mark : at->mark, sim::format(*action.start)));
  if (action.lasts) {
    const Node* lasts = section.find("for");
    set(fault, "for",
        scalar_at(lasts == nullptr ? value.mark : lasts->mark, sim::format(*action.lasts)));
  }
  const int errors_before = diagnostics_.errors();
  const std::optional<TargetSelection> selection = add_target(section, fault);
  if (const Node* count = section.find("count")) set(fault, "count", *count);
  add_parameters(section, action.id, fault);
  if (diagnostics_.errors() == errors_before) {
    read_fault(fault, names_, draft_, selection);
  }
}

void ExperimentReader::read_actions() {
  const Node* node = section_.find("actions");
  if (node == nullptr) return;
  for (const Node::Entry& entry : node->entries) {
    Action action;
    action.entry = &entry;
    if (const Node* id = entry.value.find("actionId")) action.id = id->text;
    actions_[entry.key.name] = std::move(action);
  }
  for (auto& [name, action] : actions_) {
    if (!action.start) place(action);
  }
  // In the file's order: faults of one instant act in it.
  for (const Node::Entry& entry : node->entries) read_action(actions_.at(entry.key.name));
}

// --- Stop conditions --------------------------------------------------------------------------

/// The name of an alarm that is given by its ARN, or by its name; nothing after an error.
std::optional<std::string> ExperimentReader::alarm_named(const Node& value) {
  const auto text = read_text(value, diagnostics_);
  if (!text) return std::nullopt;
  const Scenario& scenario = draft_.scenario;
  std::vector<std::string> known;
  for (const Alarm& alarm : scenario.alarms) known.push_back(alarm.name);
  constexpr std::string_view last_part = ":alarm:";
  const std::string here =
      fmt::format("arn:aws:cloudwatch:{}:{}{}", scenario.region, scenario.account, last_part);
  const std::size_t part = text->starts_with("arn:") ? text->find(last_part) : std::string::npos;
  const std::string name =
      part == std::string::npos ? *text : text->substr(part + last_part.size());
  const bool is_known = std::ranges::find(known, name) != known.end();
  if (is_known && (*text == name || *text == here + name)) return name;
  std::string hint =
      is_known ? fmt::format("it is {}{}", here, name) : hint_for(name, known, diagnostics_);
  if (hint.empty()) hint = "telemetry.cloudwatch.alarms names none";
  diagnostics_.error(value.mark, "E0424", fmt::format("there is no alarm '{}'", shown(*text)),
                     std::move(hint));
  return std::nullopt;
}

void ExperimentReader::read_stop_conditions() {
  section_.each("stopConditions", [&](const Node& item) {
    const Section condition(item, "a stop condition", {"source", "value"}, diagnostics_);
    const Node* source = condition.require("source", "write {source: none}");
    if (source == nullptr) return;
    const auto which = read_choice(*source, {"none", "aws:cloudwatch:alarm"}, diagnostics_);
    if (which == std::size_t{0} && condition.has("value")) {
      diagnostics_.error(condition.key_mark("value"), "E0202",
                         "'value' needs a source that has one",
                         "write source: aws:cloudwatch:alarm, or leave the value out");
    }
    if (which != std::size_t{1}) return;
    const Node* value = condition.require("value", "the alarm's ARN, or its name");
    if (value == nullptr) return;
    if (auto alarm = alarm_named(*value)) {
      stop_conditions_.push_back({value->mark, *std::move(alarm)});
    }
  });
}

/// What was read is one experiment, which begins and ends, where something can stop it.
void ExperimentReader::note_experiment(std::size_t faults_before) {
  if (stop_conditions_.empty() || actions_.empty()) return;
  Experiment experiment;
  experiment.stop_conditions = stop_conditions_;
  experiment.start = Duration::max();
  experiment.end = Duration::zero();
  for (const auto& [name, action] : actions_) {
    experiment.start = std::min(experiment.start, *action.start);
    const bool is_over_at_once = action.id == "aws:fis:wait" || happens_at_once(action.id);
    if (!action.lasts && !is_over_at_once) experiment.end.reset();
    if (!experiment.end) continue;
    experiment.end =
        std::max(*experiment.end, *action.start + action.lasts.value_or(Duration::zero()));
  }
  auto& faults = draft_.scenario.faults;
  for (std::size_t i = faults_before; i < faults.size(); ++i) faults[i].is_of_experiment = true;
  draft_.scenario.experiment = std::move(experiment);
}

void ExperimentReader::read() {
  const std::size_t faults_before = draft_.scenario.faults.size();
  targets_ = read_experiment_targets(section_, names_, draft_);
  read_stop_conditions();
  read_actions();
  note_experiment(faults_before);
}

}  // namespace

void read_experiment(const Section& top, const Names& names, Draft& draft) {
  const Node* node = top.find("experiment");
  if (node == nullptr) return;
  const Section section(
      *node, "'experiment'",
      {"description", "targets", "actions", "stopConditions", "roleArn", "experimentOptions",
       "experimentReportConfiguration", "logConfiguration", "tags"},
      draft.diagnostics);
  for (const char* key : {"targets", "actions"}) {
    const Node* part = section.find(key);
    if (part == nullptr || part->kind == Node::Kind::mapping) continue;
    draft.diagnostics.error(part->mark, "E0203",
                            fmt::format("'{}' wants a mapping from names", key),
                            fmt::format("write {}: {{NAME: {{...}}}}", key));
    return;
  }
  ExperimentReader(section, names, draft).read();
}

}  // namespace hoplab::scenarios
