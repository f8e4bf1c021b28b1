#include "models/ecs/documents.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/random.hpp"

namespace hoplab::models::ecs {
namespace {

using namespace std::chrono_literals;
using OrderedJson = nlohmann::ordered_json;

/// How long before the run's start a task came up; what it says of its past.
constexpr sim::Duration created_before = 60s;
constexpr sim::Duration started_before = 30s;

std::string mac_of(const Identity& identity, const std::string& name) {
  std::string digits = identity.hex("mac/" + name, 10);
  std::string mac = "02";
  for (std::size_t i = 0; i < digits.size(); i += 2) mac += ":" + digits.substr(i, 2);
  return mac;
}

}  // namespace

template <typename Json>
void TaskDocument::write_attachment(Json& json) const {
  const Identity& identity = task_.identity_;
  const bool is_detached = task_.status_ == TaskStatus::stopped;
  const auto detail = [](std::string_view name, std::string_view value) {
    return Json{{"name", name}, {"value", value}};
  };
  json["id"] = identity.uuid("attachment/" + task_.name_);
  json["type"] = "ElasticNetworkInterface";
  json["status"] = is_detached ? "DELETED" : "ATTACHED";
  json["details"] = Json::array({
      detail("subnetId", task_.spec_.subnet_id),
      detail("networkInterfaceId", "eni-0" + identity.hex("eni/" + task_.name_, 16)),
      detail("macAddress", mac_of(identity, task_.name_)),
      detail("privateIPv4Address", vpc::to_string(task_.spec_.address)),
  });
}

template <typename Json>
void TaskDocument::write_containers(Json& json) const {
  const Identity& identity = task_.identity_;
  json = Json::array();
  for (const ContainerState& state : task_.containers_) {
    const std::string name = task_.name_ + "/" + state.definition->name;
    Json container;
    container["containerArn"] = task_.container_arn(state.definition->name);
    container["taskArn"] = identity.task_arn(task_.id_);
    container["name"] = state.definition->name;
    container["image"] = state.definition->image;
    container["runtimeId"] = identity.hex("docker/" + name, 64);
    container["lastStatus"] = state.is_running ? "RUNNING" : "STOPPED";
    if (!state.is_running) container["exitCode"] = state.exit_code;
    if (!state.reason.empty()) container["reason"] = state.reason;
    container["networkBindings"] = Json::array();
    container["networkInterfaces"] =
        Json::array({{{"attachmentId", identity.uuid("attachment/" + task_.name_)},
                      {"privateIpv4Address", vpc::to_string(task_.spec_.address)}}});
    container["healthStatus"] = "UNKNOWN";
    container["cpu"] = std::to_string(state.definition->cpu.count());
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
  const bool is_stopping = task_.status_ != TaskStatus::running;
  const sim::WallTime zero = task_.spec_.clock.zero;
  write_attachment(json["attachments"][0]);
  json["availabilityZone"] = task_.spec_.availability_zone;
  json["clusterArn"] = task_.identity_.cluster_arn();
  json["connectivity"] = "CONNECTED";
  json["connectivityAt"] = time(zero - created_before);
  json["containerInstanceArn"] = task_.identity_.container_instance_arn(task_.spec_.host_name);
  write_containers(json["containers"]);
  json["cpu"] = std::to_string(definition.cpu.count());
  json["createdAt"] = time(zero - created_before);
  json["desiredStatus"] = is_stopping ? "STOPPED" : "RUNNING";
  json["enableExecuteCommand"] = false;
  if (task_.execution_stopped_at_ != sim::WallTime{}) {
    json["executionStoppedAt"] = time(task_.execution_stopped_at_);
  }
  json["group"] = "service:" + task_.spec_.service;
  json["healthStatus"] = "UNKNOWN";
  json["lastStatus"] = to_string(task_.status_);
  json["launchType"] = "EC2";
  json["memory"] = std::to_string(definition.memory.count() / (std::int64_t{1024} * 1024));
  json["overrides"] = {{"containerOverrides", Json::array()},
                       {"inferenceAcceleratorOverrides", Json::array()}};
  json["pullStartedAt"] = time(zero - created_before + 5s);
  json["pullStoppedAt"] = time(zero - created_before + 20s);
  json["startedAt"] = time(zero - started_before);
  json["startedBy"] =
      fmt::format("ecs-svc/{:019}", sim::stable_hash("deployment/" + task_.spec_.service) %
                                        9'000'000'000'000'000'000U);
  if (is_stopping) {
    json["stopCode"] = task_.stop_code_;
    if (task_.stopped_at_ != sim::WallTime{}) json["stoppedAt"] = time(task_.stopped_at_);
    json["stoppedReason"] = task_.stopped_reason_;
    json["stoppingAt"] = time(task_.stopping_at_);
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
  const sim::WallTime second = std::chrono::floor<std::chrono::seconds>(now_);
  std::string time = sim::format_iso8601(second);
  time.replace(time.size() - 5, 5, "Z");  // Whole seconds, as EventBridge has them.
  const OrderedJson event = {
      {"version", "0"},
      {"id", identity.uuid(fmt::format("event/{}/{}", task_.name_, task_.version_))},
      {"detail-type", "ECS Task State Change"},
      {"source", "aws.ecs"},
      {"account", identity.account},
      {"time", time},
      {"region", identity.region},
      {"resources", {identity.task_arn(task_.id_)}},
      {"detail", std::move(detail)},
  };
  return event.dump();
}

}  // namespace hoplab::models::ecs
