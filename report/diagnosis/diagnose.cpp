#include "report/diagnosis/diagnose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "report/diagnosis/cite.hpp"
#include "report/diagnosis/conclude.hpp"
#include "report/diagnosis/consequences.hpp"
#include "report/diagnosis/estimate.hpp"
#include "report/diagnosis/reading.hpp"
#include "sim/units.hpp"

namespace hoplab::report::diagnosis {
namespace {

std::int64_t resolved(const Instant& instant, std::int64_t first_ms) {
  return instant.is_since_first ? first_ms + instant.value_ms : instant.value_ms;
}

Span judged_span(const Question& question, const Evidence& evidence) {
  Span span{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  if (question.from) span.from_ms = resolved(*question.from, evidence.first_ms);
  if (question.to) span.to_ms = resolved(*question.to, evidence.first_ms);
  return span;
}

/// Some calls are slow from the first to the last one, and the application does not complain: then
/// that is how it is.
bool is_how_it_is(const Episode& episode, const Evidence& evidence, const Symptoms& symptoms) {
  const bool is_of_application =
      std::all_of(episode.symptoms.begin(), episode.symptoms.end(),
                  [](const Symptom& symptom) { return symptom.sign == Sign::slow_app; });
  const auto began = symptoms.began.find(episode.callee);
  const bool is_all_along =
      began != symptoms.began.end() && episode.calls * 100 > began->second.size() * 98;
  const bool complains =
      std::any_of(evidence.remarks.begin(), evidence.remarks.end(), [&](const Remark& remark) {
        return remark.is_stderr && evidence.service_of(remark.task) == episode.callee;
      });
  return is_of_application && is_all_along && !complains;
}

bool is_told(const ContainerEnd& end, const std::vector<Facts>& all) {
  return std::any_of(all.begin(), all.end(), [&](const Facts& facts) {
    return facts.end != nullptr && facts.end->task == end.task;
  });
}

std::vector<Finding> deaths_without_symptoms(const Evidence& evidence,
                                             const std::vector<Facts>& all, const Span& judged) {
  std::vector<Finding> findings;
  for (const auto& end : evidence.ends) {
    const bool is_own = end.is_first && !end.was_asked;
    if (!is_own || !judged.holds(end.at_ms) || is_told(end, all)) continue;
    findings.push_back(conclude_death(evidence, end));
  }
  return findings;
}

/// Memory that only climbs hurts nobody yet.
void note_memory(const Evidence& evidence, Finding& finding) {
  constexpr std::int32_t climbed_permille = 150;
  std::map<Index, std::pair<const Usage*, const Usage*>> ends;
  for (const auto& usage : evidence.usages) {
    if (usage.task == none || usage.memory_permille < 0) continue;
    auto& [first, last] = ends[usage.task];
    if (first == nullptr) first = &usage;
    last = &usage;
  }
  for (const auto& [task, of_task] : ends) {
    const auto& [first, last] = of_task;
    if (last->memory_permille < first->memory_permille + climbed_permille) continue;
    Citation citation = cite_memory(
        evidence, *last,
        fmt::format("memory of a task of {} has climbed from {} % to {} % of what it reserves",
                    evidence.service_name(last->service), first->memory_permille / 10,
                    last->memory_permille / 10));
    finding.evidence.push_back(std::move(citation));
  }
}

std::uint64_t calls_within(const Symptoms& symptoms, const Span& judged) {
  std::uint64_t calls = 0;
  for (const auto& [callee, began] : symptoms.began) {
    calls += static_cast<std::uint64_t>(
        std::count_if(began.begin(), began.end(),
                      [&](const Began& call) { return judged.holds(call.start_ms); }));
  }
  return calls;
}

/// A window in which nothing was called is no healthy one.
Finding nothing_to_judge() {
  Finding finding;
  finding.verdict = Verdict::undetermined;
  finding.summary = "no call began in this window: there is nothing to judge";
  finding.candidates = {
      {Verdict::undetermined, "", "", 0, "whether the window lies within the recording"}};
  return finding;
}

Finding healthy(const Evidence& evidence, const Symptoms& symptoms, const Span& judged) {
  Finding finding;
  finding.verdict = Verdict::healthy;
  finding.summary = fmt::format("nothing is wrong that telemetry shows ({} calls looked at)",
                                calls_within(symptoms, judged));
  finding.candidates = {{Verdict::healthy, "", "", 100, "nothing"}};
  finding.notes.emplace_back(
      "bodies are not in a mesh's telemetry: a wrong answer looks like a right one; the "
      "application's own log is where to look");
  note_memory(evidence, finding);
  for (const auto& remark : evidence.remarks) {
    const bool is_judged = judged.holds(remark.first_ms) || judged.holds(remark.last_ms);
    if (remark.is_stderr && is_judged) finding.evidence.push_back(cite_remark(evidence, remark));
  }
  constexpr std::size_t remarks_shown = 5;
  if (finding.evidence.size() > remarks_shown) finding.evidence.resize(remarks_shown);
  return finding;
}

/// What is worst and still going on comes first; what another finding explains, last.
std::uint64_t severity(const Finding& finding) {
  const bool is_slow = finding.verdict == Verdict::network_latency ||
                       finding.verdict == Verdict::app_slow_version ||
                       finding.verdict == Verdict::host_overloaded || finding.was_asked_for;
  const std::uint64_t weight = (is_slow ? 1U : 3U) * (finding.until_ms == 0 ? 2U : 1U);
  return finding.extent.bad_calls * weight;
}

void put_in_order(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    if (a.consequence_of.empty() != b.consequence_of.empty()) return a.consequence_of.empty();
    return severity(a) > severity(b);
  });
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) {
  if (const auto wall = sim::parse_iso8601(text)) {
    return Instant{sim::epoch_milliseconds(*wall), false};
  }
  if (const auto span = sim::parse_duration(text)) {
    return Instant{std::chrono::duration_cast<std::chrono::milliseconds>(*span).count(), true};
  }
  return std::nullopt;
}

Diagnosis diagnose(const std::filesystem::path& recording, const Question& question) {
  Evidence evidence = read_evidence(recording, question.records_max);
  sort_records(evidence);
  const Span judged = judged_span(question, evidence);
  const Normals normals = normals_of(evidence);
  const Symptoms symptoms = symptoms_of(evidence, normals);
  auto episodes = episodes_of(symptoms, judged);
  std::erase_if(episodes,
                [&](const Episode& episode) { return is_how_it_is(episode, evidence, symptoms); });
  const auto facts = facts_of(evidence, symptoms, normals, episodes);

  Diagnosis diagnosis;
  for (const auto& each : facts) diagnosis.findings.push_back(conclude(each));
  mark_consequences(facts, symptoms, diagnosis.findings);
  for (auto& death : deaths_without_symptoms(evidence, facts, judged)) {
    diagnosis.findings.push_back(std::move(death));
  }
  if (std::filesystem::exists(recording / "UNFINISHED.json")) {
    evidence.missing.emplace_back("the end: this is the recording of an unfinished run");
  }
  if (evidence.envoy_log.empty()) {
    evidence.missing.emplace_back("Envoy access logs");
    for (auto& finding : conclude_without_mesh(evidence)) {
      diagnosis.findings.push_back(std::move(finding));
    }
  }
  put_in_order(diagnosis.findings);
  if (diagnosis.findings.empty()) {
    const bool has_window = question.from || question.to;
    const bool is_empty =
        has_window && !evidence.envoy_log.empty() && calls_within(symptoms, judged) == 0;
    diagnosis.findings.push_back(is_empty ? nothing_to_judge()
                                          : healthy(evidence, symptoms, judged));
  }
  diagnosis.ladders = estimate_ladders(evidence, symptoms);
  diagnosis.missing = evidence.missing;
  diagnosis.lines = evidence.lines;
  diagnosis.unreadable = evidence.unreadable;
  diagnosis.sampled_one_in = evidence.sampled_one_in;
  diagnosis.first_ms = evidence.first_ms;
  diagnosis.last_ms = evidence.last_ms;
  return diagnosis;
}

}  // namespace hoplab::report::diagnosis
