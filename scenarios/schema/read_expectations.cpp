#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/comparison.hpp"
#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;
using Kind = Expectation::Kind;

/// Draining after the load has ended; what is measured can lie in it.
constexpr Duration drain = std::chrono::seconds(20);

/// Reads the expectations of one scenario; metrics and hops are listed once.
class Reader {
 public:
  Reader(const Names& names, Draft& draft)
      : names_(names),
        draft_(draft),
        diagnostics_(draft.diagnostics),
        metrics_(names.metrics()),
        hops_(names.hops()),
        metric_set_(metrics_.begin(), metrics_.end()),
        hop_set_(hops_.begin(), hops_.end()) {}

  void read(const Node& node);

 private:
  std::optional<Window> read_window(const Node& node);
  void read_thresholds(const Node& node, Expectation& expectation);
  void read_hops(const Node& node, Expectation& expectation);
  void read_access_log(const Node& node, Expectation& expectation);
  void check_has_flags(const Node& flag, const Service& service);
  void read_app_log(const Node& node, Expectation& expectation);
  void read_task_of(const Section& section, Expectation& expectation);
  void read_ecs(const Node& node, Expectation& expectation);
  void read_utilization(const Node& node, Expectation& expectation);
  void read_diagnose(const Node& node, Expectation& expectation);
  void read_alarm(const Node& node, Expectation& expectation);
  void read_in_state(const Section& section, Expectation& expectation);

  void read_comparisons(const Node& node, const std::string& name, Measure measure,
                        Expectation& expectation);
  void take_comparison(const Section& section, const char* key, Measure measure,
                       std::optional<Comparison>& target);
  bool check_metric(const Node::Key& key);
  bool check_hop(const Node::Key& key);
  const Service* check_service(const Node& node, const std::string& name);
  [[nodiscard]] std::vector<std::string> container_names(const Service* service) const;
  const Service* read_container(const Section& section, bool is_envoy, Expectation& expectation);
  void check_direction(const Section& section, const Service& service,
                       const Expectation& expectation);

  const Names& names_;
  Draft& draft_;
  Diagnostics& diagnostics_;
  std::vector<std::string> metrics_;
  std::vector<std::string> hops_;
  std::set<std::string_view> metric_set_;
  std::set<std::string_view> hop_set_;
};

// --- Names ------------------------------------------------------------------------------------

/// Whether a load or call that could not be read may be why `name` ("a", "a->b",
/// "a.envoy->b.envoy", "users->a.envoy") is missing: that mistake has been told already.
bool is_hidden(std::string_view name, const Names& names, const Draft& draft) {
  const auto owner = [&](std::string_view part) {
    const std::string_view service = part.substr(0, part.find('.'));
    return names.service(service) == nullptr ? std::string_view() : service;
  };
  const auto arrow = std::min(name.find("->"), name.find("<-"));
  const std::string_view left = owner(name.substr(0, arrow));
  const std::string_view right =
      arrow == std::string_view::npos ? left : owner(name.substr(arrow + 2));
  if (left.empty() && right.empty()) return false;
  if (left == right) return !draft.has_all_loads || !draft.has_all_calls;
  return left.empty() || right.empty() ? !draft.has_all_loads : !draft.has_all_calls;
}

bool Reader::check_metric(const Node::Key& key) {
  if (!draft_.has_services || metric_set_.contains(key.name)) return true;
  const auto dot = key.name.rfind('.');
  const std::string subject = key.name.substr(0, dot);
  const std::string metric = dot == std::string::npos ? "" : key.name.substr(dot + 1);
  const bool is_metric =
      metric == "http_req_failed" || metric == "http_req_duration" || metric == "http_reqs";
  if (is_metric && is_hidden(subject, names_, draft_)) return true;
  std::string hint = hint_for(key.name, metrics_, diagnostics_);
  std::string message = fmt::format("there is no metric '{}'", shown(key.name));
  if (is_metric && names_.service(subject) != nullptr) {
    message = fmt::format("no load goes to '{}', so it has no {}", subject, metric);
    hint = "ask for a call: CALLER->" + subject + "." + metric;
  }
  diagnostics_.error(key.mark, "E0502", std::move(message), std::move(hint));
  return false;
}

