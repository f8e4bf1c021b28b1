#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/agent_fault.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/fis_action.hpp"
#include "scenarios/schema/fis_actions.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;
using Parameter = FaultAction::Parameter;

/// Null after an error (E0405), or a warning for an action that is known and not simulated. `node`
/// is where `id` was written.
const FaultAction* find_action(const std::string& id, const Node& node, Draft& draft) {
  const std::string* name = &id;
  std::vector<std::string> actions;
  for (const FaultAction& action : draft.fault_actions) {
    if (action.action == *name) return &action;
    actions.push_back(action.action);
  }
  if (is_fis_action(*name)) {
    note_not_simulated(draft, node.mark, fmt::format("action '{}'", *name));
    return nullptr;
  }
  const bool may_lack_quotes = name->find(": ") != std::string::npos;
  std::string hint = did_you_mean(*name, actions, draft.diagnostics);
  if (hint.empty()) {
    hint = may_lack_quotes ? "write no blanks after the colons" : "`hoplab faults` lists them all";
  }
  draft.diagnostics.error(node.mark, "E0405",
                          fmt::format("there is no fault action '{}'", shown(*name)), hint);
  return nullptr;
}

// --- Parameters -------------------------------------------------------------------------------

std::vector<std::string> words_of(const Parameter& parameter) {
  std::vector<std::string> words;
  std::size_t from = 0;
  while (from <= parameter.words.size()) {
    const std::size_t to = std::min(parameter.words.find('|', from), parameter.words.size());
    words.push_back(parameter.words.substr(from, to - from));
    from = to + 1;
  }
  return words;
}

bool is_block(const Node& node, Diagnostics& diagnostics) {
  const auto text = read_text(node, diagnostics);
  if (!text || is_ipv4_block(*text)) return text.has_value();
  diagnostics.error(node.mark, "E0220", fmt::format("'{}' is not an IPv4 block", shown(*text)),
                    "write it like 10.0.2.0/24");
  return false;
}

/// Is the value one that the models can read?
bool is_right(const Node& node, const Parameter& parameter, Diagnostics& diagnostics) {
  switch (parameter.type) {
    case FaultAction::Type::integer:
      return read_integer(node, {parameter.minimum, parameter.maximum}, diagnostics).has_value();
    case FaultAction::Type::duration:
      return read_duration(node, diagnostics).has_value();
    case FaultAction::Type::ratio:
      return read_ratio(node, diagnostics).has_value();
    case FaultAction::Type::bandwidth:
      return read_bandwidth(node, diagnostics).has_value();
    case FaultAction::Type::bytes:
      return read_bytes(node, diagnostics).has_value();
    case FaultAction::Type::boolean:
      return read_boolean(node, diagnostics).has_value();
    case FaultAction::Type::block:
      return is_block(node, diagnostics);
    case FaultAction::Type::text:
      break;
  }
  if (parameter.words.empty()) return read_text(node, diagnostics).has_value();
  return read_choice(node, words_of(parameter), diagnostics).has_value();
}

/// The container that a fault names, or that it means when it names none.
struct NamedContainer {
  std::string name;
  sim::SourceMark mark;
};

void check_container(const NamedContainer& container, const Fault& fault, const Names& names,
                     Draft& draft) {
  const Service* service = names.service(fault.target);
  if (service == nullptr || !draft.has_all_artefacts) return;
  const auto containers = names.containers(*service);
  if (std::find(containers.begin(), containers.end(), container.name) != containers.end()) return;
  draft.diagnostics.error(
      container.mark, "E0413",
      fmt::format("a task of '{}' has no container '{}'", fault.target, shown(container.name)),
      hint_for(container.name, containers, draft.diagnostics));
}

