#include "report/expectations/parties.hpp"

#include <algorithm>
#include <utility>

namespace hoplab::report::expectations {
namespace {

constexpr int rank_ingress = 0;
constexpr int rank_app = 1;
constexpr int rank_egress = 2;
constexpr int rank_other_container = 3;
constexpr int rank_ecs = 4;

bool contains(const recording::Window& window, Duration instant) {
  return window.from <= instant && instant < window.to;
}

void count_flags(Tally& tally, std::string_view flags) {
  if (flags == "-" || flags.empty()) return;
  const auto known = tally.notes.find(std::string(flags));
  if (known != tally.notes.end()) {
    ++known->second;
  } else {
    tally.notes.emplace(flags, 1);
  }
}

}  // namespace

Parties::Parties(const scenarios::Scenario& scenario, std::vector<recording::NamedWindow> windows)
    : scenario_(scenario), windows_(std::move(windows)) {
  for (std::size_t i = 0; i < scenario.services.size(); ++i) register_service(i);
}

void Parties::register_service(std::size_t index) {
  const auto& service = scenario_.services[index];
  entry({index, rank_app, service.name + "." + app_container(scenario_, service)});
  entry({index, rank_ecs, service.name + " in ECS"});
  if (!scenario_.has_mesh) return;
  const std::string envoy = service.name + "." + proxy_container(scenario_, service);
  entry({index, rank_ingress, envoy + " ingress"});
  for (const auto& call : service.calls) {
    entry({index, rank_egress, envoy + " egress to " + call.to});
  }
}

std::vector<Tally>& Parties::entry(const Key& key) {
  const auto [place, is_new] = parties_.try_emplace(key);
  if (is_new) place->second.resize(windows_.size());
  return place->second;
}

std::string Parties::container_name(const Origin& origin) const {
  return scenario_.services[origin.service].name + "." + origin.container;
}

template <typename Count>
void Parties::count(std::vector<Tally>& tallies, Duration at, const Count& add) {
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    if (!contains(windows_[i].window, at)) continue;
    ++tallies[i].lines;
    add(tallies[i]);
  }
}

std::vector<Tally>& Parties::tallies_of(const Origin& origin, const recording::AccessLine& line,
                                        bool is_egress, Known& known) {
  if (!is_egress) {
    if (known.ingress == nullptr) {
      known.ingress = &entry({origin.service, rank_ingress, container_name(origin) + " ingress"});
    }
    return *known.ingress;
  }
  const std::string_view label = line.authority_label();
  for (const auto& [name, tallies] : known.egress) {
    if (name == label) return *tallies;
  }
  std::string callee(label);
  std::vector<Tally>& tallies =
      entry({origin.service, rank_egress, container_name(origin) + " egress to " + callee});
  known.egress.emplace_back(std::move(callee), &tallies);
  return tallies;
}

void Parties::access_line(const Origin& origin, const recording::AccessLine& line, bool is_egress,
                          Duration ended, Known& known) {
  count(tallies_of(origin, line, is_egress, known), ended, [&line](Tally& tally) {
    ++tally.codes[line.code_number];
    count_flags(tally, line.response_flags);
    tally.whole.add(line.duration_ms);
  });
}

void Parties::app_line(const Origin& origin, const AppLine& line, Duration at, Known& known) {
  if (known.app == nullptr) {
    const auto& service = scenario_.services[origin.service];
    const bool is_app = origin.container == app_container(scenario_, service);
    known.app =
        &entry({origin.service, is_app ? rank_app : rank_other_container, container_name(origin)});
  }
  count(*known.app, at, [&line](Tally& tally) {
    if (line.tells_a_request()) {
      ++tally.codes[*line.status];
      tally.fine.add(*line.duration);
    }
    if (line.source == "stderr") ++tally.notes["stderr"];
  });
}

void Parties::task(const TaskState& state, Duration at) {
  const auto& services = scenario_.services;
  const auto found = std::find_if(services.begin(), services.end(),
                                  [&](const auto& it) { return it.name == state.service; });
  if (found == services.end()) return;
  const auto index = static_cast<std::size_t>(found - services.begin());
  count(entry({index, rank_ecs, state.service + " in ECS"}), at,
        [&state](Tally& tally) { ++tally.notes[state.note]; });
}

std::vector<Party> Parties::sorted() const {
  std::vector<Party> sorted;
  sorted.reserve(parties_.size());
  for (const auto& [key, tallies] : parties_) sorted.push_back({key.name, tallies});
  return sorted;
}

}  // namespace hoplab::report::expectations