bool Reader::check_hop(const Node::Key& key) {
  if (!draft_.has_services || hop_set_.contains(key.name)) return true;
  if (is_hidden(key.name, names_, draft_)) return true;
  diagnostics_.error(key.mark, "E0504", fmt::format("there is no hop '{}'", shown(key.name)),
                     hint_for(key.name, hops_, diagnostics_));
  return false;
}

const Service* Reader::check_service(const Node& node, const std::string& name) {
  const Service* service = names_.service(name);
  if (service == nullptr && draft_.has_services) {
    diagnostics_.error(node.mark, "E0401", fmt::format("there is no service '{}'", shown(name)),
                       hint_for(name, names_.services(), diagnostics_));
  }
  return service;
}

/// "a.app", "a.envoy", ...: of one service, or of all of them.
std::vector<std::string> Reader::container_names(const Service* service) const {
  std::vector<std::string> full_names;
  const auto add = [&](const Service& of) {
    for (const auto& container : names_.containers(of)) {
      full_names.push_back(of.name + "." + container);
    }
  };
  if (service != nullptr) {
    add(*service);
    return full_names;
  }
  // For a hint only, and not for dozens of them.
  if (diagnostics_.errors() > 20) return full_names;
  for (const std::string& known : names_.services()) add(*names_.service(known));
  return full_names;
}

/// "a.envoy"; null after an error, or where nothing can be said because of an earlier one.
const Service* Reader::read_container(const Section& section, bool is_envoy,
                                      Expectation& expectation) {
  const char* example =
      is_envoy ? "write container: SERVICE.envoy" : "write container: SERVICE.app";
  const Node* node = section.require("container", example);
  if (node == nullptr) return nullptr;
  section.take("container", read_text, expectation.container);
  std::string& name = expectation.container;
  if (name.empty() || !draft_.has_services || !draft_.has_all_artefacts) return nullptr;
  const auto dot = name.find('.');
  const Service* service = names_.service(name.substr(0, dot));
  if (service != nullptr && dot != std::string::npos) {
    name = service->name + "." + names_.true_container(*service, name.substr(dot + 1));
  }
  const std::vector<std::string> candidates = container_names(service);
  if (service == nullptr ||
      std::find(candidates.begin(), candidates.end(), name) == candidates.end()) {
    const bool lacks_mesh = !draft_.scenario.has_mesh && name.ends_with(".envoy");
    diagnostics_.error(node->mark, "E0413", fmt::format("there is no container '{}'", shown(name)),
                       lacks_mesh ? "with mesh: none there are no Envoys"
                                  : hint_for(name, candidates, diagnostics_));
    return nullptr;
  }
  const std::string proxy = names_.proxy(*service);
  const bool names_proxy = !proxy.empty() && name == service->name + "." + proxy;
  if (names_proxy == is_envoy) return service;
  diagnostics_.error(node->mark, "E0508",
                     is_envoy ? fmt::format("'{}' writes no access log", name)
                              : fmt::format("'{}' writes an access log, not an app log", name),
                     is_envoy ? fmt::format("write {}.{}, or ask for appLog", service->name,
                                            proxy.empty() ? "envoy" : proxy)
                              : "ask for accessLog");
  return nullptr;
}

// --- Kinds ------------------------------------------------------------------------------------

std::optional<Window> Reader::read_window(const Node& node) {
  if (node.kind != Node::Kind::sequence || node.items.size() != 2) {
    diagnostics_.error(node.mark, "E0506", "a window is a list of two times",
                       "write window: [1m, 2m]");
    return std::nullopt;
  }
  const auto from = read_duration(node.items[0], diagnostics_);
  const auto to = read_duration(node.items[1], diagnostics_);
  if (!from || !to) return std::nullopt;
  if (*from >= *to) {
    diagnostics_.error(
        node.mark, "E0506",
        fmt::format("the window from {} to {} is empty", sim::format(*from), sim::format(*to)),
        "it begins before it ends");
    return std::nullopt;
  }
  const Duration end = draft_.scenario.duration;
  if (end == Duration::zero() || *to <= end + drain) return Window{*from, *to};
  diagnostics_.error(node.items[1].mark, "E0506",
                     fmt::format("the window ends at {}, after the run", sim::format(*to)),
                     fmt::format("the run ends at {} at the latest: its duration and 20s of "
                                 "draining",
                                 sim::format(end + drain)));
  return std::nullopt;
}

