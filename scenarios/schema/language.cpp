#include "scenarios/schema/language.hpp"

namespace hoplab::scenarios {

const std::vector<Key>& language() {
  static const std::vector<Key> all = [] {
    std::vector<Key> keys;
    for (const auto part : {scenario_keys(), service_keys(), service_connect_keys(), ecs_keys(),
                            long_form_keys(), run_keys()}) {
      keys.insert(keys.end(), part.begin(), part.end());
    }
    return keys;
  }();
  return all;
}

const std::vector<Choice>& language_choices() {
  static const std::vector<Choice> all = {
      {"workload[]", "to|target", true},
      {"workload[]", "rate|vus", true},
      {"faults[]", "action|actionId|agentFault", true},
      {"infrastructure.links[]", "between|loopback", true},
      {"mesh.accessLog.format", "text|json", true},
      {"services.<name>.accessLog.format", "text|json", true},
      {"mesh.simulate.accessLogFormat", "text|json", true},
      {"expectations[]", "thresholds|accessLog|appLog|hops|ecs|utilization|diagnose|alarm", true},
  };
  return all;
}

std::string_view parent_of(std::string_view path) {
  const auto dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string_view last_key_of(std::string_view path) { return path.substr(path.rfind('.') + 1); }

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> all;
  while (true) {
    const auto bar = list.find('|');
    all.emplace_back(list.substr(0, bar));
    if (bar == std::string_view::npos) return all;
    list.remove_prefix(bar + 1);
  }
}

}  // namespace hoplab::scenarios
