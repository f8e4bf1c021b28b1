// A service as the ECS API writes it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "models/ecs/service_scheduler.hpp"
#include "sim/random.hpp"

namespace hoplab::models::ecs {
namespace {

using OrderedJson = nlohmann::ordered_json;

double epoch_seconds(sim::WallTime instant) {
  return static_cast<double>(sim::epoch_milliseconds(instant)) / 1000.0;
}

const char* to_string(Deployment::Rollout rollout) {
  if (rollout == Deployment::Rollout::failed) return "FAILED";
  return rollout == Deployment::Rollout::completed ? "COMPLETED" : "IN_PROGRESS";
}

OrderedJson strategy_of(const scenarios::Service& service) {
  using Kind = scenarios::PlacementStrategy::Kind;
  OrderedJson list = OrderedJson::array();
  for (const auto& step : service.placement_strategy) {
    if (step.kind == Kind::random) {
      list.push_back({{"type", "random"}});
    } else {
      list.push_back(
          {{"type", step.kind == Kind::spread ? "spread" : "binpack"}, {"field", step.field}});
    }
  }
  return list;
}

/// Of services that are found through Cloud Map.
OrderedJson registries_of(const scenarios::Service& service, const ServiceScheduler::Parts& parts) {
  if (!parts.connect_configuration.empty()) return OrderedJson::array();
  const Identity& identity = parts.identity;
  using Discovery = scenarios::VirtualNodeSettings::Discovery;
  if (service.node.discovery != Discovery::cloud_map) return OrderedJson::array();
  const std::string id = fmt::format("{:016x}", sim::stable_hash("registry/" + service.name));
  return OrderedJson::array(
      {{{"registryArn", fmt::format("arn:aws:servicediscovery:{}:{}:service/srv-{}",
                                    identity.region, identity.account, id)}}});
}

OrderedJson configuration_of(const scenarios::DeploymentConfiguration& configuration) {
  return {{"deploymentCircuitBreaker",
           {{"enable", configuration.circuit_breaker.is_enabled},
            {"rollback", configuration.circuit_breaker.rolls_back}}},
          {"maximumPercent", configuration.maximum_percent},
          {"minimumHealthyPercent", configuration.minimum_healthy_percent}};
}

/// As one that is not the newest.
OrderedJson described(const Deployment& deployment, const ServiceScheduler::TaskCounts& tasks,
                      const OrderedJson& network, const ServiceScheduler::Parts& parts) {
  const Identity& identity = parts.identity;
  OrderedJson json = {
      {"createdAt", epoch_seconds(deployment.created)},
      {"desiredCount", 0},
      {"failedTasks", deployment.failed_tasks},
      {"id", deployment.id},
      {"launchType", "EC2"},
      {"networkConfiguration", network},
      {"pendingCount", tasks.pending},
      {"rolloutState", to_string(deployment.rollout)},
      {"rolloutStateReason", deployment.reason},
      {"runningCount", tasks.running},
      {"status", "ACTIVE"},
      {"taskDefinition", identity.task_definition_arn(*deployment.revision->definition)},
      {"updatedAt", epoch_seconds(deployment.updated)}};
  if (parts.connect_configuration.empty()) return json;
  json["serviceConnectConfiguration"] = OrderedJson::parse(parts.connect_configuration);
  json["serviceConnectResources"] = OrderedJson::parse(parts.connect_resources);
  return json;
}

}  // namespace

std::string ServiceDocument::describe_services() const {
  const ServiceScheduler& it = scheduler_;
  const Identity& identity = it.parts_.identity;
  using Tasks = ServiceScheduler::TaskCounts;
  std::map<std::string, Tasks> by_deployment;
  for (const auto& member : it.members_) {
    if (!member.task->is_wanted()) continue;
    Tasks& tasks = by_deployment[member.deployment];
    ++(member.task->is_running() ? tasks.running : tasks.pending);
  }
  const Tasks all = it.task_counts();
  OrderedJson json;
  json["clusterArn"] = identity.cluster_arn();
  json["createdAt"] = epoch_seconds(it.parts_.zero - std::chrono::seconds(60));
  const OrderedJson network = {{"awsvpcConfiguration",
                                {{"subnets", it.parts_.subnets},
                                 {"securityGroups", it.parts_.security_groups},
                                 {"assignPublicIp", "DISABLED"}}}};
  json["deploymentConfiguration"] = configuration_of(it.service_.deployment);
  OrderedJson& deployments = json["deployments"] = OrderedJson::array();
  for (const Deployment& deployment : it.deployments_) {
    deployments.push_back(described(deployment, by_deployment[deployment.id], network, it.parts_));
  }
  deployments.front()["desiredCount"] = it.desired_;
  deployments.front()["status"] = "PRIMARY";
  json["desiredCount"] = it.desired_;
  json["enableECSManagedTags"] = false;
  json["enableExecuteCommand"] = false;
  OrderedJson& events = json["events"] = OrderedJson::array();
  for (const auto& event : it.events_) {
    events.push_back(
        {{"createdAt", epoch_seconds(event.at)}, {"id", event.id}, {"message", event.message}});
  }
  const auto grace =
      std::chrono::duration_cast<std::chrono::seconds>(it.service_.health_check_grace);
  json["healthCheckGracePeriodSeconds"] = grace.count();
  json["launchType"] = "EC2";
  json["loadBalancers"] = OrderedJson::array();
  json["networkConfiguration"] = network;
  json["pendingCount"] = all.pending;
  json["placementConstraints"] = OrderedJson::array();
  json["placementStrategy"] = strategy_of(it.service_);
  json["propagateTags"] = "NONE";
  json["roleArn"] =
      fmt::format("arn:aws:iam::{}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
                  identity.account);
  json["runningCount"] = all.running;
  json["schedulingStrategy"] = "REPLICA";
  json["serviceArn"] = identity.service_arn(it.service_.name);
  json["serviceName"] = it.service_.name;
  json["serviceRegistries"] = registries_of(it.service_, it.parts_);
  json["status"] = "ACTIVE";
  json["taskDefinition"] =
      identity.task_definition_arn(*it.deployments_.front().revision->definition);
  return json.dump();
}

}  // namespace hoplab::models::ecs
