#include "report/diagnosis/facts.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace hoplab::report::diagnosis {
namespace {

/// A death and its first victim: requests in flight began before it.
constexpr std::int64_t death_before_ms = 5'000;
/// A tracked connection survives the rule that let it in; the first new one may come much later.
constexpr std::int64_t rule_before_ms = 3'600'000;
/// A datapoint tells of the minute that begins at its instant.
constexpr std::int64_t period_ms = 60'000;
/// So much of a minute may be of the episode and the datapoint still count as from before.
constexpr std::int64_t period_slack_ms = 5'000;
/// By how much of the reservation CPU or memory must have grown.
constexpr std::int32_t risen_permille = 300;
/// Without a datapoint from before: at least so much is busy, at most so much is idle.
constexpr std::int32_t busy_permille = 700;
constexpr std::int32_t idle_permille = 400;

void count_shares(Facts& facts, const Symptoms& symptoms) {
  const Evidence& evidence = *facts.evidence;
  const Episode& episode = *facts.episode;
  const auto definition = [&](Index task) {
    return task == none ? std::string() : evidence.tasks[task].definition;
  };
  for (const auto& symptom : episode.symptoms) {
    ++facts.by_task[symptom.task].bad;
    ++facts.by_caller[symptom.caller].bad;
    ++facts.by_definition[definition(symptom.task)].bad;
  }
  const auto began = symptoms.began.find(episode.callee);
  if (began == symptoms.began.end()) return;
  for (const auto& call : began->second) {
    if (call.start_ms < episode.first_ms || call.start_ms > episode.last_ms) continue;
    ++facts.by_task[call.task].calls;
    ++facts.by_caller[call.caller].calls;
    ++facts.by_definition[definition(call.task)].calls;
  }
}

/// Those whose share is at least a quarter of the largest one, the worst first. A few calls are no
/// share.
std::vector<Index> affected(const std::map<Index, Share>& shares) {
  constexpr std::uint64_t few = 20;  ///< One in so many of the worst one's bad calls.
  std::uint64_t largest = 0;
  std::uint64_t most = 0;
  for (const auto& [index, share] : shares) {
    largest = std::max(largest, share.percent());
    most = std::max(most, share.bad);
  }
  std::vector<Index> all;
  for (const auto& [index, share] : shares) {
    const bool is_much = share.bad > 0 && share.bad * few >= most;
    if (index != none && is_much && share.percent() * 4 >= largest) all.push_back(index);
  }
  std::stable_sort(all.begin(), all.end(),
                   [&](Index a, Index b) { return shares.at(a).bad > shares.at(b).bad; });
  return all;
}

/// The first end of a container that nobody had asked for, of a task that was hit.
const ContainerEnd* end_of(const Facts& facts) {
  const Evidence& evidence = *facts.evidence;
  const Episode& episode = *facts.episode;
  const ContainerEnd* found = nullptr;
  for (const auto& end : evidence.ends) {
    if (evidence.service_of(end.task) != episode.callee || !end.is_first || end.was_asked) continue;
    if (end.at_ms < episode.first_ms - death_before_ms || end.at_ms > episode.last_end_ms) continue;
    const auto share = facts.by_task.find(end.task);
    const bool is_hit = share != facts.by_task.end() && share->second.bad > 0;
    if (found == nullptr || (is_hit && !facts.by_task.contains(found->task))) found = &end;
  }
  return found;
}

/// Where every affected task had been asked to stop before: one of them.
Index stopped_task(const Facts& facts) {
  const auto& tasks = facts.evidence->tasks;
  const bool all_were =
      std::all_of(facts.affected_tasks.begin(), facts.affected_tasks.end(), [&](Index task) {
        const std::int64_t asked_ms = tasks[task].asked_to_stop_ms;
        return asked_ms != 0 && asked_ms <= facts.episode->first_ms + death_before_ms;
      });
  return all_were && !facts.affected_tasks.empty() ? facts.affected_tasks.front() : none;
}

const RuleLoss* rule_loss_of(const Facts& facts) {
  const Episode& episode = *facts.episode;
  const auto call = std::find_if(
      episode.symptoms.begin(), episode.symptoms.end(),
      [](const Symptom& symptom) { return symptom.egress && symptom.egress->peer_port != 0; });
  if (call == episode.symptoms.end()) return nullptr;
  const int port = call->egress->peer_port;
  const RuleLoss* found = nullptr;
  for (const auto& loss : facts.evidence->rule_losses) {
    const bool is_of_port = loss.port_first <= port && port <= loss.port_last;
    const bool is_before = loss.at_ms <= episode.first_ms + death_before_ms &&
                           loss.at_ms >= episode.first_ms - rule_before_ms;
    const bool was_back = loss.back_ms != 0 && loss.back_ms < episode.first_ms;
    if (is_of_port && is_before && !was_back) found = &loss;
  }
  return found;
}

/// A flow-log record of the refusal of packets between affected callers and the callee.
const Refusal* refusal_of(const Facts& facts) {
  constexpr std::int64_t second_ms = 1000;
  const Evidence& evidence = *facts.evidence;
  const Episode& episode = *facts.episode;
  const auto is_caller = [&](Index service) {
    const auto& callers = facts.affected_callers;
    return std::find(callers.begin(), callers.end(), service) != callers.end();
  };
  for (const Refusal& refusal : evidence.refusals) {
    const Index at = evidence.service_of(refusal.at);
    const Index peer = evidence.service_of(refusal.peer);
    const bool is_between =
        (at == episode.callee && is_caller(peer)) || (peer == episode.callee && is_caller(at));
    if (is_between && refusal.last_ms + second_ms >= episode.first_ms &&
        refusal.first_ms <= episode.last_end_ms) {
      return &refusal;
    }
  }
  return nullptr;
}

const WayChange* way_change_of(const Facts& facts, bool is_acl) {
  const Episode& episode = *facts.episode;
  const WayChange* found = nullptr;
  for (const WayChange& change : facts.evidence->way_changes) {
    const bool is_before = change.at_ms <= episode.first_ms + death_before_ms &&
                           change.at_ms >= episode.first_ms - rule_before_ms;
    const bool was_undone = change.back_ms != 0 && change.back_ms < episode.first_ms;
    if (change.is_acl == is_acl && is_before && !was_undone) found = &change;
  }
  return found;
}

/// ECS and EC2 say so a minute or two after it, by when nobody may call any more.
const MachineSilence* machine_silence_of(const Facts& facts) {
  constexpr std::int64_t late_ms = 180'000;
  constexpr std::int64_t minute_ms = 60'000;  // A metric has the start of its minute.
  const Episode& episode = *facts.episode;
  for (const MachineSilence& silence : facts.evidence->machine_silences) {
    if (!facts.host.empty() && silence.instance == facts.host &&
        silence.at_ms >= episode.first_ms - minute_ms &&
        silence.at_ms <= episode.last_end_ms + late_ms) {
      return &silence;
    }
  }
  return nullptr;
}

/// An interval within the episode, at a task that was called in vain.
const NoData* no_data_of(const Facts& facts) {
  constexpr std::int64_t second_ms = 1000;
  const auto& tasks = facts.affected_tasks;
  for (const NoData& none_seen : facts.evidence->no_data) {
    const bool is_affected = std::find(tasks.begin(), tasks.end(), none_seen.at) != tasks.end();
    if (is_affected && none_seen.first_ms + second_ms >= facts.episode->first_ms &&
        none_seen.first_ms <= facts.episode->last_end_ms) {
      return &none_seen;
    }
  }
  return nullptr;
}

const Remark* remark_of(const Facts& facts) {
  const Episode& episode = *facts.episode;
  for (const auto& remark : facts.evidence->remarks) {
    const bool is_here = facts.evidence->service_of(remark.task) == episode.callee;
    const bool is_now =
        remark.last_ms >= episode.first_ms - 1000 && remark.first_ms <= episode.last_end_ms + 1000;
    if (is_here && is_now && remark.is_stderr) return &remark;
  }
  return nullptr;
}

/// Largest value before and during the episode, of the datapoints that `is_wanted`.
template <typename Wanted>
Trend trend_of(const Facts& facts, std::int32_t Usage::*member, const Wanted& is_wanted) {
  const Episode& episode = *facts.episode;
  Trend trend;
  for (const auto& usage : facts.evidence->usages) {
    if (usage.*member < 0 || !is_wanted(usage)) continue;
    if (usage.at_ms + period_ms <= episode.first_ms + period_slack_ms) {
      trend.before_permille = std::max(trend.before_permille, usage.*member);
    } else if (usage.at_ms <= episode.last_end_ms && usage.*member > trend.peak_permille) {
      trend.peak_permille = usage.*member;
      trend.peak = &usage;
    }
  }
  if (trend.peak == nullptr) return trend;
  if (trend.before_permille >= 0) {
    const bool has_risen = trend.peak_permille >= trend.before_permille + risen_permille;
    trend.level = has_risen ? Level::risen : Level::unchanged;
  } else if (trend.peak_permille >= busy_permille) {
    trend.level = Level::risen;
  } else if (trend.peak_permille <= idle_permille) {
    trend.level = Level::unchanged;
  }
  return trend;
}

/// Of the affected tasks; of their service where tasks have no metrics of their own.
Trend task_trend(const Facts& facts, std::int32_t Usage::*member) {
  const auto& tasks = facts.affected_tasks;
  const auto is_of_task = [&](const Usage& usage) {
    return usage.task != none && std::find(tasks.begin(), tasks.end(), usage.task) != tasks.end();
  };
  const Trend trend = trend_of(facts, member, is_of_task);
  if (trend.peak != nullptr) return trend;
  return trend_of(facts, member, [&](const Usage& usage) {
    return usage.task == none && usage.service == facts.episode->callee;
  });
}

/// The host got busy, and the task's datapoint of its busiest minute does not say that it was the
/// task. A fault that begins within a minute fills a part of that minute's figure only.
bool host_is_taken(const Facts& facts) {
  constexpr std::int32_t full_permille = 600;
  if (facts.host_cpu.level != Level::risen) return false;
  if (facts.host_cpu.peak_permille < full_permille) return false;
  const std::int64_t at_ms = facts.host_cpu.peak->at_ms;
  const auto& usages = facts.evidence->usages;
  return std::none_of(usages.begin(), usages.end(), [&](const Usage& usage) {
    const bool is_own = usage.task != none && usage.at_ms == at_ms &&
                        facts.evidence->tasks[usage.task].instance == facts.host;
    const std::int32_t before = std::max(facts.cpu.before_permille, 0);
    return is_own && usage.cpu_permille >= std::max(before + risen_permille, busy_permille);
  });
}

Trend host_trend(const Facts& facts) {
  const auto ec2 = facts.evidence->ec2_of_host.find(facts.host);
  if (facts.host.empty() || ec2 == facts.evidence->ec2_of_host.end()) return {};
  return trend_of(facts, &Usage::cpu_permille,
                  [&](const Usage& usage) { return usage.host == ec2->second; });
}

std::string cluster_prefix(const std::string& node) { return "cds_egress_" + node + "_"; }

void count_connects(Facts& facts) {
  const Evidence& evidence = *facts.evidence;
  const Episode& episode = *facts.episode;
  const auto node = evidence.node_of_service.find(episode.callee);
  if (node == evidence.node_of_service.end()) return;
  const std::string prefix = cluster_prefix(node->second);
  constexpr std::int64_t flush_ms = 6'000;
  for (const auto& step : evidence.counters) {
    if (!step.cluster.starts_with(prefix)) continue;
    if (step.at_ms < episode.first_ms || step.at_ms > episode.last_end_ms + flush_ms) continue;
    if (!step.is_connect_timeout) {
      facts.connect_fails += step.by;
      continue;
    }
    facts.connect_timeouts += step.by;
    if (facts.timeout_step == nullptr) facts.timeout_step = &step;
  }
}

void look_at_host(Facts& facts) {
  const Evidence& evidence = *facts.evidence;
  std::set<std::string> hosts;
  for (const Index task : facts.affected_tasks) hosts.insert(evidence.tasks[task].instance);
  if (hosts.size() != 1 || hosts.begin()->empty()) return;
  facts.host = *hosts.begin();
  std::set<Index> neighbours;
  for (const auto& task : evidence.tasks) {
    const bool is_here = task.instance == facts.host && task.service != facts.episode->callee;
    if (is_here) neighbours.insert(task.service);
  }
  facts.host_neighbours.assign(neighbours.begin(), neighbours.end());
}

/// Calls of the affected callers that a task saw, before an episode and in it.
struct Seen {
  std::uint64_t before = 0;
  std::uint64_t during = 0;
};

std::map<Index, Seen> seen_by_task(const Facts& facts, const std::vector<Began>& began) {
  std::map<Index, Seen> seen;
  const auto& callers = facts.affected_callers;
  for (const auto& call : began) {
    const bool is_affected =
        std::find(callers.begin(), callers.end(), call.caller) != callers.end();
    if (!call.was_seen || !is_affected || call.start_ms > facts.episode->last_ms) continue;
    ++(call.start_ms < facts.episode->first_ms ? seen[call.task].before : seen[call.task].during);
  }
  return seen;
}

/// A container of it ended and nobody had asked for that: its silence is no riddle.
bool has_died(const Evidence& evidence, Index task) {
  return std::any_of(evidence.ends.begin(), evidence.ends.end(),
                     [&](const ContainerEnd& end) { return end.task == task && !end.was_asked; });
}

/// Tasks that were reached before, and hardly ever since: those that run, or else those that were
/// stopped and are dialled all the same.
void look_for_silence(Facts& facts, const Symptoms& symptoms) {
  constexpr std::int64_t lasts_min_ms = 8'000;
  constexpr std::uint64_t calls_min = 10;
  constexpr std::uint64_t hardly = 20;  ///< One in so many of what a task sees on average.
  const Evidence& evidence = *facts.evidence;
  const auto began = symptoms.began.find(facts.episode->callee);
  const bool is_long = facts.episode->last_ms - facts.episode->first_ms >= lasts_min_ms;
  if (!is_long || facts.connect_timeouts == 0 || began == symptoms.began.end()) return;
  const auto seen = seen_by_task(facts, began->second);
  std::uint64_t all = 0;
  for (const auto& [task, calls] : seen) all += calls.during;
  std::vector<Index> stopped;
  for (const auto& [task, calls] : seen) {
    const bool is_silent = calls.before >= calls_min && calls.during * hardly * seen.size() <= all;
    if (!is_silent || has_died(evidence, task)) {
      facts.siblings_calls += calls.during;
      continue;
    }
    const bool was_asked = evidence.tasks[task].asked_to_stop_ms != 0;
    (was_asked ? stopped : facts.silent_tasks).push_back(task);
  }
  if (!facts.silent_tasks.empty()) {
    facts.affected_tasks = facts.silent_tasks;
  } else if (!stopped.empty()) {
    facts.affected_tasks = std::move(stopped);
  }
}

/// What resolvers' libraries call it, of several languages.
/// Source: Node.js (getaddrinfo ENOTFOUND, EAI_AGAIN), Go (no such host), glibc's gai_strerror().
bool is_about_a_name(std::string_view error) {
  constexpr std::array<std::string_view, 5> says = {"ENOTFOUND", "EAI_AGAIN", "no such host",
                                                    "Name or service not known",
                                                    "Temporary failure in name resolution"};
  return std::any_of(says.begin(), says.end(), [&](std::string_view text) {
    return error.find(text) != std::string_view::npos;
  });
}

void count_unresolved(Facts& facts) {
  const Evidence& evidence = *facts.evidence;
  const Episode& episode = *facts.episode;
  std::vector<bool> is_name;
  for (const auto& error : evidence.errors) is_name.push_back(is_about_a_name(error));
  for (const auto& line : evidence.failed_calls) {
    if (line.error == none || !is_name[line.error]) continue;
    if (evidence.service_of(line.task) != episode.callee) continue;
    if (line.at_ms < episode.first_ms || line.at_ms > episode.last_end_ms) continue;
    if (facts.unresolved++ == 0) facts.unresolved_call = &line;
  }
}

/// Over the edges that fail, calls to the same tasks that are fine after it had begun.
void look_for_good_calls(Facts& facts) {
  for (const auto& [task, share] : facts.by_task) {
    if (task != none && share.bad > 0 && share.calls > share.bad + 5) {
      facts.pooled_calls_go_on = true;
    }
  }
}

struct Mean {
  std::int64_t sum = 0;
  std::uint64_t samples = 0;
  void add(std::optional<std::int64_t> us) {
    if (!us) return;
    sum += *us;
    ++samples;
  }
  [[nodiscard]] std::int64_t value() const {
    return samples == 0 ? 0 : sum / static_cast<std::int64_t>(samples);
  }
};

struct Means {
  std::array<Mean, 2> wire;  ///< Between machines, and within one.
  Mean proxy;
  Mean own;
  std::vector<std::int64_t> own_values;  ///< Of episodes only.
  void add(const Evidence& evidence, const Call& call) {
    wire.at(wire_of(evidence, call).is_local ? 1 : 0).add(call.wire_us());
    proxy.add(call.proxy_us());
    own.add(call.own_us());
  }
};

std::int64_t median_of(std::vector<std::int64_t>& values) {
  if (values.empty()) return -1;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Shift shift_of(const Mean& usual, const Mean& during) {
  return {usual.value(), during.value(), usual.samples, during.samples};
}

/// Means of whole milliseconds over many calls tell fractions of one.
void measure_shifts(std::vector<Facts>& all, const Evidence& evidence) {
  std::map<Index, Means> usual;
  std::vector<Means> during(all.size());
  for_each_request(evidence, [&](std::span<const Call> calls) {
    for (const auto& call : calls) {
      const std::int64_t start = call.start_ms();
      bool is_usual = true;
      for (std::size_t i = 0; i < all.size(); ++i) {
        const Episode& episode = *all[i].episode;
        if (episode.callee != call.callee) continue;
        if (start < episode.first_ms || start > episode.last_end_ms) continue;
        is_usual = false;
        const auto& tasks = all[i].affected_tasks;
        const bool is_affected = std::find(tasks.begin(), tasks.end(), call.task()) != tasks.end();
        if (!is_affected || start > episode.last_ms) continue;
        during[i].add(evidence, call);
        if (const auto own = call.own_us()) during[i].own_values.push_back(*own);
      }
      if (is_usual) usual[call.callee].add(evidence, call);
    }
  });
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Means& before = usual[all[i].episode->callee];
    const std::size_t most = during[i].wire[1].samples > during[i].wire[0].samples ? 1 : 0;
    all[i].wire = shift_of(before.wire.at(most), during[i].wire.at(most));
    all[i].proxy = shift_of(before.proxy, during[i].proxy);
    all[i].own = shift_of(before.own, during[i].own);
    all[i].own_median_us = median_of(during[i].own_values);
  }
}

}  // namespace

