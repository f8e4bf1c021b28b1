#include "models/faults/registry.hpp"

#include <algorithm>
#include <utility>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

const std::vector<FaultKind>& kinds() {
  static const std::vector<FaultKind> all = {
      revoke_security_group_ingress(),
      container_exit(),
      infinite_loop(),
      hang(),
      slow_responses(),
      failing_responses(),
      wrong_answer(),
      memory_leak(),
      oom_kill(),
      memory_pressure(),
      stop_task(),
      cpu_stress(),
      task_cpu_stress(),
      ssm_cpu_stress(),
      ssm_memory_stress(),
      link_latency(),
      link_loss(),
      crash_on_start(),
      image_pull_failure(),
      update_route(),
      update_service(),
      drain_container_instances(),
      agent_disconnect(),
      terminate_instances(),
      stop_instances(),
      reboot_instances(),
      task_kill_process(),
      stale_endpoint(),
      control_plane_outage(),
      link_bandwidth(),
      replace_network_acl_entry(),
      route_blackhole(),
      disrupt_connectivity(),
      availability_zone_outage(),
      task_network_latency(),
      task_network_packet_loss(),
      task_network_blackhole_port(),
      resolver_outage(),
      power_loss(),
      ssm_network_latency(),
      ssm_network_latency_sources(),
      ssm_network_packet_loss(),
      ssm_network_packet_loss_sources(),
      ssm_network_blackhole_port(),
  };
  return all;
}

const FaultKind& kind_of(std::string_view action) {
  const auto row = std::ranges::find_if(
      kinds(), [&](const FaultKind& kind) { return kind.action.action == action; });
  HOPLAB_ASSERT(row != kinds().end(), "a fault passed validation without a row in the catalogue");
  return *row;
}

}  // namespace

const std::vector<scenarios::FaultAction>& catalogue() {
  static const std::vector<scenarios::FaultAction> rows = [] {
    std::vector<scenarios::FaultAction> actions;
    for (const FaultKind& kind : kinds()) actions.push_back(kind.action);
    return actions;
  }();
  return rows;
}

std::unique_ptr<Fault> make_fault(const scenarios::Fault& spec) {
  return kind_of(spec.action).make(spec);
}

std::string text_parameter(const scenarios::Fault& spec, std::string_view name) {
  if (const auto given = spec.parameters.find(std::string(name)); given != spec.parameters.end()) {
    return given->second.value;
  }
  const auto& parameters = kind_of(spec.action).action.parameters;
  const auto row = std::ranges::find(parameters, name, &scenarios::FaultAction::Parameter::name);
  HOPLAB_ASSERT(row != parameters.end(), "a fault asks for a parameter that it does not declare");
  return row->default_value;
}

int integer_parameter(const scenarios::Fault& spec, std::string_view name) {
  const std::string text = text_parameter(spec, name);
  HOPLAB_ASSERT(!text.empty(), "an integer parameter has neither value nor default");
  return std::stoi(text);
}

sim::Duration duration_parameter(const scenarios::Fault& spec, std::string_view name) {
  const auto value = sim::parse_duration(text_parameter(spec, name));
  HOPLAB_ASSERT(value.has_value(), "a duration parameter passed validation but does not parse");
  return *value;
}

sim::Bytes bytes_parameter(const scenarios::Fault& spec, std::string_view name) {
  const auto value = sim::parse_bytes(text_parameter(spec, name));
  HOPLAB_ASSERT(value.has_value(), "a size passed validation but does not parse");
  return *value;
}

sim::Ratio ratio_parameter(const scenarios::Fault& spec, std::string_view name) {
  const auto value = sim::parse_ratio(text_parameter(spec, name));
  HOPLAB_ASSERT(value.has_value(), "a share passed validation but does not parse");
  return *value;
}

bool boolean_parameter(const scenarios::Fault& spec, std::string_view name) {
  return text_parameter(spec, name) == "true";
}

scenarios::FaultAction::Target target_kind(const scenarios::Fault& spec) {
  return kind_of(spec.action).action.target;
}

scenarios::FaultAction::Parameter whole_number(std::string name, std::string default_value,
                                               std::string meaning, WholeNumbers range) {
  return {.name = std::move(name),
          .type = scenarios::FaultAction::Type::integer,
          .required = false,
          .default_value = std::move(default_value),
          .meaning = std::move(meaning),
          .minimum = range.minimum,
          .maximum = range.maximum};
}

scenarios::FaultAction::Parameter share_of_requests() {
  return {.name = "share",
          .type = scenarios::FaultAction::Type::ratio,
          .required = false,
          .default_value = "100%",
          .meaning = "share of the requests it hits, 0%..100%",
          .minimum = 0,
          .maximum = 0};
}

}  // namespace hoplab::models::faults
