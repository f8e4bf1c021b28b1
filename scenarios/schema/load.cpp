#include "scenarios/schema/load.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/node.hpp"
#include "scenarios/schema/timings.hpp"

namespace hoplab::scenarios {
namespace {

constexpr std::size_t scenario_size_max = std::size_t{1} << 20;

/// xxh3-128 over all sources one behind the other, as xxh128sum prints it.
std::string digest_of(const std::vector<std::pair<std::string, std::string>>& sources) {
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  const std::unique_ptr<XXH3_state_t, Free> state(XXH3_createState());
  HOPLAB_ASSERT(state != nullptr, "a digest needs a few hundred bytes");
  XXH3_128bits_reset(state.get());
  for (const auto& [path, bytes] : sources) {
    XXH3_128bits_update(state.get(), bytes.data(), bytes.size());
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

void read_all(const Node& root, Draft& draft) {
  const Section top(root, "a scenario",
                    {"hoplab",
                     "name",
                     "description",
                     "seed",
                     "duration",
                     "startTime",
                     "envoyProfile",
                     "mesh",
                     "region",
                     "account",
                     "cluster",
                     "telemetry",
                     "network",
                     "artefacts",
                     "hosts",
                     "services",
                     "virtualServices",
                     "workload",
                     "faults",
                     "expectations",
                     "infrastructure",
                     "taskDefinitions",
                     "experiment",
                     "start",
                     "ecs",
                     "controlPlane"},
                    draft.diagnostics);
  if (!top.is_readable()) return;
  read_mesh_kind(top, draft);
  read_basics(top, draft);
  read_ecs(top, draft);
  read_artefacts(top, draft);
  read_mesh(top, draft);
  read_infrastructure(top, draft);
  read_task_definitions(top, draft);
  read_hosts(top, draft);
  read_telemetry(top, draft);
  read_services(top, draft);
  check_versions(draft);
  check_addresses(draft);
  connect_mesh(draft);
  read_virtual_services(top, draft);
  complete_virtual_services(draft);
  resolve_calls(draft);
  resolve_backends(draft);
  complete_access_logs(draft);
  read_links(top, draft);
  read_workload(top, draft);
  const Names names(draft.scenario);
  read_faults(top, names, draft);
  read_experiment(top, names, draft);
  check_deployments(draft);
  check_faults(draft);
  read_expectations(top, names, draft);
  check_sources(draft.scenario, draft.diagnostics);
  check_whole(draft);
}

}  // namespace

std::optional<Scenario> parse_scenario(std::string_view text, const std::string& file,
                                       const std::vector<FaultAction>& fault_actions,
                                       sim::Diagnostics& diagnostics) {
  const int errors_before = diagnostics.errors();
  const auto root = parse_yaml(text, file, diagnostics);
  if (!root) return std::nullopt;
  Draft draft{.diagnostics = diagnostics, .fault_actions = fault_actions};
  draft.scenario.file = file;
  draft.scenario.ecs = default_ecs_timings();
  draft.scenario.control_plane = default_control_plane_timings();
  draft.scenario.sources.emplace_back(file, std::string(text));
  read_all(*root, draft);
  if (!draft.unreadable.empty()) {
    std::string message;
    for (const std::string& reason : draft.unreadable) {
      message += (message.empty() ? "" : "; ") + reason;
    }
    throw FileError(message);
  }
  if (diagnostics.errors() != errors_before) return std::nullopt;
  complete(draft.scenario);
  draft.scenario.digest = digest_of(draft.scenario.sources);
  return std::move(draft.scenario);
}

std::optional<Scenario> load_scenario(const std::string& file,
                                      const std::vector<FaultAction>& fault_actions,
                                      sim::Diagnostics& diagnostics) {
  return parse_scenario(read_file(file, scenario_size_max), file, fault_actions, diagnostics);
}

}  // namespace hoplab::scenarios
