#include "scenarios/schema/schema_types.hpp"

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "scenarios/schema/distribution.hpp"
#include "scenarios/schema/names.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::scenarios {
namespace {

using Json = nlohmann::ordered_json;

struct Definition {
  Kind kind;
  const char* name;
  const char* schema;
};

// The patterns take everything that the readers take; a value out of range may pass them.
constexpr Definition definitions[] = {
    {Kind::text, "text", R"({"type":["string","number","boolean"]})"},
    {Kind::duration, "duration", R"re({"type":"string",
      "pattern":"^(P[0-9DTHMS.]+|([0-9]+(\\.[0-9]+)?(d|h|m|s|ms|us|ns))+)$",
      "description":"A time with its unit","examples":["250ms","1.5s","2m20s","PT1M30S"]})re"},
    {Kind::signed_duration, "signedDuration", R"re({"type":"string",
      "pattern":"^-?(P[0-9DTHMS.]+|([0-9]+(\\.[0-9]+)?(d|h|m|s|ms|us|ns))+)$",
      "description":"A time with its unit, and perhaps a minus","examples":["-3ms","250us"]})re"},
    {Kind::size, "size", R"re({"type":"string",
      "pattern":"^[0-9]+(\\.[0-9]+)?(B|[kKMGT]B|[KMGTP]iB)$",
      "description":"Bytes with their unit","examples":["100B","2KiB","512MiB","1GiB"]})re"},
    {Kind::bandwidth, "bandwidth", R"re({"type":"string",
      "pattern":"^[0-9]+(\\.[0-9]+)?([kKMG]?bps|(B|[kKMGT]B|[KMGTP]iB)/s)$",
      "description":"Bits or bytes a second","examples":["10Gbps","8Mbps","1MiB/s"]})re"},
    {Kind::rate, "rate", R"re({"type":"string","pattern":"^[0-9]+(\\.[0-9]+)?/[smh]$",
      "description":"So many a second, minute or hour","examples":["20/s","90/m","3600/h"]})re"},
    {Kind::share, "share", R"re({"anyOf":[{"type":"number","minimum":0,"maximum":1},
      {"type":"string","pattern":"^[0-9]+(\\.[0-9]+)?%?$"}],
      "description":"A share, as percent or from 0 to 1","examples":["90%",0.05]})re"},
    {Kind::cpu, "cpu", R"re({"anyOf":[{"type":"integer","minimum":128,"maximum":196608},
      {"type":"string","pattern":"^[0-9]+(\\.[0-9]+)? ?[vV][cC][pP][uU]$"}],
      "description":"ECS CPU units, 1024 to a vCPU","examples":[1024,"0.25 vCPU"]})re"},
    {Kind::comparison, "comparison", R"re({"anyOf":[{"type":"number","minimum":0},
      {"type":"string","pattern":
      "^ *(((p\\([0-9.]+\\)|med|avg|min|max|rate|count) *)?(===?|!=|<=?|>=?|~) *)?[0-9P][^ ]* *$"}],
      "description":"AGGREGATE OPERATOR VALUE; a bare value means equal",
      "examples":["p(95)<20ms","rate<0.001","count==0",">0.99"]})re"},
    {Kind::comparisons_by_name, "comparisonsByName", R"({"type":"object","minProperties":1,
      "additionalProperties":{"anyOf":[{"$ref":"#/definitions/comparison"},
      {"type":"array","minItems":1,"items":{"$ref":"#/definitions/comparison"}}]}})"},
    {Kind::instant, "instant", R"re({"type":"string",
      "pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$"})re"},
    {Kind::account, "account", R"({"anyOf":[{"type":"string","pattern":"^[0-9]{12}$"},
      {"type":"integer","minimum":100000000000,"maximum":999999999999}]})"},
    {Kind::path, "path", R"({"type":"string","pattern":"^/"})"},
    {Kind::ports, "ports", R"({"anyOf":[{"type":"integer","minimum":0,"maximum":65535},
      {"type":"string","pattern":"^[0-9]+-[0-9]+$"}],"examples":[8080,"8000-8080"]})"},
    {Kind::names, "names", R"({"type":"array","items":{"$ref":"#/definitions/text"}})"},
    {Kind::name_or_names, "nameOrNames",
     R"({"anyOf":[{"$ref":"#/definitions/text"},{"$ref":"#/definitions/names"}]})"},
    {Kind::two_names, "twoNames", R"({"type":"array","minItems":2,"maxItems":2,
      "items":{"$ref":"#/definitions/text"}})"},
    {Kind::durations, "durations", R"({"type":"array","items":{"$ref":"#/definitions/duration"}})"},
    {Kind::window, "window", R"({"type":"array","minItems":2,"maxItems":2,
      "items":{"$ref":"#/definitions/duration"}})"},
    {Kind::states, "states", R"({"type":"array","items":{"type":"object","minProperties":1,
      "maxProperties":1,"additionalProperties":false,"properties":{
      "OK":{"$ref":"#/definitions/window"},"ALARM":{"$ref":"#/definitions/window"},
      "INSUFFICIENT_DATA":{"$ref":"#/definitions/window"}}}})"},
    {Kind::weights_by_name, "weightsByName", R"({"type":"object","additionalProperties":{
      "type":"object","minProperties":1,
      "additionalProperties":{"type":"integer","minimum":0,"maximum":100}}})"},
    {Kind::aws_object, "awsObject", R"({"type":"object"})"},
    {Kind::aws_objects, "awsObjects",
     R"({"type":"object","additionalProperties":{"type":["object","null"]}})"},
    {Kind::aws_list, "awsList", R"({"type":"array"})"},
    {Kind::files, "files", R"({"type":"array","items":{"anyOf":[{"$ref":"#/definitions/text"},
      {"type":"object","properties":{"file":{"$ref":"#/definitions/text"}},
      "required":["file"],"additionalProperties":false}]}})"},
    {Kind::seven_factors, "sevenFactors", R"({"type":"array","minItems":7,"maxItems":7,
      "items":{"type":"number","exclusiveMinimum":0,"maximum":100}})"},
    {Kind::hour_factors, "hourFactors", R"({"type":"array","minItems":24,"maxItems":24,
      "items":{"type":"number","exclusiveMinimum":0,"maximum":100}})"},
};

