#include "report/diagnosis/shortage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "report/diagnosis/cite.hpp"
#include "report/diagnosis/facts.hpp"

namespace hoplab::report::diagnosis {
namespace {

using Citations = std::vector<Citation>;

std::string percent(std::int32_t permille) {
  return fmt::format("{}.{} %", permille / 10, permille % 10);
}

/// EC2 writes credits every five minutes.
/// Source: EC2 User Guide, "CPU credits metrics for burstable instances".
constexpr std::int64_t credit_period_ms = 300'000;

/// A balance of nothing at the end of a period in which calls were bad. One that may spend beyond
/// its balance (unlimited) is not slowed down, and neither is one that needs less than it earns:
/// its balance grows.
Citations credits_are_gone(const Facts& facts) {
  const auto ec2 = facts.evidence->ec2_of_host.find(facts.host);
  if (facts.host.empty() || ec2 == facts.evidence->ec2_of_host.end()) return {};
  constexpr std::int64_t nothing_left = 50;
  const CreditLevel* empty = nullptr;
  for (const auto& level : facts.evidence->credit_levels) {
    if (level.host != ec2->second) continue;
    if (level.is_surplus && level.thousandths > 0) return {};
    const bool is_now = level.at_ms + credit_period_ms > facts.episode->first_ms &&
                        level.at_ms <= facts.episode->last_end_ms;
    if (!level.is_surplus && is_now && level.thousandths <= nothing_left) empty = &level;
  }
  // A task that burns CPU as never before has used them up itself.
  if (empty == nullptr || facts.cpu.level == Level::risen) return {};
  Citations all = {cite_credits(*facts.evidence, *empty)};
  if (facts.host_cpu.peak != nullptr) {
    all.push_back(cite_usage(
        *facts.evidence, *facts.host_cpu.peak,
        fmt::format("CPU of the machine: {} at the most", percent(facts.host_cpu.peak_permille))));
  }
  return all;
}

/// A datapoint tells of the minute that begins at its instant: how much of it is of the episode.
std::int64_t episode_ms_in(const Episode& episode, std::int64_t minute_ms) {
  constexpr std::int64_t minute = 60'000;
  return std::clamp<std::int64_t>(
      std::min(episode.last_end_ms, minute_ms + minute) - std::max(episode.first_ms, minute_ms), 0,
      minute);
}

/// The task is at its limit for as long as calls were bad, and its containers together took less
/// than half of that.
Citations task_cpu_is_taken(const Facts& facts) {
  constexpr std::int64_t full_permille = 850;
  const Usage* const peak = facts.cpu.peak;
  if (facts.cpu.level != Level::risen || peak->task == none) return {};
  const std::int64_t bad_ms = episode_ms_in(*facts.episode, peak->at_ms);
  if (std::int64_t{facts.cpu.peak_permille} * 60'000 < full_permille * bad_ms) return {};
  const ContainerUsage* largest = nullptr;
  std::int32_t sum = 0;
  for (const auto& usage : facts.evidence->container_usages) {
    if (usage.task != peak->task || usage.at_ms != peak->at_ms) continue;
    sum += usage.cpu_permille;
    if (largest == nullptr || usage.cpu_permille > largest->cpu_permille) largest = &usage;
  }
  if (largest == nullptr || 2 * sum >= peak->cpu_permille) return {};
  return {
      cite_usage(*facts.evidence, *peak,
                 fmt::format(
                     "CPU of the task, of what it may use: {}, in a minute of which calls were bad "
                     "for {} s",
                     percent(peak->cpu_permille), bad_ms / 1000)),
      cite_container_usage(
          *facts.evidence, *largest,
          fmt::format("of that, container {} took the most of all: {}; all of them together {}",
                      largest->container, percent(largest->cpu_permille), percent(sum)))};
}

/// It climbed to its limit, before calls were bad or with them, nothing was killed for it, and most
/// calls are answered, if late: what never answers may have piled its memory up itself.
Citations task_memory_is_full(const Facts& facts) {
  constexpr std::int32_t full_permille = 900;
  constexpr std::int32_t climbed_permille = 300;
  const auto& symptoms = facts.episode->symptoms;
  const auto late = std::count_if(symptoms.begin(), symptoms.end(),
                                  [](const Symptom& symptom) { return is_slow(symptom.sign); });
  if (2 * static_cast<std::size_t>(late) < symptoms.size()) return {};
  const Usage* const peak = facts.memory.peak;
  if (peak == nullptr || peak->memory_permille < full_permille) return {};
  const Usage* least = peak;
  for (const auto& usage : facts.evidence->usages) {
    const bool is_same = usage.task == peak->task && usage.service == peak->service;
    if (!is_same || usage.memory_permille < 0 || usage.at_ms > peak->at_ms) continue;
    if (usage.memory_permille < least->memory_permille) least = &usage;
  }
  if (peak->memory_permille < least->memory_permille + climbed_permille) return {};
  return {cite_memory(*facts.evidence, *least,
                      "memory of the task, of its limit: " + percent(least->memory_permille)),
          cite_memory(*facts.evidence, *peak,
                      "then it was at " + percent(peak->memory_permille) + " of its limit")};
}

/// The last datapoints of each task on the machine up to an instant, with their first ones.
struct Memory {
  const Usage* first = nullptr;
  const Usage* last = nullptr;
  [[nodiscard]] std::int32_t grew_permille() const {
    return last->memory_permille - first->memory_permille;
  }
};

std::map<Index, Memory> memory_on(const Evidence& evidence, const std::string& machine,
                                  std::int64_t until_ms) {
  std::map<Index, Memory> by_task;
  for (const auto& usage : evidence.usages) {
    if (usage.task == none || usage.memory_mib < 0 || usage.at_ms > until_ms) continue;
    const Task& task = evidence.tasks[usage.task];
    const bool was_gone = task.stopped_ms != 0 && task.stopped_ms < usage.at_ms;
    if (task.instance != machine || was_gone) continue;
    Memory& memory = by_task[usage.task];
    if (memory.first == nullptr) memory.first = &usage;
    memory.last = &usage;
  }
  return by_task;
}

Citation cite_growth(const Evidence& evidence, const Memory& memory) {
  return cite_memory(
      evidence, *memory.last,
      fmt::format("memory of a task of {}: {} MiB, {} of its limit, {} at first",
                  evidence.service_name(memory.last->service), memory.last->memory_mib,
                  percent(memory.last->memory_permille), percent(memory.first->memory_permille)));
}

Shortage of_kind(Shortage::Kind kind, Citations evidence) {
  return {evidence.empty() ? Shortage::Kind::nothing : kind, std::move(evidence)};
}

}  // namespace

std::string_view name_of(Shortage::Kind kind) {
  static constexpr std::array<std::string_view, 6> names = {
      "",
      "cpu-of-the-machine",
      "cpu-credits",
      "cpu-of-the-task",
      "memory-of-the-task",
      "memory-of-the-machine",
  };
  return names.at(static_cast<std::size_t>(kind));
}

std::vector<Citation> machine_memory_was_full(const Evidence& evidence, const ContainerEnd& end) {
  constexpr int sigkill = 137;
  constexpr std::int32_t own_limit_permille = 900;
  constexpr std::int64_t full_percent = 85;
  const bool is_unexplained =
      end.has_exit_code && end.exit_code == sigkill && end.reason.empty() && !end.was_asked;
  const auto machine = evidence.machines.find(evidence.tasks[end.task].instance);
  if (!is_unexplained || machine == evidence.machines.end()) return {};
  const auto by_task = memory_on(evidence, machine->first, end.at_ms);
  const auto own = by_task.find(end.task);
  if (own == by_task.end() || own->second.last->memory_permille >= own_limit_permille) return {};
  std::int64_t used_mib = 0;
  const Memory* grower = nullptr;
  for (const auto& [task, memory] : by_task) {
    used_mib += memory.last->memory_mib;
    if (task == end.task) continue;
    if (grower == nullptr || memory.grew_permille() > grower->grew_permille()) grower = &memory;
  }
  const std::int64_t all_mib = machine->second.memory_mib;
  if (grower == nullptr || all_mib == 0 || used_mib * 100 < all_mib * full_percent) return {};
  return {cite_growth(evidence, own->second), cite_growth(evidence, *grower),
          cite_machine(evidence, machine->second,
                       fmt::format("the machine is a {} with {} MiB; its tasks used {}",
                                   machine->second.type, all_mib, used_mib))};
}

Shortage shortage_of(const Facts& facts) {
  using Kind = Shortage::Kind;
  if (facts.end != nullptr) {
    return of_kind(Kind::machine_memory, machine_memory_was_full(*facts.evidence, *facts.end));
  }
  if (facts.host_is_taken) {
    return of_kind(Kind::machine_cpu,
                   {cite_usage(*facts.evidence, *facts.host_cpu.peak,
                               "CPU of the machine: " + percent(facts.host_cpu.peak_permille))});
  }
  for (const auto& [kind, evidence] : {std::pair(Kind::cpu_credits, &credits_are_gone),
                                       std::pair(Kind::task_cpu, &task_cpu_is_taken),
                                       std::pair(Kind::task_memory, &task_memory_is_full)}) {
    if (auto found = evidence(facts); !found.empty()) return {kind, std::move(found)};
  }
  return {};
}

}  // namespace hoplab::report::diagnosis