void Reader::read_comparisons(const Node& node, const std::string& name, Measure measure,
                              Expectation& expectation) {
  const auto read_one = [&](const Node& item) {
    auto comparison = read_comparison(item, measure, diagnostics_);
    if (comparison) expectation.comparisons.emplace_back(name, *std::move(comparison));
  };
  if (node.kind != Node::Kind::sequence) {
    read_one(node);
  } else if (node.items.empty()) {
    diagnostics_.error(node.mark, "E0507", "an empty list expects nothing", "write a comparison");
  } else {
    for (const Node& item : node.items) read_one(item);
  }
}

Measure measure_of(std::string_view metric) {
  if (metric.ends_with(".http_req_duration")) return Measure::duration;
  return metric.ends_with(".http_reqs") ? Measure::requests : Measure::failures;
}

void Reader::read_thresholds(const Node& node, Expectation& expectation) {
  expectation.kind = Kind::thresholds;
  if (node.kind != Node::Kind::mapping || node.entries.empty()) {
    diagnostics_.error(node.mark, "E0203",
                       "'thresholds' wants a mapping from metrics to comparisons",
                       "write thresholds: {a.http_req_failed: \"rate<0.001\"}");
    return;
  }
  for (const auto& [key, value] : node.entries) {
    if (check_metric(key)) read_comparisons(value, key.name, measure_of(key.name), expectation);
  }
}

void Reader::read_hops(const Node& node, Expectation& expectation) {
  expectation.kind = Kind::hops;
  if (node.kind != Node::Kind::mapping || node.entries.empty()) {
    diagnostics_.error(node.mark, "E0203", "'hops' wants a mapping from hops to comparisons",
                       "write hops: {b.app: \"p(50)~7ms\"}");
    return;
  }
  for (const auto& [key, value] : node.entries) {
    if (check_hop(key)) read_comparisons(value, key.name, Measure::hop, expectation);
  }
}

void Reader::take_comparison(const Section& section, const char* key, Measure measure,
                             std::optional<Comparison>& target) {
  const Node* node = section.find(key);
  if (node != nullptr) target = read_comparison(*node, measure, diagnostics_);
}

/// Asking for lines that cannot be is a mistake, not an expectation of none.
void Reader::check_direction(const Section& section, const Service& service,
                             const Expectation& expectation) {
  const bool is_ingress = expectation.egress == false;
  if (expectation.egress == true && service.calls.empty() && draft_.has_all_calls) {
    diagnostics_.error(
        section.find("direction")->mark, "E0509",
        fmt::format("'{}' calls nobody, its Envoy has no egress lines", service.name),
        "write direction: ingress");
    return;
  }
  const std::string& to = expectation.to;
  if (to.empty()) return;
  const bool is_known =
      names_.is_virtual_service(to) || check_service(*section.find("to"), to) != nullptr;
  if (!is_known) return;
  if (!draft_.has_all_calls) return;
  const auto is_meant = [&](const Call& call) { return call.to == to; };
  if (is_ingress ? to == service.name : std::ranges::any_of(service.calls, is_meant)) return;
  diagnostics_.error(
      section.find("to")->mark, "E0509",
      is_ingress ? fmt::format("ingress lines of '{}' go to itself, not to '{}'", service.name, to)
                 : fmt::format("'{}' does not call '{}'", service.name, to),
      is_ingress ? "leave 'to' out" : "write the name that it calls");
}

/// Service Connect's formats have none.
void Reader::check_has_flags(const Node& flag, const Service& service) {
  if (!draft_.scenario.is_service_connect() || !service.node.access_log) return;
  const AccessLogFile& file = *service.node.access_log;
  const auto tells = [](const FormatText& format) {
    return format.text.find("%RESPONSE_FLAGS%") != std::string::npos;
  };
  const bool is_told =
      (file.text && tells(*file.text)) ||
      std::ranges::any_of(file.json, [&](const auto& member) { return tells(member.second); });
  if (is_told) return;
  diagnostics_.error(flag.mark, "E0511",
                     fmt::format("the access log of '{}' has no response flags", service.name),
                     "Service Connect writes none: ask for code, or for duration");
}

