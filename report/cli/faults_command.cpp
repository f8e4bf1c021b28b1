#include <string>

#include <fmt/format.h>

#include "models/faults/registry.hpp"
#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/recording/json_text.hpp"
#include "report/writers/text_layout.hpp"
#include "scenarios/schema/fis_actions.hpp"

namespace hoplab::report::cli {
namespace {

using recording::json_string;
using scenarios::FaultAction;

const char* to_string(FaultAction::Target target) {
  switch (target) {
    case FaultAction::Target::service:
      return "service";
    case FaultAction::Target::host:
      return "host";
    case FaultAction::Target::link:
      return "link";
    case FaultAction::Target::subnet:
      return "subnet";
    case FaultAction::Target::zone:
      return "zone";
    case FaultAction::Target::cluster:
      return "cluster";
    case FaultAction::Target::mesh:
      return "mesh";
  }
  return "";
}

const char* to_string(FaultAction::Type type) {
  switch (type) {
    case FaultAction::Type::integer:
      return "integer";
    case FaultAction::Type::duration:
      return "duration";
    case FaultAction::Type::ratio:
      return "ratio";
    case FaultAction::Type::text:
      return "text";
    case FaultAction::Type::bandwidth:
      return "bandwidth";
    case FaultAction::Type::bytes:
      return "bytes";
    case FaultAction::Type::boolean:
      return "boolean";
    case FaultAction::Type::block:
      return "block";
  }
  return "";
}

std::string parameter_json(const FaultAction::Parameter& parameter) {
  std::string out = fmt::format("{{\"name\":{},\"type\":\"{}\",\"required\":{},\"meaning\":{}",
                                json_string(parameter.name), to_string(parameter.type),
                                parameter.required, json_string(parameter.meaning));
  if (!parameter.default_value.empty()) {
    out += ",\"default\":" + json_string(parameter.default_value);
  }
  if (parameter.type == FaultAction::Type::integer) {
    out += fmt::format(",\"minimum\":{},\"maximum\":{}", parameter.minimum, parameter.maximum);
  }
  if (!parameter.words.empty()) out += ",\"words\":" + json_string(parameter.words);
  return out + "}";
}

const char* to_string(FaultAction::Asks asks) {
  switch (asks) {
    case FaultAction::Asks::nothing:
      return "";
    case FaultAction::Asks::task_pid_mode:
      return "pidMode: task";
    case FaultAction::Asks::fault_injection_or_pid_mode:
      return "enableFaultInjection: true, or pidMode: task";
  }
  return "";
}

/// Those of AWS FIS that scenarios may name, and that do nothing: storage, endpoints and alarms
/// have no model here.
std::vector<std::string> not_simulated() {
  std::vector<std::string> all = scenarios::fis_actions();
  for (const FaultAction& action : models::faults::catalogue()) std::erase(all, action.action);
  return all;
}

std::string not_simulated_json() {
  std::string out = ",\n\"notSimulated\":[";
  const char* separator = "\n";
  for (const auto& action : not_simulated()) {
    out += separator + json_string(action);
    separator = ",\n";
  }
  return out + "\n]";
}

std::string faults_json(const std::vector<FaultAction>& faults, bool is_whole) {
  std::string out = "{\n\"schema\":\"hoplab.faults/1\",\n\"faults\":[";
  const char* separator = "\n";
  for (const auto& fault : faults) {
    out += fmt::format(
        "{}{{\"action\":{},\"target\":\"{}\",\"symptom\":{},\"fisEquivalent\":{},"
        "\"parameters\":[",
        separator, json_string(fault.action), to_string(fault.target), json_string(fault.symptom),
        json_string(fault.fis_equivalent));
    for (std::size_t i = 0; i < fault.parameters.size(); ++i) {
      if (i > 0) out += ',';
      out += parameter_json(fault.parameters[i]);
    }
    out += "]";
    if (fault.asks != FaultAction::Asks::nothing) {
      out += ",\"awsWants\":" + json_string(to_string(fault.asks));
    }
    if (fault.is_alone_on_task) out += ",\"aloneOnTask\":true";
    out += "}";
    separator = ",\n";
  }
  return out + "\n]" + (is_whole ? not_simulated_json() : "") + "\n}\n";
}

std::string parameter_text(const FaultAction::Parameter& parameter) {
  std::string out = fmt::format("{} ({}", parameter.name, to_string(parameter.type));
  if (parameter.required) {
    out += ", required";
  } else if (!parameter.default_value.empty()) {
    out += ", default " + parameter.default_value;
  }
  return out + "): " + parameter.meaning;
}

void append_indented(std::string& out, const std::string& text, const std::string& indent) {
  for (const auto& line : writers::wrapped(text, writers::page_width - indent.size())) {
    out += indent + line + "\n";
  }
}

std::string faults_text(const std::vector<FaultAction>& faults, const writers::Ink& ink) {
  std::string out;
  for (const auto& fault : faults) {
    if (!out.empty()) out += '\n';
    out += ink(writers::Tone::bold, fault.action);
    out += std::string("  target: ") + to_string(fault.target);
    if (!fault.fis_equivalent.empty()) out += "  FIS: " + fault.fis_equivalent;
    out += '\n';
    append_indented(out, fault.symptom, "  ");
    if (fault.asks != FaultAction::Asks::nothing) {
      append_indented(out, std::string("AWS wants ") + to_string(fault.asks), "  ");
    }
    if (fault.is_alone_on_task) {
      append_indented(out, "AWS refuses a second network fault on the same task", "  ");
    }
    for (const auto& parameter : fault.parameters) {
      append_indented(out, parameter_text(parameter), "    ");
    }
  }
  return out;
}

std::string not_simulated_text() {
  std::string out =
      "\nof AWS FIS, not simulated yet: checked and kept in a scenario, without effect\n";
  for (const auto& action : not_simulated()) append_indented(out, action, "  ");
  return out;
}

int refuse(const std::string& action) {
  complain(
      scenarios::is_fis_action(action)
          ? fmt::format("'{}' is an action of AWS FIS that is not simulated yet: a scenario may "
                        "have it, and it has no effect (W0701)",
                        action)
          : fmt::format("there is no fault action '{}'; `hoplab faults` lists them all", action));
  return exit_bad_input;
}

}  // namespace

int faults_command(const FaultsOptions& options) {
  std::vector<FaultAction> faults = models::faults::catalogue();
  if (!options.action.empty()) {
    std::erase_if(faults, [&](const FaultAction& row) { return row.action != options.action; });
    if (faults.empty()) return refuse(options.action);
  }
  const bool is_whole = options.action.empty();
  if (options.json) {
    print(faults_json(faults, is_whole));
  } else {
    print(faults_text(faults, writers::Ink(stdout_wants_colour())));
    if (is_whole) print(not_simulated_text());
  }
  return exit_all_held;
}

}  // namespace hoplab::report::cli
