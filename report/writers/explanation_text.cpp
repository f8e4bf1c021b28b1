// An explanation for people, and for programs.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/writers/explanation.hpp"

namespace hoplab::report::writers {
namespace {

using Json = nlohmann::ordered_json;

// --- For people -------------------------------------------------------------------------------

std::string place(const sim::SourceMark& mark) {
  return mark.file.empty() ? "" : fmt::format("{}:{}", mark.file, mark.line);
}

std::string rule_line(const char* side, const std::optional<ExplainedRule>& rule,
                      const std::vector<std::string>& groups, const char* missing, const Ink& ink) {
  if (rule) {
    return fmt::format("        {:<8} {}: {}  {}\n", side, rule->group, rule->rule,
                       ink(Tone::dim, place(rule->mark)));
  }
  return ink(Tone::bad,
             fmt::format("        {:<8} {} {}", side, missing, fmt::join(groups, ", "))) +
         "\n";
}

std::string network_text(const ExplainedCall& call, const Ink& ink) {
  std::string out = rule_line("egress", call.egress, call.caller_groups,
                              "forbidden: no rule lets it out of", ink) +
                    rule_line("ingress", call.ingress, call.callee_groups,
                              "forbidden: no rule lets it in to", ink);
  if (!call.egress || !call.ingress) {
    return out + "        SYNs vanish: the caller waits for its connect time-out\n";
  }
  return out + (call.is_tracked
                    ? "        tracked: a connection outlives a revoked rule\n"
                    : "        untracked, open both ways: a revoked rule cuts it at once\n");
}

std::string call_text(const ExplainedCall& call, const Ink& ink) {
  std::string title = fmt::format("{} \u2192 {}", call.caller, call.name);
  if (call.callee != call.name) title += fmt::format(" ({})", call.callee);
  std::string out = fmt::format("  {}  {} on {}", ink(Tone::bold, title), call.what, call.host);
  if (!call.share.empty()) out += fmt::format(", {} requests", call.share);
  out += "\n";
  for (const std::string& hop : call.hops) {
    out += "      " + hop + "\n";
    if (hop == call.network_hop) {
      out += network_text(call, ink);
    } else if (call.is_load && &hop == &call.hops.front()) {
      out += "        from outside the mesh: no rule stands in its way\n";
    }
  }
  return out;
}

std::string list_text(const char* title, const std::vector<std::string>& items, const Ink& ink) {
  if (items.empty()) return "";
  std::string out = "\n" + ink(Tone::bold, title) + "\n";
  for (const std::string& item : items) out += "  " + item + "\n";
  return out;
}

// --- For programs -----------------------------------------------------------------------------

Json rule_json(const std::optional<ExplainedRule>& rule) {
  if (!rule) return {{"allowed", false}};
  return {{"allowed", true},
          {"group", rule->group},
          {"rule", rule->rule},
          {"file", rule->mark.file},
          {"line", rule->mark.line}};
}

Json call_json(const ExplainedCall& call) {
  Json json{{"caller", call.caller}, {"isLoad", call.is_load}, {"name", call.name},
            {"host", call.host},     {"what", call.what},      {"callee", call.callee}};
  if (!call.share.empty()) json["share"] = call.share;
  json["hops"] = call.hops;
  if (call.network_hop.empty()) return json;
  json["network"] = {{"hop", call.network_hop},
                     {"port", call.port},
                     {"reachable", call.egress.has_value() && call.ingress.has_value()},
                     {"tracked", call.is_tracked},
                     {"callerGroups", call.caller_groups},
                     {"egress", rule_json(call.egress)},
                     {"calleeGroups", call.callee_groups},
                     {"ingress", rule_json(call.ingress)}};
  return json;
}

}  // namespace

std::string to_text(const Explanation& explanation, const Ink& ink) {
  std::string out = explanation.long_form + "\n---\n" + ink(Tone::bold, "calls") + "\n";
  for (const ExplainedCall& call : explanation.calls) out += call_text(call, ink);
  out += list_text("simulated", explanation.simulated, ink);
  out += list_text("accepted, not simulated", explanation.accepted_not_simulated, ink);
  std::vector<std::string> warnings;
  for (const auto& warning : explanation.warnings) warnings.push_back(sim::to_string(warning));
  return out + list_text("warnings", warnings, ink);
}

std::string to_json(const Explanation& explanation) {
  Json json;
  json["schema"] = "hoplab.explain/1";
  json["scenario"] = {{"name", explanation.scenario}, {"file", explanation.file}};
  json["longForm"] = explanation.long_form;
  json["calls"] = Json::array();
  for (const ExplainedCall& call : explanation.calls) json["calls"].push_back(call_json(call));
  json["simulated"] = explanation.simulated;
  json["acceptedNotSimulated"] = explanation.accepted_not_simulated;
  json["warnings"] = Json::array();
  for (const auto& warning : explanation.warnings) {
    json["warnings"].push_back({{"file", warning.mark.file},
                                {"line", warning.mark.line},
                                {"column", warning.mark.column},
                                {"code", warning.code},
                                {"message", warning.message},
                                {"hint", warning.hint}});
  }
  return json.dump(2) + "\n";
}

}  // namespace hoplab::report::writers