void Reader::read_access_log(const Node& node, Expectation& expectation) {
  expectation.kind = Kind::access_log;
  const Section section(
      node, "'accessLog'",
      {"container", "direction", "to", "responseFlags", "code", "share", "count", "duration"},
      diagnostics_);
  section.take("direction", choice_of<bool>({{"egress", true}, {"ingress", false}}),
               expectation.egress);
  section.take("to", read_text, expectation.to);
  const Service* service = read_container(section, true, expectation);
  if (service != nullptr) check_direction(section, *service, expectation);
  section.take("code", integer_in<int>(0, 599), expectation.code);
  if (const Node* flag = section.find("responseFlags"); flag != nullptr) {
    const auto text = read_text(*flag, diagnostics_);
    const auto& known = response_flags();
    if (text && std::find(known.begin(), known.end(), *text) == known.end()) {
      const bool is_list = text->find(',') != std::string::npos;
      diagnostics_.error(flag->mark, "E0505",
                         fmt::format("there is no response flag '{}'", shown(*text)),
                         is_list ? "write one flag; it is enough that a line contains it"
                                 : hint_for(*text, known, diagnostics_));
    }
    if (text) expectation.response_flags = *text;
    if (service != nullptr) check_has_flags(*flag, *service);
  }
  take_comparison(section, "share", Measure::share, expectation.share);
  take_comparison(section, "count", Measure::count, expectation.count);
  take_comparison(section, "duration", Measure::duration, expectation.duration);
}

void Reader::read_app_log(const Node& node, Expectation& expectation) {
  expectation.kind = Kind::app_log;
  const Section section(node, "'appLog'",
                        {"container", "contains", "stream", "code", "share", "count", "duration"},
                        diagnostics_);
  (void)read_container(section, false, expectation);
  section.take("contains", read_text, expectation.contains);
  section.take("stream", choice_of<std::string>({{"stdout", "stdout"}, {"stderr", "stderr"}}),
               expectation.stream);
  section.take("code", integer_in<int>(0, 599), expectation.code);
  take_comparison(section, "share", Measure::share, expectation.share);
  take_comparison(section, "count", Measure::count, expectation.count);
  take_comparison(section, "duration", Measure::duration, expectation.duration);
}

/// `service`, and one of the containers of its tasks.
void Reader::read_task_of(const Section& section, Expectation& expectation) {
  const Node* name = section.require("service", "write {service: SERVICE, ...}");
  section.take("service", read_text, expectation.service);
  const Service* service = name == nullptr || expectation.service.empty()
                               ? nullptr
                               : check_service(*name, expectation.service);
  section.take("container", read_text, expectation.container);
  if (service != nullptr && !expectation.container.empty() && draft_.has_all_artefacts) {
    expectation.container = names_.true_container(*service, expectation.container);
    const auto containers = names_.containers(*service);
    if (std::find(containers.begin(), containers.end(), expectation.container) ==
        containers.end()) {
      diagnostics_.error(section.find("container")->mark, "E0413",
                         fmt::format("a task of '{}' has no container '{}'", service->name,
                                     shown(expectation.container)),
                         hint_for(expectation.container, containers, diagnostics_));
    }
  }
}

void Reader::read_utilization(const Node& node, Expectation& expectation) {
  expectation.kind = Kind::utilization;
  const Section section(node, "'utilization'", {"service", "container", "cpu", "memory"},
                        diagnostics_);
  read_task_of(section, expectation);
  take_comparison(section, "cpu", Measure::usage, expectation.cpu);
  take_comparison(section, "memory", Measure::usage, expectation.memory);
  if (section.is_readable() && !section.has("cpu") && !section.has("memory")) {
    diagnostics_.error(node.mark, "E0507", "this expectation expects nothing",
                       "write cpu: \"max<80%\", or memory, or both");
  }
}

