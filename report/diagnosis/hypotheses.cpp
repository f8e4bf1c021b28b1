// The rules. First a table: which symptoms a cause would make. Then what else must be there, or
// must not. A symptom that a cause cannot make rejects it; so does a metric, a document or a
// counter.
//
// Source: reference of Envoy's response flags; the order of the rungs is the order of the columns.
#include "report/diagnosis/hypotheses.hpp"

#include <algorithm>
#include <array>

#include "report/diagnosis/rules.hpp"

namespace hoplab::report::diagnosis {
namespace {

/// How much of each symptom a cause accounts for, in percent.
struct Row {
  Verdict verdict;
  std::array<int, signs> explains;
};

using enum Verdict;

// clang-format off
constexpr std::array<Row, 9> table = {{
  //                    con  con   no  van  cut  ans  app  app over  app   un  app slow slow slow
  //                    t/o  ref host  ish      lost  ref full lim.  rst  ans  5xx wire  app both
  {network_blocked,     {100, 30,   0, 100,  50,  70,   0,   0,   0,   0,   0,   0,  60,  0,   0}},
  {network_latency,     {60,   0,   0,  60,  10,  60,   0,   0,   0,   0,   0,   0, 100,  0,  20}},
  {app_crashed,         {0,    0,   0,   0,   0,   0, 100,   0,   0, 100,   0,   0,   0,  0,   0}},
  {app_oom,             {0,    0,   0,   0,   0,   0, 100,   0,   0, 100,   0,   0,   0, 20,   0}},
  {app_hung,            {0,    0,   0,   0,   0,   0,   0, 100,  10,   0, 100,   0,   0, 20,   0}},
  {app_infinite_loop,   {0,    0,   0,  10,   0,   0,   0, 100,  10,   0, 100,   0,  60, 40,  90}},
  {host_overloaded,     {20,   0,   0,  30,   0,   0,   0,  80,  10,   0,  40,   0,  60, 90, 100}},
  {app_slow_version,    {0,    0,   0,   0,   0,   0,   0,  60,  10,   0,  40,   0,  10, 100, 50}},
  {app_failing_version, {0,    0,   0,   0,   0,   0,   0,   0,   0,   0,   0, 100,   0, 10,   0}},
}};
/// What a dead task makes besides, when its network interface is gone. Who is killed for want of
/// its machine's memory has died as well.
constexpr std::array<int, signs> death =
                        {100, 100, 100, 100, 100, 100, 100, 50,  10, 100, 50,   0, 100, 20,  20};
// clang-format on

int explains(const Row& row, std::size_t sign, const Facts& facts) {
  const bool is_of_machine = facts.shortage.kind == Shortage::Kind::machine_memory;
  const bool is_death =
      facts.end != nullptr && (row.verdict == app_crashed || row.verdict == app_oom ||
                               (row.verdict == host_overloaded && is_of_machine));
  return is_death ? std::max(death.at(sign), row.explains.at(sign)) : row.explains.at(sign);
}

int explained_percent(const Row& row, const Facts& facts) {
  std::uint64_t sum = 0;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < signs; ++i) {
    sum += facts.episode->counts.at(i) * static_cast<std::uint64_t>(explains(row, i, facts));
    all += facts.episode->counts.at(i);
  }
  return all == 0 ? 0 : static_cast<int>(sum / all);
}

}  // namespace

std::vector<Hypothesis> weigh(const Facts& facts) {
  std::vector<Hypothesis> all;
  for (const Row& row : table) {
    Hypothesis hypothesis;
    hypothesis.verdict = row.verdict;
    int score = explained_percent(row, facts);
    for (const Rule& rule : all_rules()) {
      if (rule.verdict != row.verdict || !rule.holds(facts)) continue;
      score += rule.weight;
      hypothesis.reasons.push_back({rule.weight, rule.says, rule.cite(facts)});
    }
    hypothesis.score = std::clamp(score, 0, 100);
    // Kept apart from the clamped score: equals at the top are told by what is above it.
    hypothesis.rank = score;
    all.push_back(std::move(hypothesis));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Hypothesis& a, const Hypothesis& b) { return a.rank > b.rank; });
  return all;
}

int explains(Verdict verdict, Sign sign, const Facts& facts) {
  const auto row = std::find_if(table.begin(), table.end(),
                                [&](const Row& it) { return it.verdict == verdict; });
  return row == table.end() ? 0 : explains(*row, static_cast<std::size_t>(sign), facts);
}

std::string hop_of(Verdict verdict, const Facts& facts) {
  const Evidence& evidence = *facts.evidence;
  const std::string& callee = evidence.service_name(facts.episode->callee);
  const bool is_edge = verdict == Verdict::network_blocked || verdict == Verdict::network_latency;
  if (is_edge) {
    if (facts.affected_callers.empty()) return "->" + callee + ".envoy";
    return evidence.service_name(facts.affected_callers.front()) + ".envoy->" + callee + ".envoy";
  }
  const bool is_proxy_death = verdict == Verdict::app_crashed && facts.end && facts.end->is_proxy;
  return callee + (is_proxy_death ? ".envoy" : ".app");
}

}  // namespace hoplab::report::diagnosis
