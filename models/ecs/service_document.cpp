// A service as the ECS API writes it.
#include <nlohmann/json.hpp>

#include "models/ecs/service_scheduler.hpp"

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

OrderedJson configuration_of(const scenarios::DeploymentConfiguration& configuration) {
  return {{"deploymentCircuitBreaker",
           {{"enable", configuration.circuit_breaker.is_enabled},
            {"rollback", configuration.circuit_breaker.rolls_back}}},
          {"maximumPercent", configuration.maximum_percent},
          {"minimumHealthyPercent", configuration.minimum_healthy_percent}};
}

}  // namespace

std::string ServiceDocument::describe_services() const {
  const ServiceScheduler& it = scheduler_;
  const Identity& identity = it.parts_.identity;
  struct Tasks {
    int running = 0;
    int pending = 0;
  };
  std::map<std::string, Tasks> by_deployment;
  Tasks all;
  for (const auto& member : it.members_) {
    if (!member.task->is_wanted()) continue;
    for (Tasks* tasks : {&by_deployment[member.deployment], &all}) {
      ++(member.task->is_running() ? tasks->running : tasks->pending);
    }
  }
  OrderedJson json;
  json["clusterArn"] = identity.cluster_arn();
  json["createdAt"] = epoch_seconds(it.parts_.zero - std::chrono::seconds(60));
  json["deploymentConfiguration"] = configuration_of(it.service_.deployment);
  OrderedJson& deployments = json["deployments"] = OrderedJson::array();
  for (const Deployment& deployment : it.deployments_) {
    const bool is_primary = &deployment == &it.deployments_.front();
    const Tasks& tasks = by_deployment[deployment.id];
    deployments.push_back(
        {{"createdAt", epoch_seconds(deployment.created)},
         {"desiredCount", is_primary ? it.desired_ : 0},
         {"failedTasks", deployment.failed_tasks},
         {"id", deployment.id},
         {"launchType", "EC2"},
         {"pendingCount", tasks.pending},
         {"rolloutState", to_string(deployment.rollout)},
         {"rolloutStateReason", deployment.reason},
         {"runningCount", tasks.running},
         {"status", is_primary ? "PRIMARY" : "ACTIVE"},
         {"taskDefinition", identity.task_definition_arn(*deployment.revision->definition)},
         {"updatedAt", epoch_seconds(deployment.updated)}});
  }
  json["desiredCount"] = it.desired_;
  OrderedJson& events = json["events"] = OrderedJson::array();
  for (const auto& event : it.events_) {
    events.push_back(
        {{"createdAt", epoch_seconds(event.at)}, {"id", event.id}, {"message", event.message}});
  }
  const auto grace =
      std::chrono::duration_cast<std::chrono::seconds>(it.service_.health_check_grace);
  json["healthCheckGracePeriodSeconds"] = grace.count();
  json["launchType"] = "EC2";
  json["pendingCount"] = all.pending;
  json["placementConstraints"] = OrderedJson::array();
  json["placementStrategy"] = strategy_of(it.service_);
  json["runningCount"] = all.running;
  json["schedulingStrategy"] = "REPLICA";
  json["serviceArn"] = identity.service_arn(it.service_.name);
  json["serviceName"] = it.service_.name;
  json["status"] = "ACTIVE";
  json["taskDefinition"] =
      identity.task_definition_arn(*it.deployments_.front().revision->definition);
  return json.dump();
}

}  // namespace hoplab::models::ecs