void read_parameters(const Section& section, const Node* node, const FaultAction& action,
                     const Names& names, Fault& fault, Draft& draft) {
  static const Node nothing;
  std::vector<std::string> keys;
  for (const Parameter& parameter : action.parameters) keys.push_back(parameter.name);
  if (keys.empty()) {
    if (node == nullptr || (node->kind == Node::Kind::mapping && node->entries.empty())) return;
    draft.diagnostics.error(node->mark, "E0406",
                            fmt::format("{} takes no parameters", action.action), "leave them out");
    return;
  }
  if (node == nullptr) node = &nothing;
  const Section given(*node, fmt::format("{}", action.action), keys, draft.diagnostics);
  for (const Parameter& parameter : action.parameters) {
    const Node* value = given.find(parameter.name);
    if (value == nullptr && parameter.required && given.is_readable()) {
      const sim::SourceMark& mark = node == &nothing ? section.mark() : node->mark;
      draft.diagnostics.error(
          mark, "E0407", fmt::format("{} needs the parameter '{}'", action.action, parameter.name),
          parameter.meaning);
    }
    if (value != nullptr && !is_right(*value, parameter, draft.diagnostics)) continue;
    const bool is_container = parameter.name == "container" || parameter.name == "processName";
    if (is_container && given.is_readable()) {
      NamedContainer meant{value != nullptr ? value->text : parameter.default_value,
                           value != nullptr ? value->mark : section.mark()};
      if (const Service* service = names.service(fault.target)) {
        meant.name = names.true_container(*service, meant.name);
      }
      check_container(meant, fault, names, draft);
    }
    if (value == nullptr) continue;
    const Service* service = is_container ? names.service(fault.target) : nullptr;
    fault.parameters[parameter.name] = {
        service == nullptr ? value->text : names.true_container(*service, value->text),
        value->mark};
  }
}

// --- Targets ----------------------------------------------------------------------------------

/// Another service is of its family: a deployment may bring its program there.
bool is_version_of_another(const Service& service, const Scenario& scenario) {
  const auto family = [&](const Service& it) {
    if (!it.family.empty()) return it.family;
    return it.task_definition.empty() ? it.name
                                      : it.task_definition.substr(0, it.task_definition.rfind(':'));
  };
  return std::ranges::any_of(scenario.services, [&](const Service& other) {
    return other.name != service.name && family(other) == family(service);
  });
}

bool check_tasks(const Node& node, const Service& service, Draft& draft) {
  if (service.desired_count > 0 || is_version_of_another(service, draft.scenario)) return true;
  draft.diagnostics.error(node.mark, "E0412",
                          fmt::format("service '{}' has no task that could fail", service.name),
                          "its desiredCount is 0");
  return false;
}

/// A host on which something runs, or a service, which stands for the hosts of its tasks.
bool check_place(const Node& node, const std::string& name, const Names& names, Draft& draft) {
  if (names.is_busy_host(name)) return true;
  if (const Service* service = names.service(name); service != nullptr) {
    return check_tasks(node, *service, draft);
  }
  const auto& hosts = draft.scenario.hosts;
  const bool is_idle =
      std::any_of(hosts.begin(), hosts.end(), [&](const Host& host) { return host.name == name; });
  if (is_idle) {
    draft.diagnostics.error(node.mark, "E0412", fmt::format("no task runs on host '{}'", name),
                            fmt::format("write placement: {} in a service", name));
    return false;
  }
  draft.diagnostics.error(node.mark, "E0402",
                          fmt::format("there is no host or service '{}'", shown(name)),
                          hint_for(name, names.places(), draft.diagnostics));
  return false;
}

void check_link(const Node& node, const std::string& target, const Names& names, Draft& draft) {
  const auto arrow = target.find("->");
  if (arrow == std::string::npos) {
    draft.diagnostics.error(node.mark, "E0412", fmt::format("'{}' is not a link", shown(target)),
                            "write target: \"a->b\" with two services");
    return;
  }
  const std::string from = target.substr(0, arrow);
  const std::string to = target.substr(arrow + 2);
  if (!check_place(node, from, names, draft) || !check_place(node, to, names, draft)) return;
  const bool are_services = names.service(from) != nullptr && names.service(to) != nullptr;
  if (!are_services || !draft.has_all_calls) return;
  if (names.calls(from, to) || names.calls(to, from)) return;
  draft.diagnostics.error(
      node.mark, "E0412",
      fmt::format("'{}' does not call '{}', nothing crosses this link", from, to),
      "name two services of which one calls the other");
}

