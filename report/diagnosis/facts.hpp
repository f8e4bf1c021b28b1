// What is known about one episode beside its symptoms: extent, deaths, CPU, rules, counters.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "report/diagnosis/episodes.hpp"
#include "report/diagnosis/shortage.hpp"

namespace hoplab::report::diagnosis {

/// Bad calls out of all calls.
struct Share {
  std::uint64_t bad = 0;
  std::uint64_t calls = 0;
  [[nodiscard]] std::uint64_t percent() const { return calls == 0 ? 0 : bad * 100 / calls; }
};

/// Means of one part of answered calls, outside of every episode and in this one. Differences of
/// whole milliseconds have a bias, which is the same in both.
struct Shift {
  std::int64_t usual_us = 0;
  std::int64_t during_us = 0;
  std::uint64_t usual_samples = 0;
  std::uint64_t during_samples = 0;
  [[nodiscard]] bool is_known() const { return usual_samples > 0 && during_samples > 0; }
  [[nodiscard]] std::int64_t grew_us() const { return is_known() ? during_us - usual_us : 0; }
};

enum class Level { unknown, unchanged, risen };

/// A metric of the affected tasks before and during an episode.
struct Trend {
  Level level = Level::unknown;
  std::int32_t before_permille = -1;
  std::int32_t peak_permille = -1;
  const Usage* peak = nullptr;  ///< The datapoint with the largest value.
};

struct Facts {
  const Evidence* evidence = nullptr;
  const Episode* episode = nullptr;

  std::map<Index, Share> by_task;              ///< Of the callee; `none`: not known which.
  std::map<Index, Share> by_caller;            ///< Services.
  std::map<std::string, Share> by_definition;  ///< "family:revision".
  std::vector<Index> affected_tasks;           ///< Most affected first.
  std::vector<Index> affected_callers;

  const ContainerEnd* end = nullptr;  ///< A container of the callee that ended of itself.
  Index stopped = none;  ///< Task that somebody had asked to stop, where all affected ones were.
  const RuleLoss* rule_loss = nullptr;    ///< Of a rule for the callee's port, before the onset.
  const Refusal* refusal = nullptr;       ///< Of packets between them and the callee, meanwhile.
  const WayChange* acl_change = nullptr;  ///< Shortly before the onset, and not undone by then.
  const WayChange* route_change = nullptr;
  const MachineSilence* machine_silence = nullptr;  ///< Of the affected tasks' host, meanwhile.
  const NoData* no_data = nullptr;  ///< At an affected task, in an interval of the episode.
  const Remark* remark = nullptr;   ///< What the callee's application says on stderr.
  Trend cpu;
  Trend memory;
  Trend host_cpu;  ///< Of the affected tasks' host, if it is one.
  /// In the minute in which the host was busiest it was not the task that kept it so.
  bool host_is_taken = false;
  Shift wire;
  Shift proxy;
  Shift own;
  std::int64_t own_median_us = -1;  ///< During the episode; -1: no samples.
  Normal usual_own;
  std::uint64_t connect_timeouts = 0;  ///< Of the callers' counters.
  std::uint64_t connect_fails = 0;
  const CounterStep* timeout_step = nullptr;
  std::string host;                    ///< The affected tasks' container instance, if it is one.
  std::vector<Index> host_neighbours;  ///< Other services with a task on that host.
  bool pooled_calls_go_on = false;     ///< Good calls over the edge after it had begun.
  /// Tasks that run, and that hardly any of the affected callers' calls has reached since it began,
  /// while the callers count connect time-outs. Where there are some, they are the affected tasks.
  std::vector<Index> silent_tasks;
  std::uint64_t siblings_calls = 0;  ///< That reached others meanwhile.
  /// Calls of the callee's own that failed before its Envoy heard of them: no name was resolved.
  std::uint64_t unresolved = 0;
  const FailedCallLine* unresolved_call = nullptr;  ///< The first of them.
  Shortage shortage;

  [[nodiscard]] std::uint64_t count(Sign sign) const { return episode->count(sign); }
};

/// The facts of every episode, in their order. Episodes and evidence outlive them.
[[nodiscard]] std::vector<Facts> facts_of(const Evidence& evidence, const Symptoms& symptoms,
                                          const Normals& normals,
                                          const std::vector<Episode>& episodes);

}  // namespace hoplab::report::diagnosis
