#include "models/ecs/documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "sim/random.hpp"

namespace hoplab::models::ecs {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::string_view to_string(Health health) {
  constexpr auto names = std::to_array<std::string_view>({"UNKNOWN", "HEALTHY", "UNHEALTHY"});
  return names[static_cast<std::size_t>(health)];
}

std::string_view to_string(ContainerStatus status) {
  constexpr auto names = std::to_array<std::string_view>({"PENDING", "RUNNING", "STOPPED"});
  return names[static_cast<std::size_t>(status)];
}

std::string mac_of(const Identity& identity, const std::string& name) {
  std::string digits = identity.hex("mac/" + name, 10);
  std::string mac = "02";
  for (std::size_t i = 0; i < digits.size(); i += 2) mac += ":" + digits.substr(i, 2);
  return mac;
}

constexpr std::int64_t mebibyte = std::int64_t{1024} * 1024;

/// One image, one digest.
std::string digest_of(const std::string& image) {
  std::string digest = "sha256:";
  for (const char* part : {"/1", "/2", "/3", "/4"}) {
    digest += fmt::format("{:016x}", sim::stable_hash("image/" + image + part));
  }
  return digest;
}

}  // namespace

template <typename Json>
void TaskDocument::write_attachment(Json& json) const {
  const Identity& identity = task_.identity_;
  const bool is_detached = task_.status_ == TaskStatus::stopped;
  const bool is_attached = task_.status_ != TaskStatus::provisioning;
  const auto detail = [](std::string_view name, std::string_view value) {
    return Json{{"name", name}, {"value", value}};
  };
  json["id"] = identity.uuid("attachment/" + task_.name_);
  json["type"] = "ElasticNetworkInterface";
  json["status"] = is_detached ? "DELETED" : is_attached ? "ATTACHED" : "PRECREATED";
  json["details"] = Json::array({
      detail("subnetId", task_.spec_.subnet_id),
      detail("networkInterfaceId", task_.interface_id()),
      detail("macAddress", mac_of(identity, task_.name_)),
      detail("privateDnsName", vpc::private_dns_name(task_.spec_.address)),
      detail("privateIPv4Address", vpc::to_string(task_.spec_.address)),
  });
}

template <typename Json>
void TaskDocument::write_proxy_attachment(Json& json) const {
  const auto& containers = task_.spec_.definition->containers;
  const auto managed =
      std::ranges::find_if(containers, &scenarios::ContainerDefinition::is_managed);
  if (managed == containers.end()) return;
  Json attachment = json[0];
  attachment["id"] = task_.identity_.uuid("attachment/connect/" + task_.name_);
  attachment["type"] = "ServiceConnect";
  attachment["details"] = Json::array({{{"name", "ContainerName"}, {"value", managed->name}}});
  json.push_back(std::move(attachment));
}

template <typename Json>
void TaskDocument::write_containers(Json& json) const {
  const Identity& identity = task_.identity_;
  json = Json::array();
  for (const Container& state : task_.containers_) {
    const std::string name = task_.name_ + "/" + state.definition->name;
    Json container;
    container["containerArn"] = task_.container_arn(state.definition->name);
    container["taskArn"] = identity.task_arn(task_.id_);
    container["name"] = state.definition->name;
    container["image"] = state.definition->image;
    const bool is_pulled = task_.pull_stopped_at_ != sim::WallTime{};
    if (is_pulled && state.definition->image.find('@') == std::string::npos) {
      container["imageDigest"] = digest_of(state.definition->image);
    }
    container["runtimeId"] = task_.runtime_id(state.definition->name);
    container["lastStatus"] = to_string(state.status);
    if (!state.is_running() && state.exit_code) container["exitCode"] = *state.exit_code;
    if (!state.reason.empty()) container["reason"] = state.reason;
    container["networkBindings"] = Json::array();
    container["networkInterfaces"] =
        Json::array({{{"attachmentId", identity.uuid("attachment/" + task_.name_)},
                      {"privateIpv4Address", vpc::to_string(task_.spec_.address)}}});
    container["healthStatus"] = to_string(state.health());
    container["cpu"] = std::to_string(state.definition->cpu.count());
    if (state.definition->memory.count() > 0) {
      container["memory"] = std::to_string(state.definition->memory.count() / mebibyte);
    }
    json.push_back(std::move(container));
  }
}