Json reference_to(const std::string& name) { return {{"$ref", "#/definitions/" + name}}; }

/// One of several words; a number among them may stand without quotes.
Json enumeration(const std::vector<std::string>& words) { return {{"enum", words}}; }

/// "exponential: {mean: 7ms}": one kind, with all of its parameters.
Json distribution_definition() {
  Json kinds = Json::object();
  for (const auto& [name, parameters] : distribution_parameters()) {
    Json properties = Json::object();
    for (const Key& key : language()) {
      if (parent_of(key.path) != "DIST") continue;
      const std::string parameter(last_key_of(key.path));
      if (std::ranges::find(parameters, parameter) == parameters.end()) continue;
      properties[parameter] = schema_of(key.type);
      properties[parameter]["description"] = key.meaning;
    }
    kinds[name] = {{"type", "object"},
                   {"properties", properties},
                   {"required", parameters},
                   {"additionalProperties", false}};
  }
  kinds["empirical"] = {{"type", "array"},
                        {"minItems", 1},
                        {"maxItems", 100'000},
                        {"items", reference_to("duration")}};
  return {{"anyOf",
           {reference_to("duration"),
            {{"type", "object"},
             {"minProperties", 1},
             {"maxProperties", 1},
             {"properties", kinds},
             {"additionalProperties", false}}}},
          {"description", "A value drawn anew each time; a plain time is always the same"},
          {"examples", {"7ms", {{"exponential", {{"mean", "7ms"}}}}}}};
}

}  // namespace

Json type_definitions() {
  Json all = Json::object();
  for (const auto& definition : definitions) {
    all[definition.name] = Json::parse(definition.schema);
  }
  all["distribution"] = distribution_definition();
  all["instanceType"] = enumeration(instance_types());
  all["responseFlag"] = enumeration(response_flags());
  return all;
}

bool is_structure(Kind kind) {
  return kind == Kind::mapping || kind == Kind::list || kind == Kind::open_list ||
         kind == Kind::map;
}

Json schema_of(const Type& type) {
  switch (type.kind) {
    case Kind::words:
      return enumeration(words_of(type.words));
    case Kind::boolean:
      return {{"type", "boolean"}};
    case Kind::integer:
      return {{"type", "integer"}, {"minimum", type.minimum}, {"maximum", type.maximum}};
    case Kind::number:
      return {{"type", "number"}, {"minimum", type.minimum}, {"maximum", type.maximum}};
    case Kind::distribution:
      return reference_to("distribution");
    case Kind::instance_type:
      return reference_to("instanceType");
    case Kind::response_flag:
      return reference_to("responseFlag");
    case Kind::action:
      return reference_to("action");
    case Kind::parameters:
      return {{"type", "object"}};
    default:
      break;
  }
  const auto found = std::ranges::find(definitions, type.kind, &Definition::kind);
  HOPLAB_ASSERT(found != std::end(definitions), "every kind of value has its definition");
  return reference_to(found->name);
}

}  // namespace hoplab::scenarios
