// A container instance as the ECS API and EventBridge write it.
#include <fmt/format.h>

#include <utility>

#include <nlohmann/json.hpp>

#include "models/ecs/cluster.hpp"
#include "models/ecs/documents.hpp"

namespace hoplab::models::ecs {
namespace {

using OrderedJson = nlohmann::ordered_json;
constexpr std::int64_t mebibyte = 1024 * 1024;

const char* to_string(ContainerInstance::Status status) {
  if (status == ContainerInstance::Status::draining) return "DRAINING";
  return status == ContainerInstance::Status::active ? "ACTIVE" : "INACTIVE";
}

OrderedJson resource(const char* name, std::int64_t value) {
  return {{"name", name},
          {"type", "INTEGER"},
          {"doubleValue", 0.0},
          {"longValue", 0},
          {"integerValue", value}};
}

/// Source: what an agent registers on its own: SSH, Docker, its own two.
OrderedJson reserved_ports(const char* name, OrderedJson ports) {
  return {{"name", name},   {"type", "STRINGSET"}, {"doubleValue", 0.0},
          {"longValue", 0}, {"integerValue", 0},   {"stringSetValue", std::move(ports)}};
}

OrderedJson resources(std::int64_t cpu, sim::Bytes memory) {
  return OrderedJson::array({resource("CPU", cpu), resource("MEMORY", memory.count() / mebibyte),
                             reserved_ports("PORTS", {"22", "2376", "2375", "51678", "51679"}),
                             reserved_ports("PORTS_UDP", OrderedJson::array())});
}

OrderedJson described(const ContainerInstance& instance, const Identity& identity) {
  OrderedJson json;
  json["agentConnected"] = instance.agent_connected;
  json["attachments"] = OrderedJson::array();
  json["attributes"] = OrderedJson::array(
      {{{"name", "ecs.availability-zone"}, {"value", instance.availability_zone}},
       {{"name", "ecs.cpu-architecture"}, {"value", cpu_architecture(instance.instance_type)}},
       {{"name", "ecs.instance-type"}, {"value", instance.instance_type}},
       {{"name", "ecs.os-type"}, {"value", "linux"}}});
  json["containerInstanceArn"] = identity.container_instance_arn(instance.host_name);
  json["ec2InstanceId"] = Identity::instance_id(instance.host_name);
  json["pendingTasksCount"] = instance.pending_tasks;
  const auto& [cpu, memory, interfaces] = instance.registered;
  json["registeredResources"] = resources(cpu.count(), memory);
  json["remainingResources"] =
      resources(cpu.count() - instance.used.cpu.count(), memory - instance.used.memory);
  json["runningTasksCount"] = instance.running_tasks;
  json["status"] = to_string(instance.status);
  json["version"] = instance.version;
  json["versionInfo"] = {{"agentVersion", "1.89.3"}, {"dockerVersion", "DockerVersion: 25.0.8"}};
  return json;
}

}  // namespace

std::string describe_container_instance(const ContainerInstance& instance, const Identity& identity,
                                        sim::WallTime registered_at) {
  OrderedJson json = described(instance, identity);
  json["registeredAt"] = static_cast<double>(sim::epoch_milliseconds(registered_at)) / 1000.0;
  return json.dump();
}

std::string container_instance_event(const ContainerInstance& instance, const Identity& identity,
                                     sim::WallTime registered_at, sim::WallTime now) {
  OrderedJson detail = described(instance, identity);
  detail["registeredAt"] = sim::format_iso8601(registered_at);
  detail["clusterArn"] = identity.cluster_arn();
  detail["accountId"] = identity.account;
  detail["updatedAt"] = sim::format_iso8601(now);
  const std::string& host = instance.host_name;
  return event_bridge_envelope(
      identity,
      {.type = "ECS Container Instance State Change",
       .name = fmt::format("event/container-instance/{}/{}", host, instance.version),
       .resource = identity.container_instance_arn(host),
       .time = now},
      detail.dump());
}

}  // namespace hoplab::models::ecs