template <typename Json>
void TaskDocument::write_task(Json& json, Times times) const {
  const auto& definition = *task_.spec_.definition;
  const auto time = [times](sim::WallTime instant) -> Json {
    if (times == Times::iso8601) return sim::format_iso8601(instant);
    return static_cast<double>(sim::epoch_milliseconds(instant)) / 1000.0;
  };
  const bool is_stopping = !task_.is_wanted();
  const auto write_time = [&](const char* member, sim::WallTime instant) {
    if (instant != sim::WallTime{}) json[member] = time(instant);
  };
  write_attachment(json["attachments"][0]);
  write_proxy_attachment(json["attachments"]);
  json["attributes"] = Json::array(
      {{{"name", "ecs.cpu-architecture"}, {"value", cpu_architecture(task_.spec_.instance_type)}}});
  json["availabilityZone"] = task_.spec_.availability_zone;
  json["clusterArn"] = task_.identity_.cluster_arn();
  json["connectivity"] = task_.is_called_connected_ ? "CONNECTED" : "DISCONNECTED";
  json["connectivityAt"] = time(task_.connectivity_at_);
  json["containerInstanceArn"] = task_.identity_.container_instance_arn(task_.spec_.host_name);
  write_containers(json["containers"]);
  json["cpu"] = std::to_string(definition.cpu.count());
  json["createdAt"] = time(task_.created_at_);
  json["desiredStatus"] = is_stopping ? "STOPPED" : "RUNNING";
  json["enableExecuteCommand"] = false;
  write_time("executionStoppedAt", task_.execution_stopped_at_);
  json["group"] = "service:" + task_.spec_.service;
  json["healthStatus"] = to_string(task_.health());
  json["lastStatus"] = to_string(task_.status_);
  json["launchType"] = "EC2";
  json["memory"] = std::to_string(definition.memory.count() / mebibyte);
  Json overrides = Json::array();
  for (const Container& state : task_.containers_) {
    if (!state.definition->is_managed) overrides.push_back({{"name", state.definition->name}});
  }
  json["overrides"] = {{"containerOverrides", overrides},
                       {"inferenceAcceleratorOverrides", Json::array()}};
  write_time("pullStartedAt", task_.pull_started_at_);
  write_time("pullStoppedAt", task_.pull_stopped_at_);
  write_time("startedAt", task_.started_at_);
  json["startedBy"] = task_.spec_.started_by.empty()
                          ? Identity::deployment_id(task_.spec_.service, 1)
                          : task_.spec_.started_by;
  if (is_stopping) {
    json["stopCode"] = task_.stop_code_;
    write_time("stoppedAt", task_.stopped_at_);
    json["stoppedReason"] = task_.stopped_reason_;
    write_time("stoppingAt", task_.stopping_at_);
  }
  json["tags"] = Json::array();
  json["taskArn"] = task_.identity_.task_arn(task_.id_);
  json["taskDefinitionArn"] = task_.identity_.task_definition_arn(definition);
  json["version"] = task_.version_;
}

std::string TaskDocument::describe_tasks() const {
  OrderedJson json;
  write_task(json, Times::epoch_seconds);
  return json.dump();
}

std::string TaskDocument::state_change_event() const {
  OrderedJson detail;
  write_task(detail, Times::iso8601);
  detail["attachments"][0]["type"] = "eni";
  // Events carry neither health nor what belongs to other network modes.
  detail.erase("tags");
  detail.erase("healthStatus");
  for (OrderedJson& container : detail["containers"]) {
    container.erase("healthStatus");
    container.erase("networkBindings");
  }
  detail["updatedAt"] = sim::format_iso8601(now_);
  const Identity& identity = task_.identity_;
  return event_bridge_envelope(identity,
                               {.type = "ECS Task State Change",
                                .name = fmt::format("event/{}/{}", task_.name_, task_.version_),
                                .resource = identity.task_arn(task_.id_),
                                .time = now_},
                               detail.dump());
}

std::string_view cpu_architecture(std::string_view instance_type) {
  return instance_type.substr(0, instance_type.find('.')).ends_with('g') ? "arm64" : "x86_64";
}

std::string event_bridge_envelope(const Identity& identity, const EventFacts& facts,
                                  const std::string& detail) {
  std::string time = sim::format_iso8601(std::chrono::floor<std::chrono::seconds>(facts.time));
  time.replace(time.size() - 5, 5, "Z");  // Whole seconds, as EventBridge has them.
  const OrderedJson head = {
      {"version", "0"},
      {"id", identity.uuid(facts.name)},
      {"detail-type", facts.type},
      {"source", "aws.ecs"},
      {"account", identity.account},
      {"time", time},
      {"region", identity.region},
      {"resources", {facts.resource}},
  };
  std::string event = head.dump();
  event.pop_back();
  return event + ",\"detail\":" + detail + "}";
}

}  // namespace hoplab::models::ecs
