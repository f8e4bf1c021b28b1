#include "report/diagnosis/diagnosis_json.hpp"

#include <nlohmann/json.hpp>

#include "report/diagnosis/cite.hpp"

namespace hoplab::report::diagnosis {
namespace {

using Json = nlohmann::ordered_json;

Json instant_json(std::int64_t ms) { return ms == 0 ? Json(nullptr) : Json(iso_of(ms)); }

Json citation_json(const Citation& citation) {
  Json json;
  json["file"] = citation.file;
  if (citation.line != 0) json["line"] = citation.line;
  if (!citation.metric.empty()) json["metric"] = citation.metric;
  if (!citation.at.empty()) json["at"] = citation.at;
  json["says"] = citation.says;
  Json claim = Json::object();
  if (!citation.claim.contains.empty()) claim["contains"] = citation.claim.contains;
  if (!citation.claim.fields.empty()) {
    Json fields = Json::object();
    for (const auto& [name, value] : citation.claim.fields) fields[name] = value;
    claim["fields"] = std::move(fields);
  }
  if (citation.claim.count) claim["count"] = *citation.claim.count;
  json["claim"] = std::move(claim);
  return json;
}

Json citations_json(const std::vector<Citation>& citations) {
  Json json = Json::array();
  for (const auto& citation : citations) json.push_back(citation_json(citation));
  return json;
}

Json extent_json(const Extent& extent) {
  return Json{{"callers", extent.callers},
              {"callee", extent.callee},
              {"tasks", extent.tasks},
              {"tasksOfCallee", extent.tasks_of_callee},
              {"taskDefinitions", extent.definitions},
              {"containerInstance", extent.host.empty() ? Json(nullptr) : Json(extent.host)},
              {"badCalls", extent.bad_calls},
              {"calls", extent.calls}};
}

Json candidates_json(const std::vector<Candidate>& candidates) {
  Json json = Json::array();
  for (const auto& candidate : candidates) {
    Json row;
    row["verdict"] = to_string(candidate.verdict);
    if (!candidate.cause.empty()) row["cause"] = candidate.cause;
    row["hop"] = candidate.hop.empty() ? Json(nullptr) : Json(candidate.hop);
    row["score"] = candidate.score;
    row["check"] = candidate.check;
    json.push_back(std::move(row));
  }
  return json;
}

Json rejections_json(const std::vector<Rejection>& rejections) {
  Json json = Json::array();
  for (const auto& rejection : rejections) {
    Json row;
    row["verdict"] = to_string(rejection.verdict);
    if (!rejection.cause.empty()) row["cause"] = rejection.cause;
    row["why"] = rejection.why;
    row["evidence"] = citations_json(rejection.evidence);
    json.push_back(std::move(row));
  }
  return json;
}

void add_finding(const Finding& finding, Json& json) {
  json["verdict"] = to_string(finding.verdict);
  json["hop"] = finding.hop.empty() ? Json(nullptr) : Json(finding.hop);
  json["summary"] = finding.summary;
  json["since"] = instant_json(finding.since_ms);
  json["lastGood"] = instant_json(finding.last_good_ms);
  json["until"] = instant_json(finding.until_ms);
  if (!finding.consequence_of.empty()) json["consequenceOf"] = finding.consequence_of;
  json["extent"] = extent_json(finding.extent);
  json["candidates"] = candidates_json(finding.candidates);
  json["evidence"] = citations_json(finding.evidence);
  json["rejected"] = rejections_json(finding.rejected);
  json["notes"] = finding.notes;
}

Json ladders_json(const std::vector<LadderEstimate>& ladders) {
  Json json = Json::array();
  for (const auto& ladder : ladders) {
    Json hops = Json::array();
    for (const auto& hop : ladder.hops) {
      hops.push_back(Json{{"hop", hop.hop},
                          {"medianUs", hop.median_us},
                          {"samples", hop.samples},
                          {"halvedRoundTrip", hop.is_halved}});
    }
    json.push_back(Json{{"edge", ladder.edge}, {"hops", std::move(hops)}});
  }
  return json;
}

}  // namespace

std::string diagnosis_json(const Diagnosis& diagnosis) {
  Json json;
  json["schema"] = "hoplab.diagnosis/1";
  add_finding(diagnosis.main(), json);
  Json others = Json::array();
  for (std::size_t i = 1; i < diagnosis.findings.size(); ++i) {
    Json finding;
    add_finding(diagnosis.findings[i], finding);
    others.push_back(std::move(finding));
  }
  json["furtherFindings"] = std::move(others);
  json["ladders"] = ladders_json(diagnosis.ladders);
  json["read"] = Json{{"from", instant_json(diagnosis.first_ms)},
                      {"to", instant_json(diagnosis.last_ms)},
                      {"logLines", diagnosis.lines},
                      {"unreadable", diagnosis.unreadable},
                      {"requestsSampledOneIn", diagnosis.sampled_one_in},
                      {"missing", diagnosis.missing}};
  // What came out of a damaged log may be no UTF-8; the answer must be JSON all the same.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace hoplab::report::diagnosis
