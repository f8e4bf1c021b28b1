#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/day_factors.hpp"
#include "scenarios/schema/distribution.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

constexpr std::size_t loads_max = 1'000;

/// Names that loads and services share: both are callers in the hop table.
struct Taken {
  std::map<std::string, int> services;  ///< With their desiredCount.
  std::set<std::string> loads;
};

void read_target(const Node& node, const Taken& taken, Load& load, Draft& draft) {
  const auto name = read_text(node, draft.diagnostics);
  if (!name || !draft.has_services) return;
  const auto found = taken.services.find(*name);
  if (found != taken.services.end()) {
    load.to = *name;
    if (found->second > 0) return;
    draft.diagnostics.error(node.mark, "E0412",
                            fmt::format("service '{}' has no task that could answer", *name),
                            "its desiredCount is 0");
    return;
  }
  std::vector<std::string> services;
  for (const auto& [service, tasks] : taken.services) services.push_back(service);
  draft.diagnostics.error(node.mark, "E0401", fmt::format("there is no service '{}'", shown(*name)),
                          hint_for(*name, services, draft.diagnostics));
}

/// `to: a` is short for `target: {service: a, path: /}`.
void read_destination(const Section& section, const Taken& taken, Load& load, Draft& draft) {
  section.take("path", read_path, load.path);
  section.take("method", read_method, load.method);
  section.take("headers", read_headers, load.headers);
  const Node* target = section.find("target");
  if (target == nullptr) {
    const Node* to = section.require("to", "write to: SERVICE");
    if (to != nullptr) read_target(*to, taken, load, draft);
    return;
  }
  if (section.excludes("target", "to") || section.excludes("path", "target")) return;
  const Section long_form(*target, "'target'", {"service", "path"}, draft.diagnostics);
  long_form.take("path", read_path, load.path);
  const Node* service = long_form.require("service", "write {service: a, path: /}");
  if (service != nullptr) read_target(*service, taken, load, draft);
}

/// How the rate changes: along a straight line, or with the hours of the day.
void read_shape(const Section& section, Load& load, Diagnostics& diagnostics) {
  section.take("rampTo", read_rate, load.ramp_to);
  const Node* profile = section.find("profile");
  if (profile == nullptr) {
    for (const char* key : {"amplitude", "peakHour", "weekdayFactors"}) {
      if (!section.has(key)) continue;
      diagnostics.error(section.key_mark(key), "E0202",
                        fmt::format("'{}' needs profile: diurnal", key), "add profile: diurnal");
    }
    return;
  }
  if (section.excludes("profile", "rampTo")) return;
  if (!read_choice(*profile, {"diurnal"}, diagnostics)) return;
  Diurnal diurnal;
  section.require("amplitude", "how far the rate swings about its mean: amplitude: 60%");
  read_wave(section, diurnal, diagnostics);
  load.diurnal = diurnal;
}

/// One error for each key that the executor has no use for.
void refuse_keys(const Section& section, const std::vector<const char*>& keys, const char* why,
                 Diagnostics& diagnostics) {
  for (const char* key : keys) {
    if (!section.has(key)) continue;
    diagnostics.error(section.key_mark(key), "E0218",
                      fmt::format("'{}' does not go with {}", key, why), "leave it out");
  }
}

void read_executor(const Section& section, Load& load, Diagnostics& diagnostics) {
  using Executor = Load::Executor;
  const Node* executor = section.find("executor");
  if (executor != nullptr) {
    const auto read =
        choice_of<Executor>({{"constant-arrival-rate", Executor::constant_arrival_rate},
                             {"constant-vus", Executor::constant_vus}});
    const auto value = read(*executor, diagnostics);
    if (!value) return;
    load.executor = *value;
  }
  if (load.executor == Executor::constant_vus) {
    refuse_keys(section, {"rate", "rampTo", "profile", "amplitude", "peakHour", "weekdayFactors"},
                "executor: constant-vus", diagnostics);
    section.require("vus", "the number of clients in a loop: vus: 10");
    section.take("vus", integer_in<std::uint32_t>(1, 1'000'000), load.vus);
    section.take("thinkTime", read_distribution, load.think_time);
    return;
  }
  refuse_keys(section, {"vus", "thinkTime"},
              executor == nullptr ? "a rate alone" : "executor: constant-arrival-rate",
              diagnostics);
  if (!section.has("vus")) {
    section.require("rate", "write rate: 20/s, or executor: constant-vus with vus: 10");
  }
  section.take("rate", read_rate, load.rate);
  read_shape(section, load, diagnostics);
}

