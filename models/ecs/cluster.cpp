#include "models/ecs/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "models/ecs/reservation.hpp"

namespace hoplab::models::ecs {
namespace {

using Kind = scenarios::PlacementStrategy::Kind;

struct InterfaceRow {
  std::string_view size;
  int interfaces;
};

// Of m5, c5, r5, m6i and t3 alike, but for the two that stand first.
constexpr auto interface_rows = std::to_array<InterfaceRow>({{"t3.micro", 2},
                                                             {"t2.micro", 2},
                                                             {".micro", 2},
                                                             {".small", 3},
                                                             {".medium", 3},
                                                             {".large", 3},
                                                             {".xlarge", 4},
                                                             {".2xlarge", 4},
                                                             {".4xlarge", 8}});

enum class Lack : std::uint8_t { none, state, agent, interfaces, cpu, memory };

Lack lack_of(const ContainerInstance& instance, const Resources& wanted) {
  if (instance.status != ContainerInstance::Status::active) return Lack::state;
  if (!instance.agent_connected || instance.is_silent) return Lack::agent;
  const auto exceeds = [](auto used, auto more, auto all) {
    return used.count() + more.count() > all.count();
  };
  if (exceeds(instance.used.cpu, wanted.cpu, instance.registered.cpu)) return Lack::cpu;
  if (exceeds(instance.used.memory, wanted.memory, instance.registered.memory)) {
    return Lack::memory;
  }
  if (instance.used.interfaces + wanted.interfaces > instance.registered.interfaces) {
    return Lack::interfaces;
  }
  return Lack::none;
}

/// The end of the service's event and the reason of EventBridge's.
std::pair<std::string, std::string> words_of(Lack lack) {
  switch (lack) {
    case Lack::cpu:
      return {"has insufficient CPU units available.", "RESOURCE:CPU"};
    case Lack::memory:
      return {"has insufficient memory available.", "RESOURCE:MEMORY"};
    case Lack::interfaces:
      return {"encountered error \"RESOURCE:ENI\".", "RESOURCE:ENI"};
    case Lack::agent:
      return {"encountered error \"AGENT\".", "AGENT"};
    case Lack::state:
      return {"encountered error \"INSTANCE_STATE\".", "INSTANCE_STATE"};
    case Lack::none:
      break;
  }
  return {};
}

using Candidates = std::vector<ContainerInstance*>;

/// Keeps those for which `cost` is least.
template <typename Cost>
void keep_least(Candidates& candidates, const Cost& cost) {
  auto least = cost(*candidates.front());
  for (const ContainerInstance* it : candidates) least = std::min(least, cost(*it));
  std::erase_if(candidates, [&](const ContainerInstance* it) { return cost(*it) != least; });
}

void apply(const scenarios::PlacementStrategy& step, const PlacementWish& wish,
           Candidates& candidates, sim::Rng& rng, const std::map<std::string, int>& tasks_by_zone) {
  const auto count = [](const std::map<std::string, int>& tasks, const std::string& key) {
    const auto found = tasks.find(key);
    return found == tasks.end() ? 0 : found->second;
  };
  if (step.kind == Kind::random) {
    candidates = {candidates[rng.below(candidates.size())]};
  } else if (step.kind == Kind::binpack) {
    const bool by_cpu = step.field == "cpu";
    keep_least(candidates, [by_cpu](const ContainerInstance& it) {
      return by_cpu ? it.registered.cpu.count() - it.used.cpu.count()
                    : it.registered.memory.count() - it.used.memory.count();
    });
  } else if (step.field == "instanceId" || step.field == "host") {
    keep_least(candidates, [&](const ContainerInstance& it) {
      return count(*wish.tasks_by_host, it.host_name);
    });
  } else {
    keep_least(candidates, [&](const ContainerInstance& it) {
      return count(tasks_by_zone, it.availability_zone);
    });
  }
}

}  // namespace

Resources resources_of(const scenarios::TaskDefinition& definition) {
  return {cpu_reserved(definition), memory_reserved(definition),
          definition.network_mode == "awsvpc" ? 1 : 0};
}

int interfaces_max(std::string_view instance_type) {
  constexpr int otherwise = 4;
  const auto row = std::ranges::find_if(
      interface_rows, [&](const InterfaceRow& it) { return instance_type.ends_with(it.size); });
  return row == interface_rows.end() ? otherwise : row->interfaces;
}

void ContainerInstance::take(const Resources& wanted) {
  used.cpu = sim::CpuUnits(used.cpu.count() + wanted.cpu.count());
  used.memory = used.memory + wanted.memory;
  used.interfaces += wanted.interfaces;
}

void ContainerInstance::give_back(const Resources& wanted) {
  used.cpu = sim::CpuUnits(used.cpu.count() - wanted.cpu.count());
  used.memory = used.memory - wanted.memory;
  used.interfaces -= wanted.interfaces;
}

ContainerInstance& Cluster::add(const std::string& host_name, const std::string& instance_type,
                                const std::string& availability_zone, const Resources& machine) {
  auto& place = instances_[host_name];
  place = std::make_unique<ContainerInstance>();
  place->host_name = host_name;
  place->instance_type = instance_type;
  place->availability_zone = availability_zone;
  place->registered = machine;
  return *place;
}

ContainerInstance* Cluster::find(std::string_view host_name) {
  const auto found = instances_.find(host_name);
  return found == instances_.end() ? nullptr : found->second.get();
}

Placed Cluster::place(const PlacementWish& wish, sim::Rng& rng) {
  Candidates candidates;
  Lack closest_lack = Lack::none;
  std::string closest;
  const auto consider = [&](ContainerInstance& instance) {
    const Lack lack = lack_of(instance, wish.wanted);
    if (lack == Lack::none) return candidates.push_back(&instance);
    if (lack <= closest_lack) return;  // The one that lacks least is the closest.
    closest_lack = lack;
    closest = instance.host_name;
  };
  for (const std::string& host : *wish.preferred) {
    ContainerInstance* instance = find(host);
    const bool is_known = std::ranges::find(candidates, instance) != candidates.end();
    if (instance != nullptr && !is_known) consider(*instance);
  }
  if (candidates.empty()) {
    for (const auto& [name, instance] : instances_) consider(*instance);
  }
  if (candidates.empty()) {
    auto [reason, event_reason] = words_of(closest_lack);
    return {nullptr, std::move(reason), std::move(event_reason), std::move(closest)};
  }
  std::ranges::sort(candidates, {}, [](const ContainerInstance* it) { return it->host_name; });
  std::map<std::string, int> by_zone;
  for (const auto& [host, tasks] : *wish.tasks_by_host) {
    if (const ContainerInstance* it = find(host)) by_zone[it->availability_zone] += tasks;
  }
  static const std::vector<scenarios::PlacementStrategy> by_default = {
      {Kind::spread, "attribute:ecs.availability-zone"}, {Kind::spread, "instanceId"}};
  const auto& steps = wish.strategy->empty() ? by_default : *wish.strategy;
  for (const auto& step : steps) apply(step, wish, candidates, rng, by_zone);
  return {candidates.front(), {}, {}, {}};
}

}  // namespace hoplab::models::ecs
