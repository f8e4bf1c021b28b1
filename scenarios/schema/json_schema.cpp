#include "scenarios/schema/json_schema.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "scenarios/schema/language.hpp"
#include "scenarios/schema/schema_types.hpp"

namespace hoplab::scenarios {
namespace {

using Json = nlohmann::ordered_json;
using FaultType = FaultAction::Type;

Json key_schema(const Key& key);

bool has_keys(const std::string& container) {
  return std::ranges::any_of(language(),
                             [&](const Key& key) { return parent_of(key.path) == container; });
}

Json required_sets(const Choice& choice) {
  Json sets = Json::array();
  for (const auto& word : words_of(choice.keys)) sets.push_back({{"required", {word}}});
  return {{choice.is_exclusive ? "oneOf" : "anyOf", sets}};
}

/// The mapping whose keys stand at "services.<name>.", "workload[]." and the like.
Json object_schema(const std::string& container, bool is_open) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Key& key : language()) {
    if (parent_of(key.path) != container) continue;
    properties[std::string(last_key_of(key.path))] = key_schema(key);
    if (key.is_required()) required.push_back(last_key_of(key.path));
  }
  Json choices = Json::array();
  for (const Choice& choice : language_choices()) {
    if (choice.mapping == container) choices.push_back(required_sets(choice));
  }
  Json schema;
  // "b:" with nothing behind it is a whole mapping, where nothing is required.
  schema["type"] = required.empty() && choices.empty() ? Json{"object", "null"} : Json("object");
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  if (!choices.empty()) schema["allOf"] = std::move(choices);
  schema["additionalProperties"] = is_open;
  return schema;
}

/// Everything that may stand behind a key.
std::vector<Json> alternatives_of(const Key& key) {
  const std::string path(key.path);
  const bool is_open = key.type.kind == Kind::open_list;
  std::vector<Json> all;
  if (!is_structure(key.type.kind)) all.push_back(schema_of(key.type));
  if (has_keys(path)) all.push_back(object_schema(path, is_open));
  if (has_keys(path + "[]")) {
    all.push_back({{"type", "array"}, {"items", object_schema(path + "[]", is_open)}});
  }
  if (has_keys(path + ".<name>")) {
    all.push_back({{"type", "object"},
                   {"propertyNames", {{"pattern", "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"}}},
                   {"additionalProperties", object_schema(path + ".<name>", is_open)}});
  }
  return all;
}

/// The default as a value: "`drop`", "64" or "2GiB", but not "a host of its own for each task".
Json default_of(const Key& key) {
  std::string text(key.otherwise);
  const bool is_quoted = text.size() > 2 && text.front() == '`' && text.back() == '`' &&
                         text.find('`', 1) == text.size() - 1;
  if (is_quoted) text = text.substr(1, text.size() - 2);
  Json value = Json::parse(text, nullptr, false);
  if (!value.is_discarded()) return value;
  // "`network.latency`" is where to look, "`drop`" is a word.
  const bool is_quantity = text.find(' ') == std::string::npos && text[0] >= '0' && text[0] <= '9';
  const bool takes_words =
      key.type.kind == Kind::words || key.type.kind == Kind::text || key.type.kind == Kind::path;
  return is_quantity || (is_quoted && takes_words) ? Json(text) : Json(nullptr);
}

Json examples_of(const Key& key) {
  static const Json definitions = type_definitions();
  if (!key.example.empty()) return Json::array({Json::parse(key.example)});
  if (key.type.kind == Kind::words) return words_of(key.type.words);
  if (key.type.kind == Kind::boolean) return {true, false};
  if (key.type.kind == Kind::integer) {
    return Json::array({std::max<std::int64_t>(key.type.minimum, 1)});
  }
  const std::string reference = schema_of(key.type).at("$ref");
  return definitions.at(reference.substr(reference.rfind('/') + 1)).at("examples");
}

