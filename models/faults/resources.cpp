#include "models/faults/resources.hpp"

#include <fmt/format.h>

namespace hoplab::models::faults {

Resource task_resource(const TaskFacts& task, const ec2::Instance& instance,
                       const ecs::Identity& identity) {
  return {
      .name = task.task_id,
      .arn = identity.task_arn(task.task_id),
      .tags = {{"aws:ecs:clusterName", identity.cluster}, {"aws:ecs:serviceName", task.service}},
      .attributes = {{"AvailabilityZone", instance.subnet->availability_zone},
                     {"Group", "service:" + task.service},
                     {"LastStatus", "RUNNING"},
                     {"LaunchType", "EC2"},
                     {"TaskDefinitionArn", identity.task_definition_arn(*task.definition)}}};
}

Resource instance_resource(const ec2::Instance& instance, const scenarios::Scenario& scenario) {
  const std::string id = ecs::Identity::instance_id(instance.name);
  return {
      .name = instance.name,
      .arn = fmt::format("arn:aws:ec2:{}:{}:instance/{}", scenario.region, scenario.account, id),
      .tags = {{"Name", instance.name}},
      .attributes = {{"InstanceId", id},
                     {"InstanceType", std::string(instance.type->name)},
                     {"Placement.AvailabilityZone", instance.subnet->availability_zone},
                     {"State.Name", "running"},
                     {"SubnetId", instance.subnet->name},
                     {"VpcId", scenario.vpc_id}}};
}

}  // namespace hoplab::models::faults