/// "there is no zone 'x'", with what there is instead.
void complain_of_name(const Node& node, const char* what, const std::string& name,
                      const std::vector<std::string>& known, Draft& draft) {
  draft.diagnostics.error(node.mark, "E0402", fmt::format("there is no {} '{}'", what, shown(name)),
                          hint_for(name, known, draft.diagnostics));
}

void check_subnet_or_zone(const Node& node, const std::string& target, bool is_zone, Draft& draft) {
  std::vector<std::string> known;
  for (const Subnet& subnet : draft.scenario.subnets) {
    known.push_back(is_zone ? subnet.availability_zone : subnet.name);
  }
  // The zone of machines that name no subnet.
  if (is_zone) known.push_back(draft.scenario.region + "a");
  if (std::ranges::find(known, target) != known.end()) return;
  std::ranges::sort(known);
  known.erase(std::unique(known.begin(), known.end()), known.end());
  complain_of_name(node, is_zone ? "zone" : "subnet", target, known, draft);
}

void check_service(const Node& node, const std::string& target, const Names& names, Draft& draft) {
  if (const Service* service = names.service(target); service != nullptr) {
    (void)check_tasks(node, *service, draft);
    return;
  }
  draft.diagnostics.error(node.mark, "E0401",
                          fmt::format("there is no service '{}'", shown(target)),
                          hint_for(target, names.services(), draft.diagnostics));
}

void check_target(const Node& node, const FaultAction& action, const Fault& fault,
                  const Names& names, Draft& draft) {
  using Target = FaultAction::Target;
  const bool takes_every = action.target == Target::service || action.target == Target::host ||
                           action.target == Target::subnet;
  if (!draft.has_services || (takes_every && fault.target == every_resource)) return;
  switch (action.target) {
    case Target::service:
      check_service(node, fault.target, names, draft);
      return;
    case Target::host:
      (void)check_place(node, fault.target, names, draft);
      return;
    case Target::link:
      check_link(node, fault.target, names, draft);
      return;
    case Target::subnet:
    case Target::zone:
      check_subnet_or_zone(node, fault.target, action.target == Target::zone, draft);
      return;
    case Target::cluster:
      if (fault.target == draft.scenario.cluster) return;
      complain_of_name(node, "cluster", fault.target, {draft.scenario.cluster}, draft);
      return;
    case Target::mesh:
      if (fault.target == draft.scenario.mesh_name) return;
      complain_of_name(node, "mesh", fault.target, {draft.scenario.mesh_name}, draft);
      return;
  }
}

/// There is one cluster, and at most one mesh: nobody needs to name it.
std::string only_target(const FaultAction* action, const Scenario& scenario) {
  if (action != nullptr && action->target == FaultAction::Target::cluster) return scenario.cluster;
  if (action != nullptr && action->target == FaultAction::Target::mesh) return scenario.mesh_name;
  return "";
}

/// `count`: the first so many of a service's tasks.
void check_count(const Section& section, const Fault& fault, const Names& names, Draft& draft) {
  const Service* service = names.service(fault.target);
  const Node& count = *section.find("count");
  if (service == nullptr && draft.has_services) {
    draft.diagnostics.error(count.mark, "E0412", "'count' is of a service's tasks",
                            "leave it out, or name a service as the target");
  } else if (service != nullptr && service->desired_count > 0 &&
             *fault.count > service->desired_count) {
    draft.diagnostics.error(
        count.mark, "E0212",
        fmt::format("service '{}' has no {} tasks", service->name, *fault.count),
        fmt::format("its desiredCount is {}", service->desired_count));
  }
}

