#include "models/world/experiment_event.hpp"

#include <nlohmann/json.hpp>

namespace hoplab::models {
namespace {

using Json = nlohmann::ordered_json;

constexpr int id_digits = 15;

Json state_json(const ExperimentState& state) {
  return {{"status", state.status}, {"reason", state.reason}};
}

}  // namespace

std::string experiment_event(const ExperimentState& before, const ExperimentState& after,
                             const ecs::Identity& identity, sim::WallTime epoch) {
  ecs::Identity of_all_runs = identity;
  of_all_runs.seed = 0;
  const std::string id = "EXP" + identity.hex("fis experiment", id_digits);
  std::string time = sim::format_iso8601(epoch + after.since.time_since_epoch());
  time = time.substr(0, time.find('.')) + "Z";
  const Json event = {
      {"version", "0"},
      {"id", identity.uuid("fis experiment " + after.status)},
      {"detail-type", "FIS Experiment State Change"},
      {"source", "aws.fis"},
      {"account", identity.account},
      {"time", time},
      {"region", identity.region},
      {"resources",
       {"arn:aws:fis:" + identity.region + ":" + identity.account + ":experiment/" + id}},
      {"detail",
       {{"experiment-id", id},
        {"experiment-template-id", "EXT" + of_all_runs.hex("fis template", id_digits)},
        {"new-state", state_json(after)},
        {"old-state", state_json(before)}}}};
  return event.dump();
}

}  // namespace hoplab::models