void Reader::read_ecs(const Node& node, Expectation& expectation) {
  expectation.kind = Kind::ecs;
  const Section section(node, "'ecs'",
                        {"service", "container", "exitCode", "reason", "lastStatus", "stopCode",
                         "stoppedReason", "count"},
                        diagnostics_);
  read_task_of(section, expectation);
  // Source: ECS API reference, Task: lastStatus and stopCode.
  const auto word = [&](const char* key, const std::vector<std::string>& words,
                        std::string& target) {
    const Node* value = section.find(key);
    const auto index = value == nullptr ? std::nullopt : read_choice(*value, words, diagnostics_);
    if (index) target = words[*index];
  };
  word("lastStatus",
       {"PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING",
        "DEPROVISIONING", "STOPPED"},
       expectation.last_status);
  word("stopCode",
       {"TaskFailedToStart", "EssentialContainerExited", "UserInitiated",
        "ServiceSchedulerInitiated", "SpotInterruption", "TerminationNotice"},
       expectation.stop_code);
  section.take("exitCode", integer_in<int>(0, 255), expectation.exit_code);
  section.take("reason", read_text, expectation.reason);
  section.take("stoppedReason", read_text, expectation.stopped_reason);
  take_comparison(section, "count", Measure::count, expectation.count);
}

/// What `hoplab diagnose` can say.
const std::vector<std::string>& verdicts() {
  static const std::vector<std::string> all = {
      "healthy",         "network.blocked",  "network.latency",
      "app.crashed",     "app.hung",         "app.infinite-loop",
      "app.oom",         "app.slow-version", "app.failing-version",
      "host.overloaded", "undetermined"};
  return all;
}

void Reader::read_diagnose(const Node& node, Expectation& expectation) {
  expectation.kind = Kind::diagnose;
  const Section section(node, "'diagnose'", {"at", "from", "to", "verdict", "hop"}, diagnostics_);
  section.take("at", read_duration, expectation.at);
  const Duration end = draft_.scenario.duration;
  if (expectation.at && end != Duration::zero() && *expectation.at > end + drain) {
    diagnostics_.error(section.find("at")->mark, "E0506",
                       fmt::format("at {} the run is over", sim::format(*expectation.at)),
                       fmt::format("write a time up to {}", sim::format(end + drain)));
  }
  for (const auto& [key, target] :
       {std::pair("from", &expectation.from), std::pair("to", &expectation.to)}) {
    section.take(key, read_text, *target);
    if (!target->empty()) (void)check_service(*section.find(key), *target);
  }
  if (const Node* verdict = section.require("verdict", "write " + one_of(verdicts()))) {
    const auto index = read_choice(*verdict, verdicts(), diagnostics_);
    if (index) expectation.verdict = verdicts()[*index];
  }
  section.take("hop", read_text, expectation.hop);
  if (!expectation.hop.empty()) (void)check_hop({expectation.hop, section.find("hop")->mark});
}

/// `inState: [{ALARM: [4m, 7m]}, {OK: [7m, 8m]}]`.
void Reader::read_in_state(const Section& section, Expectation& expectation) {
  static const std::vector<std::string> states = {"OK", "ALARM", "INSUFFICIENT_DATA"};
  section.each("inState", [&](const Node& item) {
    if (item.kind != Node::Kind::mapping || item.entries.size() != 1) {
      diagnostics_.error(item.mark, "E0203", "a state and its window are wanted here",
                         "write {ALARM: [4m, 7m]}");
      return;
    }
    const auto& [key, value] = item.entries.front();
    if (std::ranges::find(states, key.name) == states.end()) {
      diagnostics_.error(key.mark, "E0213", fmt::format("'{}' is not known here", shown(key.name)),
                         hint_for(key.name, states, diagnostics_));
      return;
    }
    if (const auto window = read_window(value)) {
      expectation.in_state.emplace_back(key.name, *window);
    }
  });
}