void add_documentation(const Key& key, Json& schema) {
  schema["description"] = fmt::format("{}\n\nDefault: {}.", key.meaning, key.otherwise);
  if (Json value = default_of(key); !value.is_null()) schema["default"] = std::move(value);
  schema["examples"] = examples_of(key);
}

void add_snippets(const Key& key, Json& schema) {
  if (key.type.kind != Kind::list && key.type.kind != Kind::open_list) return;
  schema["items"]["defaultSnippets"] =
      Json::array({{{"label", fmt::format("an entry of {}", last_key_of(key.path))},
                    {"description", key.meaning},
                    {"body", Json::parse(key.example).front()}}});
}

Json key_schema(const Key& key) {
  const auto alternatives = alternatives_of(key);
  HOPLAB_ASSERT(!alternatives.empty(), "a mapping or list has rows for what stands in it");
  Json schema = Json::object();
  if (alternatives.size() > 1) {
    schema["anyOf"] = alternatives;
  } else if (alternatives.front().contains("$ref")) {
    // In draft-07 whatever stands beside a $ref is passed over.
    schema["allOf"] = alternatives;
  } else {
    schema = alternatives.front();
  }
  add_documentation(key, schema);
  add_snippets(key, schema);
  return schema;
}

// --- Fault actions ------------------------------------------------------------------------------

Json parameter_type(const FaultAction::Parameter& parameter) {
  switch (parameter.type) {
    case FaultType::integer:
      return schema_of(integer(parameter.minimum, parameter.maximum));
    case FaultType::duration:
      return schema_of(of(Kind::duration));
    case FaultType::ratio:
      return schema_of(of(Kind::share));
    case FaultType::bandwidth:
      return schema_of(of(Kind::bandwidth));
    case FaultType::bytes:
      return schema_of(of(Kind::size));
    case FaultType::boolean:
      return schema_of(of(Kind::boolean));
    case FaultType::block:
      return schema_of(of(Kind::text));
    case FaultType::text:
      break;
  }
  return schema_of(parameter.words.empty() ? of(Kind::text) : words(parameter.words));
}

Json parameters_schema(const FaultAction& action) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& parameter : action.parameters) {
    properties[parameter.name] = {{"allOf", Json::array({parameter_type(parameter)})},
                                  {"description", parameter.meaning}};
    if (parameter.required) required.push_back(parameter.name);
  }
  if (action.action.starts_with("aws:")) {
    properties["duration"] = {{"allOf", Json::array({schema_of(of(Kind::duration))})},
                              {"description", "FIS's word for `for`."}};
  }
  Json schema = {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

/// If it is this action, its parameters are these.
Json action_rule(const char* key, const FaultAction& action) {
  Json then = {{"properties", {{"parameters", parameters_schema(action)}}}};
  const bool needs_some = std::ranges::any_of(action.parameters, &FaultAction::Parameter::required);
  // There is one cluster and one mesh: nobody needs to name them.
  const bool is_named =
      action.target != FaultAction::Target::cluster && action.target != FaultAction::Target::mesh;
  if (is_named) then["required"].push_back("target");
  if (needs_some) then["required"].push_back("parameters");
  return {{"if", {{"properties", {{key, {{"const", action.action}}}}}, {"required", {key}}}},
          {"then", then}};
}

void add_actions(const std::vector<FaultAction>& actions, Json& schema) {
  Json names = Json::array();
  Json symptoms = Json::array();
  Json& rules = schema["properties"]["faults"]["items"]["allOf"];
  for (const FaultAction& action : actions) {
    names.push_back(action.action);
    symptoms.push_back(action.symptom);
    for (const char* key : {"action", "actionId"}) rules.push_back(action_rule(key, action));
  }
  schema["definitions"]["action"] = {{"enum", names}, {"enumDescriptions", symptoms}};
}

}  // namespace

std::string json_schema(const std::vector<FaultAction>& fault_actions) {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "hoplab scenario"}};
  schema.update(object_schema("", false));
  schema["definitions"] = type_definitions();
  add_actions(fault_actions, schema);
  return schema.dump(2) + "\n";
}

}  // namespace hoplab::scenarios
