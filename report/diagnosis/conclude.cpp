#include "report/diagnosis/conclude.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "report/diagnosis/cite.hpp"

namespace hoplab::report::diagnosis {
namespace {

constexpr std::size_t examples_max = 3;

Extent extent_of(const Facts& facts) {
  const Evidence& evidence = *facts.evidence;
  Extent extent;
  extent.callee = evidence.service_name(facts.episode->callee);
  for (const Index caller : facts.affected_callers) {
    extent.callers.push_back(evidence.service_name(caller));
  }
  std::set<std::string> definitions;
  for (const Index task : facts.affected_tasks) {
    extent.tasks.push_back(evidence.tasks[task].id);
    if (!evidence.tasks[task].definition.empty()) {
      definitions.insert(evidence.tasks[task].definition);
    }
  }
  extent.definitions.assign(definitions.begin(), definitions.end());
  for (const auto& task : evidence.tasks) {
    if (task.service == facts.episode->callee) ++extent.tasks_of_callee;
  }
  extent.host = facts.host;
  extent.bad_calls = facts.episode->symptoms.size();
  extent.calls = facts.episode->calls;
  return extent;
}

/// The first symptom of a kind, as the log that tells it has it.
void cite_symptom(const Evidence& evidence, const Symptom& symptom, const std::string& says,
                  std::vector<Citation>& into) {
  const bool is_callers = symptom.sign <= Sign::answer_lost || symptom.sign == Sign::slow_wire;
  if (symptom.egress != nullptr && (is_callers || symptom.attempt == nullptr)) {
    into.push_back(cite_access_line(evidence, *symptom.egress, says));
  }
  if (symptom.attempt != nullptr && symptom.sign != Sign::connect_timeout) {
    into.push_back(cite_access_line(
        evidence, *symptom.attempt,
        into.empty() || !is_callers ? says : "the callee's Envoy for the same request"));
  }
  if (symptom.answer != nullptr && is_slow(symptom.sign)) {
    into.push_back(
        cite_answer(evidence, *symptom.answer,
                    fmt::format("its application took {} ms", symptom.answer->took_us / 1000)));
  }
}

void add_symptoms(const Facts& facts, Finding& finding) {
  std::vector<std::pair<std::uint64_t, Sign>> by_count;
  for (std::size_t i = 0; i < signs; ++i) {
    const auto count = facts.episode->counts.at(i);
    if (count > 0) by_count.emplace_back(count, static_cast<Sign>(i));
  }
  std::stable_sort(by_count.begin(), by_count.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (by_count.size() > examples_max) by_count.resize(examples_max);
  for (const auto& [count, sign] : by_count) {
    const auto first = std::find_if(facts.episode->symptoms.begin(), facts.episode->symptoms.end(),
                                    [sign = sign](const Symptom& it) { return it.sign == sign; });
    std::vector<Citation> citations;
    cite_symptom(*facts.evidence, *first,
                 fmt::format("{}: {} calls, this is the first one", name_of(sign), count),
                 citations);
    std::move(citations.begin(), citations.end(), std::back_inserter(finding.evidence));
  }
}

/// What flow logs take off: a rule's refusal is in them, a route's and a dead machine's silence is
/// not; and a group lets the answers of what it has let in pass.
struct FlowLogPenalty {
  int group = 0;
  int acl = 0;
  int silence = 0;
};
FlowLogPenalty flow_log_penalty(const Facts& facts) {
  constexpr int much = 35;
  if (!facts.evidence->has_flow_logs) return {};
  if (facts.refusal == nullptr) return {.group = much, .acl = much};
  const bool at_callee = facts.evidence->service_of(facts.refusal->at) == facts.episode->callee;
  const bool is_way_back = at_callee != facts.refusal->is_arriving;
  return {.group = is_way_back ? much : 0, .silence = much};
}

/// What is on record of one way to block a path speaks against the others.
int record_penalty(const Facts& facts, bool is_on_record, int otherwise) {
  constexpr int others = 20;
  if (is_on_record) return 0;
  const bool is_other_one = facts.acl_change != nullptr || facts.route_change != nullptr ||
                            facts.machine_silence != nullptr;
  return is_other_one ? otherwise + others : otherwise;
}

void cite_ways(const Facts& facts, Finding& finding) {
  const Evidence& evidence = *facts.evidence;
  if (facts.acl_change) finding.evidence.push_back(cite_way_change(evidence, *facts.acl_change));
  if (facts.route_change) {
    finding.evidence.push_back(cite_way_change(evidence, *facts.route_change));
  }
  if (facts.machine_silence) {
    finding.evidence.push_back(cite_machine_silence(evidence, *facts.machine_silence));
  }
  if (facts.no_data) finding.evidence.push_back(cite_no_data(evidence, *facts.no_data));
}

/// The ways to block a path, the likeliest first.
std::vector<Candidate> block_candidates(const Facts& facts, const Candidate& whole) {
  const std::string callee = facts.evidence->service_name(facts.episode->callee);
  // Tasks of one service share its security group: that would not pick one of them.
  const bool one_of_several = facts.siblings_calls > 0 && !facts.silent_tasks.empty();
  const bool sparing = facts.pooled_calls_go_on && !one_of_several;
  const FlowLogPenalty flow_log = flow_log_penalty(facts);
  const int group_penalty = record_penalty(facts, facts.rule_loss != nullptr && !one_of_several,
                                           one_of_several ? 45
                                           : sparing      ? 15
                                                          : 20);
  const int acl_penalty = record_penalty(facts, facts.acl_change != nullptr, sparing ? 35 : 22);
  const int route_penalty = record_penalty(facts, facts.route_change != nullptr, sparing ? 40 : 25);
  const int host_penalty =
      record_penalty(facts, facts.machine_silence != nullptr, sparing ? 50 : 30);
  std::vector<Candidate> all = {
      {whole.verdict, "security-group", whole.hop, whole.score - group_penalty - flow_log.group,
       "does a rule of " + callee +
           "'s security group let the caller's group in on this port? "
           "After a change of a tracked rule, open connections keep working and new ones fail"},
      {whole.verdict, "network-acl", whole.hop, whole.score - acl_penalty - flow_log.acl,
       "do the subnets' network ACLs let the port in and the replies out? They cut open "
       "connections at once, and the flow log says REJECT"},
      {whole.verdict, "route", whole.hop, whole.score - route_penalty - flow_log.silence,
       "do both subnets' route tables have the other one? No flow-log record at " + callee +
           " then"},
      {whole.verdict, "host-down", whole.hop, whole.score - host_penalty - flow_log.silence,
       "does the host of " + callee +
           " still report (agentConnected, EC2 status checks)? Its "
           "tasks look RUNNING for minutes after it is gone"},
  };
  for (auto& candidate : all) candidate.score = std::max(candidate.score, 0);
  std::stable_sort(all.begin(), all.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  return all;
}

void add_candidates(const Facts& facts, const std::vector<Hypothesis>& all, Finding& finding) {
  constexpr int open_margin = 15;
  const std::string callee = facts.evidence->service_name(facts.episode->callee);
  for (const auto& hypothesis : all) {
    if (hypothesis.score < score_min || hypothesis.rank < all.front().rank - open_margin) continue;
    Candidate candidate{hypothesis.verdict, "", hop_of(hypothesis.verdict, facts), hypothesis.score,
                        next_check(hypothesis.verdict, callee)};
    if (hypothesis.verdict == Verdict::host_overloaded) {
      candidate.cause = name_of(facts.shortage.kind);
      candidate.check = next_check(facts.shortage.kind, callee);
    }
    if (hypothesis.verdict == Verdict::network_blocked) {
      const auto kinds = block_candidates(facts, candidate);
      finding.candidates.insert(finding.candidates.end(), kinds.begin(), kinds.end());
    } else {
      finding.candidates.push_back(candidate);
    }
  }
}

/// Rejected by a symptom that it cannot make, or by a rule that counts against it.
Rejection rejection_of(const Facts& facts, const Hypothesis& hypothesis) {
  Rejection rejection;
  rejection.verdict = hypothesis.verdict;
  for (const auto& reason : hypothesis.reasons) {
    if (reason.weight >= 0) continue;
    rejection.why = reason.says;
    rejection.evidence = reason.evidence;
    if (!rejection.evidence.empty()) return rejection;
  }
  const Symptom* witness = nullptr;
  std::uint64_t most = 0;
  for (const auto& symptom : facts.episode->symptoms) {
    if (explains(hypothesis.verdict, symptom.sign, facts) >= 40) continue;
    if (facts.count(symptom.sign) <= most) continue;
    most = facts.count(symptom.sign);
    witness = &symptom;
  }
  if (witness == nullptr) {
    if (rejection.why.empty()) rejection.why = "something else explains more of the symptoms";
    return rejection;
  }
  const std::string cannot = fmt::format("it would not show as \"{}\", of which there are {}",
                                         name_of(witness->sign), most);
  rejection.why = rejection.why.empty() ? cannot : rejection.why + "; " + cannot;
  cite_symptom(*facts.evidence, *witness, fmt::format("{}", name_of(witness->sign)),
               rejection.evidence);
  return rejection;
}

void add_rejections(const Facts& facts, const std::vector<Hypothesis>& all, Finding& finding) {
  for (const auto& hypothesis : all) {
    const bool is_open = std::any_of(
        finding.candidates.begin(), finding.candidates.end(),
        [&](const Candidate& candidate) { return candidate.verdict == hypothesis.verdict; });
    if (!is_open) finding.rejected.push_back(rejection_of(facts, hypothesis));
  }
}

void add_figures(const Facts& facts, Finding& finding) {
  const auto line = [](const char* what, const Shift& shift) {
    return fmt::format("{}: {} us usually ({} calls), {} us now ({} calls)", what, shift.usual_us,
                       shift.usual_samples, shift.during_us, shift.during_samples);
  };
  if (facts.wire.is_known()) {
    finding.notes.push_back(
        line("mean of the way between the Envoys, both directions", facts.wire));
  }
  if (facts.own.is_known()) {
    finding.notes.push_back(line("mean of the application's own time", facts.own));
  }
  if (facts.proxy.is_known()) {
    finding.notes.push_back(line("mean of the callee's Envoy beside its application", facts.proxy));
  }
}

/// Lost packets are waited for: a part of the calls takes some 200 ms or a second more.
void note_loss(const Facts& facts, Finding& finding) {
  if (finding.verdict != Verdict::network_latency) return;
  std::uint64_t waits = 0;
  for (const auto& symptom : facts.episode->symptoms) {
    if (symptom.sign != Sign::slow_wire) continue;
    const std::int64_t wire = symptom.egress->upstream_ms - symptom.attempt->duration_ms;
    if (wire >= 180) ++waits;
  }
  const std::uint64_t slow = facts.count(Sign::slow_wire);
  if (facts.episode->calls < 2 * slow + 1 || waits * 2 < slow) return;
  finding.notes.push_back(fmt::format(
      "bimodal: {} of {} calls waited 180 ms or more for the way, the others did not; lost packets "
      "that are sent again look like this, a longer path does not",
      waits, facts.episode->calls));
}

/// What went wrong is plain, and no fault that a verdict names.
void add_open_cause(const Facts& facts, Finding& finding) {
  auto open = open_cause_of(facts);
  if (!open) return;
  finding.evidence.insert(finding.evidence.end(), open->evidence.begin(), open->evidence.end());
  if (!open->hop.empty()) finding.hop = open->hop;
  finding.was_asked_for = facts.stopped != none;
  finding.candidates.push_back(
      {Verdict::undetermined, open->cause, finding.hop, 100, std::move(open->check)});
}

std::int64_t since_of(const Facts& facts) {
  const std::int64_t first = facts.episode->first_ms;
  if (facts.end == nullptr) return first;
  // The document has the instant of the death; requests that were under way began before.
  constexpr std::int64_t close_ms = 5'000;
  const std::int64_t apart = facts.end->at_ms - first;
  return apart > -close_ms && apart < close_ms ? facts.end->at_ms : first;
}

}  // namespace

Finding conclude(const Facts& facts) {
  const auto all = weigh(facts);
  Finding finding;
  const Hypothesis& best = all.front();
  finding.verdict = best.score >= score_min ? best.verdict : Verdict::undetermined;
  finding.hop = hop_of(best.verdict, facts);
  finding.summary = summary_of(finding.verdict, facts, finding.hop);
  finding.since_ms = since_of(facts);
  finding.last_good_ms = facts.episode->last_good_ms;
  constexpr std::int64_t end_slack_ms = 2'000;
  const bool goes_on = facts.episode->last_end_ms + end_slack_ms >= facts.evidence->last_ms;
  finding.until_ms = goes_on ? 0 : facts.episode->last_ms;
  finding.extent = extent_of(facts);
  add_symptoms(facts, finding);
  for (const auto& reason : best.reasons) {
    if (reason.weight < 0) continue;
    if (reason.evidence.empty()) finding.notes.emplace_back(reason.says);
    finding.evidence.insert(finding.evidence.end(), reason.evidence.begin(), reason.evidence.end());
  }
  const bool is_death = finding.verdict == Verdict::app_crashed ||
                        finding.verdict == Verdict::app_oom ||
                        facts.shortage.kind == Shortage::Kind::machine_memory;
  if (is_death && facts.end != nullptr) {
    const Task& dead = facts.evidence->tasks[facts.end->task];
    finding.extent.tasks = {dead.id};
    finding.extent.host = dead.instance;
  }
  if (finding.verdict == Verdict::undetermined) add_open_cause(facts, finding);
  if (finding.verdict == Verdict::network_blocked) cite_ways(facts, finding);
  add_candidates(facts, all, finding);
  add_rejections(facts, all, finding);
  add_figures(facts, finding);
  note_loss(facts, finding);
  return finding;
}

Finding conclude_death(const Evidence& evidence, const ContainerEnd& end) {
  Finding finding;
  const bool is_oom = end.reason.starts_with("OutOfMemoryError");
  const Task& task = evidence.tasks[end.task];
  const std::string& service = evidence.service_name(task.service);
  auto of_machine = machine_memory_was_full(evidence, end);
  finding.verdict = is_oom               ? Verdict::app_oom
                    : of_machine.empty() ? Verdict::app_crashed
                                         : Verdict::host_overloaded;
  finding.hop = service + (end.is_proxy ? ".envoy" : ".app");
  finding.summary = fmt::format("a task of {} died; no call was hit that can be seen", service);
  finding.since_ms = end.at_ms;
  finding.until_ms = end.at_ms;
  finding.extent.callee = service;
  finding.extent.tasks = {task.id};
  if (!task.definition.empty()) finding.extent.definitions = {task.definition};
  finding.evidence = std::move(of_machine);
  finding.evidence.insert(finding.evidence.begin(), cite_end(evidence, end));
  finding.candidates = {
      {finding.verdict, "", finding.hop, 100, next_check(finding.verdict, service)}};
  return finding;
}

}  // namespace hoplab::report::diagnosis
