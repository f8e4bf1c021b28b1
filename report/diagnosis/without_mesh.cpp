// Without Envoys there is only the caller's word: a call timed out. A dropped packet, a dead
// process, a hung one and a starved one all look like that.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/diagnosis/cite.hpp"
#include "report/diagnosis/conclude.hpp"

namespace hoplab::report::diagnosis {
namespace {

struct Trouble {
  std::vector<const FailedCallLine*> calls;
  std::uint64_t timed_out = 0;
};

const ContainerEnd* end_near(const Evidence& evidence, std::int64_t first_ms) {
  constexpr std::int64_t before_ms = 60'000;
  for (const auto& end : evidence.ends) {
    const bool is_near = end.at_ms >= first_ms - before_ms && end.at_ms <= first_ms + before_ms;
    if (end.is_first && !end.was_asked && is_near) return &end;
  }
  return nullptr;
}

const Usage* busiest(const Evidence& evidence, std::int64_t from_ms, std::int64_t to_ms) {
  const Usage* found = nullptr;
  for (const auto& usage : evidence.usages) {
    if (usage.cpu_permille < 0 || usage.at_ms < from_ms || usage.at_ms > to_ms) continue;
    if (found == nullptr || usage.cpu_permille > found->cpu_permille) found = &usage;
  }
  return found;
}

std::vector<Candidate> open_causes(const std::string& caller, const std::string& callee,
                                   bool has_end) {
  const std::string app = callee + ".app";
  std::vector<Candidate> all = {
      {Verdict::network_blocked, "security-group", caller + "->" + callee, 25,
       "can the caller's host open a connection to the port at all (nc -vz)? A refusal is a dead "
       "process, silence is the network"},
      {Verdict::app_crashed, "", app, has_end ? 30 : 25,
       "has a task of the callee stopped, with which exit code (describe-tasks)?"},
      {Verdict::app_infinite_loop, "", app, 25,
       "is the callee's CPU at its limit while nothing is answered?"},
      {Verdict::host_overloaded, "", app, 25,
       "is the CPU of the callee's host taken by others, and does the callee answer late?"},
      {Verdict::app_hung, "", app, 20, "is the callee's CPU idle while it answers nothing?"},
  };
  std::stable_sort(all.begin(), all.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  return all;
}

Finding finding_of(const Evidence& evidence, const std::string& caller, const std::string& callee,
                   const Trouble& trouble) {
  Finding finding;
  finding.verdict = Verdict::undetermined;
  finding.hop = caller + ".app->" + callee + ".app";
  const FailedCallLine& first = *trouble.calls.front();
  const FailedCallLine& last = *trouble.calls.back();
  finding.summary =
      fmt::format("calls of {} to {} time out, and without a mesh the causes cannot be told apart",
                  caller, callee);
  finding.since_ms = first.at_ms - first.took_ms;
  finding.until_ms = last.at_ms + 5'000 >= evidence.last_ms ? 0 : last.at_ms;
  finding.extent.callers = {caller};
  finding.extent.callee = callee;
  finding.extent.bad_calls = trouble.calls.size();
  finding.evidence.push_back(
      cite_failed_call(evidence, first,
                       fmt::format("{} calls failed, {} of them timed out; this is the first one",
                                   trouble.calls.size(), trouble.timed_out)));
  const ContainerEnd* const end = end_near(evidence, finding.since_ms);
  finding.candidates = open_causes(caller, callee, end != nullptr);
  if (end != nullptr) {
    finding.evidence.push_back(cite_end(evidence, *end));
    finding.notes.emplace_back(
        "a container ended about then: that speaks for a crash, but nothing joins the two");
  }
  if (const Usage* usage = busiest(evidence, finding.since_ms, last.at_ms)) {
    finding.evidence.push_back(cite_usage(evidence, *usage, "the largest CPU figure of that time"));
  }
  finding.notes.emplace_back("there is no Envoy log: nothing tells how far the calls got");
  return finding;
}

}  // namespace

std::vector<Finding> conclude_without_mesh(const Evidence& evidence) {
  constexpr std::size_t calls_min = 5;
  std::map<std::pair<Index, Index>, Trouble> troubles;
  for (const auto& call : evidence.failed_calls) {
    // A status is an answer: then it was no time-out.
    if (call.status != 0) continue;
    Trouble& trouble = troubles[{evidence.service_of(call.task), call.to}];
    trouble.calls.push_back(&call);
    if (call.timed_out) ++trouble.timed_out;
  }
  std::vector<Finding> findings;
  for (auto& [key, trouble] : troubles) {
    if (trouble.calls.size() < calls_min) continue;
    std::stable_sort(trouble.calls.begin(), trouble.calls.end(),
                     [](const auto* a, const auto* b) { return a->at_ms < b->at_ms; });
    findings.push_back(finding_of(evidence, evidence.service_name(key.first),
                                  evidence.authorities[key.second], trouble));
  }
  return findings;
}

}  // namespace hoplab::report::diagnosis