void Reader::read_alarm(const Node& node, Expectation& expectation) {
  expectation.kind = Kind::alarm;
  const auto name = read_text(node, diagnostics_);
  if (!name) return;
  expectation.alarm = *name;
  std::vector<std::string> known;
  for (const Alarm& alarm : draft_.scenario.alarms) known.push_back(alarm.name);
  if (std::ranges::find(known, *name) == known.end()) {
    std::string hint = hint_for(*name, known, diagnostics_);
    if (hint.empty()) hint = "telemetry.cloudwatch.alarms names none";
    diagnostics_.error(node.mark, "E0510", fmt::format("there is no alarm '{}'", shown(*name)),
                       std::move(hint));
  }
}

// --- One expectation --------------------------------------------------------------------------

/// What it says, for those without a name.
std::string default_name(const Expectation& it) {
  std::string text;
  for (const auto& [name, comparison] : it.comparisons) {
    if (!text.empty()) text += ", ";
    text += name + " " + comparison.text;
  }
  const auto add = [&text](const std::string& word) {
    if (!word.empty()) text += (text.empty() ? "" : " ") + word;
  };
  if (it.kind == Kind::diagnose) {
    add("diagnose:");
    add(it.verdict);
    if (!it.hop.empty()) add("at " + it.hop);
    if (it.at) add("at " + sim::format(*it.at));
    return text;
  }
  if (!it.alarm.empty()) add("alarm " + it.alarm);
  add(it.service);
  add(it.container);
  if (it.egress) add(*it.egress ? "egress" : "ingress");
  if (!it.to.empty()) add("to " + it.to);
  add(it.response_flags == "-" ? "no flag" : it.response_flags);
  if (it.code) add(fmt::format("{}", *it.code));
  add(it.stream);
  if (!it.contains.empty()) add("\"" + it.contains + "\"");
  add(it.last_status);
  if (it.exit_code) add(fmt::format("exit code {}", *it.exit_code));
  add(it.stop_code);
  add(it.reason);
  add(it.stopped_reason);
  if (it.share) add("share " + it.share->text);
  if (it.count) add("count " + it.count->text);
  if (it.duration) add("duration " + it.duration->text);
  if (it.cpu) add("cpu " + it.cpu->text);
  if (it.memory) add("memory " + it.memory->text);
  return text;
}

void Reader::read(const Node& node) {
  using Read = void (Reader::*)(const Node&, Expectation&);
  static const std::vector<std::pair<std::string, Read>> kinds = {
      {"thresholds", &Reader::read_thresholds},
      {"accessLog", &Reader::read_access_log},
      {"appLog", &Reader::read_app_log},
      {"hops", &Reader::read_hops},
      {"ecs", &Reader::read_ecs},
      {"utilization", &Reader::read_utilization},
      {"diagnose", &Reader::read_diagnose},
      {"alarm", &Reader::read_alarm}};
  std::vector<std::string> keys;
  for (const auto& [key, read] : kinds) keys.push_back(key);
  const std::string choices = one_of(keys);
  keys.insert(keys.end(), {"name", "window", "inState"});
  const Section section(node, "an expectation", keys, diagnostics_);
  if (!section.is_readable()) return;
  Expectation expectation;
  expectation.mark = node.mark;
  if (const Node* window = section.find("window")) expectation.window = read_window(*window);
  int found = 0;
  for (const auto& [key, read] : kinds) {
    const Node* body = section.find(key);
    if (body == nullptr) continue;
    if (++found == 2) {
      diagnostics_.error(section.key_mark(key), "E0507", "one expectation asks for two things",
                         "write two expectations");
    }
    if (found == 1) (this->*read)(*body, expectation);
  }
  if (expectation.kind == Kind::alarm) read_in_state(section, expectation);
  if (section.has("inState") && expectation.kind != Kind::alarm) {
    diagnostics_.error(section.key_mark("inState"), "E0202", "'inState' needs 'alarm'",
                       "write alarm: NAME");
  }
  if (found == 0) {
    diagnostics_.error(node.mark, "E0507", "this expectation expects nothing", "write " + choices);
  }
  expectation.name = default_name(expectation);
  section.take("name", read_text, expectation.name);
  draft_.scenario.expectations.push_back(std::move(expectation));
}

}  // namespace

void read_expectations(const Section& top, const Names& names, Draft& draft) {
  Reader reader(names, draft);
  top.each("expectations", [&](const Node& item) { reader.read(item); });
}

}  // namespace hoplab::scenarios