void read_span(const Section& section, Load& load, Draft& draft) {
  section.take("startTime", read_duration, load.start);
  section.take("duration", read_positive_duration, load.duration);
  const Duration end = draft.scenario.duration;
  if (end == Duration::zero() || load.start < end) return;
  draft.diagnostics.error(
      section.find("startTime")->mark, "E0408",
      fmt::format("this load starts at {}, when the scenario has ended", sim::format(load.start)),
      fmt::format("write a time before {}", sim::format(end)));
}

std::string default_load_name(std::size_t index) {
  return index == 0 ? "load" : fmt::format("load-{}", index + 1);
}

void check_load_name(const Section& section, const Load& load, Taken& taken, Draft& draft) {
  const Node* given = section.find("name");
  const sim::SourceMark& mark = given == nullptr ? section.mark() : given->mark;
  if (given != nullptr && given->kind == Node::Kind::scalar &&
      !check_name(load.name, mark, "a load", draft.diagnostics)) {
    return;
  }
  const bool is_new = taken.loads.insert(load.name).second;
  if (is_new && !taken.services.contains(load.name)) return;
  draft.diagnostics.error(mark, "E0411",
                          fmt::format("'{}' is the name of {} already", load.name,
                                      is_new ? "a service" : "another load"),
                          "give this load a name of its own");
}

void read_load(const Node& node, Taken& taken, Draft& draft) {
  const Section section(node, "a load",
                        {"name",
                         "to",
                         "target",
                         "path",
                         "method",
                         "headers",
                         "rate",
                         "rampTo",
                         "profile",
                         "amplitude",
                         "peakHour",
                         "weekdayFactors",
                         "executor",
                         "vus",
                         "thinkTime",
                         "startTime",
                         "duration",
                         "requests",
                         "noConnectionReuse",
                         "abandonAfter"},
                        draft.diagnostics);
  Load load;
  load.mark = node.mark;
  load.name = default_load_name(draft.scenario.workload.size());
  section.take("name", read_text, load.name);
  if (section.is_readable()) check_load_name(section, load, taken, draft);
  read_destination(section, taken, load, draft);
  read_executor(section, load, draft.diagnostics);
  read_span(section, load, draft);
  section.take("requests", integer_in<std::uint64_t>(1, 1'000'000'000), load.requests_max);
  section.take("noConnectionReuse", read_boolean, load.no_connection_reuse);
  section.take("abandonAfter", read_positive_duration, load.abandon_after);
  if (load.to.empty()) draft.has_all_loads = false;
  draft.scenario.workload.push_back(std::move(load));
}

}  // namespace

void read_workload(const Section& top, Draft& draft) {
  Taken taken;
  for (const Service& service : draft.scenario.services) {
    taken.services.emplace(service.name, service.desired_count);
  }
  const Node* node = top.find("workload");
  if (node != nullptr && node->items.size() > loads_max) {
    draft.diagnostics.error(node->mark, "E0212", "the scenario has more than 1000 loads",
                            "join some of them");
    draft.has_all_loads = false;
    return;
  }
  if (node != nullptr && node->kind != Node::Kind::sequence) draft.has_all_loads = false;
  top.each("workload", [&](const Node& item) { read_load(item, taken, draft); });
}

}  // namespace hoplab::scenarios
