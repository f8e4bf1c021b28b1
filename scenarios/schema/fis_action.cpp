#include "scenarios/schema/fis_action.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

constexpr std::string_view send_command = "aws:ssm:send-command";

/// Everything stands where the text of JSON stands. SSM's parameters are lists of text.
void place_at(Node& node, const SourceMark& mark) {
  node.mark = mark;
  for (Node::Entry& entry : node.entries) {
    entry.key.mark = mark;
    if (entry.value.kind == Node::Kind::sequence && entry.value.items.size() == 1) {
      const Node only = entry.value.items.front();
      entry.value = only;
    }
    place_at(entry.value, mark);
    entry.value.is_quoted = false;
  }
}

std::optional<Node> document_parameters(const Node& node, sim::Diagnostics& diagnostics) {
  if (node.kind == Node::Kind::mapping) return node;
  sim::Diagnostics of_json;
  std::optional<Node> read = parse_json(node.text, node.mark.file, of_json);
  if (!read || read->kind != Node::Kind::mapping) {
    diagnostics.error(node.mark, "E0203", "'documentParameters' wants a JSON object, as text",
                      R"(write '{"DurationSeconds": "60"}')");
    return std::nullopt;
  }
  place_at(*read, node.mark);
  return read;
}

void read_command(const Node& parameters, PlainAction& action, sim::Diagnostics& diagnostics) {
  // No keys of the language: FIS's, within `parameters`.
  static const std::vector<std::string> of_fis = {"documentArn", "documentVersion",
                                                  "documentParameters", "duration"};
  const Section section(parameters, std::string(send_command), of_fis, diagnostics);
  const Node* document = section.require("documentArn", "the ARN of AWSFIS-Run-CPU-Stress");
  if (document == nullptr) return;
  action.id =
      fmt::format("{}/{}", send_command, document->text.substr(document->text.rfind('/') + 1));
  action.parameters.reset();
  if (const Node* inner = section.find("documentParameters")) {
    action.parameters = document_parameters(*inner, diagnostics);
  }
}

/// The document's default counts as well: FIS's `duration` does not stop a command.
std::optional<Duration> length_of_command(const PlainAction& action,
                                          const std::vector<FaultAction>& actions) {
  const auto row = std::ranges::find(actions, action.id, &FaultAction::action);
  if (row == actions.end() || row->length_parameter.empty()) return std::nullopt;
  const Node* given = action.parameters ? action.parameters->find(row->length_parameter) : nullptr;
  const auto declared =
      std::ranges::find(row->parameters, row->length_parameter, &FaultAction::Parameter::name);
  if (declared == row->parameters.end()) return std::nullopt;
  const std::string& text = given != nullptr ? given->text : declared->default_value;
  std::int64_t seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool is_right = read.ec == std::errc() && seconds >= std::max(declared->minimum, 1L) &&
                        seconds <= declared->maximum;
  return is_right ? std::optional<Duration>(std::chrono::seconds(seconds)) : std::nullopt;
}

}  // namespace

PlainAction plain_action(const std::string& id, const Node* parameters,
                         const std::vector<FaultAction>& actions, sim::Diagnostics& diagnostics) {
  PlainAction action{.id = id, .parameters = std::nullopt, .lasts = std::nullopt};
  if (parameters != nullptr) action.parameters = *parameters;
  if (id == send_command) {
    static const Node nothing;
    read_command(parameters == nullptr ? nothing : *parameters, action, diagnostics);
  }
  if (const auto length = length_of_command(action, actions)) action.lasts = length;
  if (!id.starts_with("aws:") || !action.parameters) return action;
  const Node* duration = action.parameters->find("duration");
  if (duration == nullptr) return action;
  action.lasts = read_positive_duration(*duration, diagnostics);
  std::erase_if(action.parameters->entries,
                [](const Node::Entry& entry) { return entry.key.name == "duration"; });
  return action;
}

}  // namespace hoplab::scenarios