std::vector<Facts> facts_of(const Evidence& evidence, const Symptoms& symptoms,
                            const Normals& normals, const std::vector<Episode>& episodes) {
  std::vector<Facts> all;
  for (const auto& episode : episodes) {
    Facts facts;
    facts.evidence = &evidence;
    facts.episode = &episode;
    count_shares(facts, symptoms);
    facts.affected_tasks = affected(facts.by_task);
    facts.affected_callers = affected(facts.by_caller);
    count_connects(facts);
    look_for_silence(facts, symptoms);
    count_unresolved(facts);
    facts.end = end_of(facts);
    facts.stopped = stopped_task(facts);
    facts.rule_loss = rule_loss_of(facts);
    facts.refusal = refusal_of(facts);
    facts.acl_change = way_change_of(facts, true);
    facts.route_change = way_change_of(facts, false);
    facts.no_data = no_data_of(facts);
    facts.remark = remark_of(facts);
    facts.cpu = task_trend(facts, &Usage::cpu_permille);
    facts.memory = task_trend(facts, &Usage::memory_permille);
    look_at_host(facts);
    facts.machine_silence = machine_silence_of(facts);
    facts.host_cpu = host_trend(facts);
    facts.host_is_taken = host_is_taken(facts);
    const auto own = normals.own.find(episode.callee);
    if (own != normals.own.end()) facts.usual_own = own->second;
    look_for_good_calls(facts);
    facts.shortage = shortage_of(facts);
    all.push_back(std::move(facts));
  }
  measure_shifts(all, evidence);
  return all;
}

}  // namespace hoplab::report::diagnosis