void read_target(const Section& section, const FaultAction* action, const Names& names,
                 Fault& fault, Draft& draft) {
  fault.target = only_target(action, draft.scenario);
  const Node* target = section.find("target");
  if (target == nullptr && fault.target.empty()) {
    section.require("target", "what it happens to: a service, a host or \"a->b\"");
  }
  section.take("target", read_text, fault.target);
  section.take("count", integer_in<int>(1, 10'000), fault.count);
  if (action == nullptr || target == nullptr || fault.target.empty()) return;
  check_target(*target, *action, fault, names, draft);
  if (fault.count) check_count(section, fault, names, draft);
}

// --- The rest ---------------------------------------------------------------------------------

void read_times(const Section& section, Fault& fault, Draft& draft) {
  const Node* at = section.require("at", "when it begins: at: 1m");
  section.take("at", read_duration, fault.at);
  section.take("for", read_positive_duration, fault.lasts);
  const Duration end = draft.scenario.duration;
  if (at == nullptr || end == Duration::zero() || fault.at < end) return;
  draft.diagnostics.error(
      at->mark, "E0408",
      fmt::format("this fault begins at {}, when the load has ended", sim::format(fault.at)),
      fmt::format("write a time before {}", sim::format(end)));
}

std::string last_word(const std::string& action) {
  const auto colon = action.find_last_of(":/");
  return colon == std::string::npos ? action : action.substr(colon + 1);
}

}  // namespace

void read_fault(const Node& node, const Names& names, Draft& draft,
                const std::optional<TargetSelection>& selection) {
  const Section section(
      node, "a fault",
      {"name", "at", "for", "action", "actionId", "agentFault", "target", "count", "parameters"},
      draft.diagnostics);
  Fault fault;
  fault.mark = node.mark;
  fault.selection = selection;
  section.excludes("actionId", "action");
  for (const char* other : {"action", "actionId", "parameters"}) {
    section.excludes("agentFault", other);
  }
  if (const Node* agent = section.find("agentFault")) {
    const auto meant = agent_fault(*agent, draft.diagnostics);
    if (!meant) return;
    return read_fault(in_the_words_of_fis(node, *meant), names, draft, selection);
  }
  const Node* word = section.has("actionId") ? section.find("actionId")
                                             : section.require("action",
                                                               "`hoplab faults` lists "
                                                               "them");
  const auto id = word == nullptr ? std::nullopt : read_text(*word, draft.diagnostics);
  const PlainAction plain = plain_action(id.value_or(""), section.find("parameters"),
                                         draft.fault_actions, draft.diagnostics);
  const FaultAction* action = id ? find_action(plain.id, *word, draft) : nullptr;
  read_times(section, fault, draft);
  if (!fault.lasts) fault.lasts = plain.lasts;
  read_target(section, action, names, fault, draft);
  if (action != nullptr) {
    fault.action = action->action;
    fault.name = last_word(action->action);
    read_parameters(section, plain.parameters ? &*plain.parameters : nullptr, *action, names, fault,
                    draft);
    const int nth = ++draft.fault_names[fault.name];
    if (nth > 1) fault.name += fmt::format("-{}", nth);
  }
  section.take("name", read_text, fault.name);
  if (action == nullptr) return;
  const auto& faults = draft.scenario.faults;
  if (std::ranges::find(faults, fault.name, &Fault::name) != faults.end()) {
    const Node* name = section.find("name");
    draft.diagnostics.error(name == nullptr ? node.mark : name->mark, "E0411",
                            fmt::format("a second fault '{}'", shown(fault.name)),
                            "give it a name of its own");
  }
  draft.scenario.faults.push_back(std::move(fault));
}

void read_faults(const Section& top, const Names& names, Draft& draft) {
  top.each("faults", [&](const Node& item) { read_fault(item, names, draft, std::nullopt); });
}

}  // namespace hoplab::scenarios
