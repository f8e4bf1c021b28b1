#include "tests/fuzz/targets.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "scenarios/import/app_mesh.hpp"
#include "scenarios/import/artefacts.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/fuzz/questions.hpp"

namespace hoplab::fuzz {
namespace {

using scenarios::Artefacts;
using scenarios::FaultAction;
using sim::Diagnostics;

void read_scenario(std::string_view bytes) {
  Diagnostics diagnostics;
  try {
    const auto scenario =
        scenarios::parse_scenario(bytes, "/no/such/folder/fuzz.yaml", fault_actions(), diagnostics);
    promise(scenario.has_value() != diagnostics.has_errors(), "a scenario, or errors");
  } catch (const scenarios::FileError&) {  // It names an artefact, and there is none here.
  }
  check_places(diagnostics);
}

using Import = void (*)(std::string_view, const std::string&, Artefacts&, Diagnostics&);

void import_ec2(std::string_view bytes, const std::string& file, Artefacts& artefacts,
                Diagnostics& diagnostics) {
  std::vector<scenarios::Subnet> subnets;
  scenarios::import_ec2(bytes, file, artefacts, subnets, diagnostics);
}

void import_app_mesh(std::string_view bytes, const std::string& file, Artefacts& artefacts,
                     Diagnostics& diagnostics) {
  scenarios::MeshObjects mesh;
  scenarios::import_app_mesh(bytes, file, mesh, artefacts, diagnostics);
}

template <Import import_artefact>
void read_artefact(std::string_view bytes) {
  Artefacts artefacts;
  Diagnostics diagnostics;
  import_artefact(bytes, "/no/such/folder/fuzz.json", artefacts, diagnostics);
  check_places(diagnostics);
}

constexpr std::array all_targets = {
    Target{"scenario", read_scenario},
    Target{"task_definition", read_artefact<scenarios::import_task_definition>},
    Target{"ec2", read_artefact<import_ec2>},
    Target{"app_mesh", read_artefact<import_app_mesh>},
    Target{"insights_query", ask_insights},
    Target{"insights_line", read_log_lines},
    Target{"xray_filter", filter_traces},
    Target{"metric_query", ask_metrics},
};

FaultAction::Parameter parameter(const char* name, FaultAction::Type type, bool required) {
  return {name, type, required, "", "for a fuzzer", 0, 255};
}

}  // namespace

void promise(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

void check_places(const Diagnostics& diagnostics) {
  for (const auto& it : diagnostics.sorted()) {
    promise(!sim::to_string(it).empty(), "every diagnostic says something");
    promise(it.mark.line >= 1 && it.mark.column >= 1, "every diagnostic has a place");
  }
}

std::span<const Target> targets() { return all_targets; }

const Target* find_target(std::string_view name) {
  const auto found = std::find_if(all_targets.begin(), all_targets.end(),
                                  [&](const Target& target) { return target.name == name; });
  return found == all_targets.end() ? nullptr : &*found;
}

const std::vector<FaultAction>& fault_actions() {
  using Type = FaultAction::Type;
  using Kind = FaultAction::Target;
  static const std::vector<FaultAction> all = {
      {"hoplab:ecs:hang", Kind::service, {}, "", ""},
      {"hoplab:ecs:container-exit",
       Kind::service,
       {parameter("exitCode", Type::integer, true), parameter("container", Type::text, false)},
       "",
       ""},
      {"hoplab:ec2:cpu-stress", Kind::host, {parameter("percent", Type::ratio, false)}, "", ""},
      {"hoplab:link:latency", Kind::link, {parameter("delay", Type::duration, true)}, "", ""},
      {"hoplab:link:bandwidth", Kind::link, {parameter("rate", Type::bandwidth, true)}, "", ""},
      {"hoplab:ecs:memory-leak", Kind::service, {parameter("size", Type::bytes, true)}, "", ""},
  };
  return all;
}

}  // namespace hoplab::fuzz
