#include "models/ecs/default_task_definition.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace hoplab::models::ecs {
namespace {

using Json = nlohmann::ordered_json;

scenarios::ContainerDefinition sidecar(std::string name, std::string image, bool essential,
                                       const std::string& service) {
  scenarios::ContainerDefinition container;
  container.name = std::move(name);
  container.image = std::move(image);
  container.essential = essential;
  container.log_driver = "awslogs";
  container.log_options = {{"awslogs-group", "/ecs/" + service + "/" + container.name},
                           {"awslogs-region", "us-east-1"},
                           {"awslogs-stream-prefix", container.name}};
  return container;
}

scenarios::ContainerDefinition application(const scenarios::Service& service) {
  scenarios::ContainerDefinition container;
  container.name = "app";
  container.image = service.name + ":1";
  container.port_mappings.push_back({service.port, service.port, "tcp"});
  container.log_driver = "awsfirelens";
  container.log_options = {{"Name", "cloudwatch_logs"},
                           {"log_group_name", "/ecs/" + service.name + "/app"},
                           {"log_stream_prefix", "app/"}};
  return container;
}

Json describe(const scenarios::ContainerDefinition& container) {
  Json json;
  json["name"] = container.name;
  json["image"] = container.image;
  json["cpu"] = container.cpu.count();
  json["portMappings"] = Json::array();
  for (const scenarios::PortMapping& mapping : container.port_mappings) {
    json["portMappings"].push_back({{"containerPort", mapping.container_port},
                                    {"hostPort", mapping.host_port},
                                    {"protocol", mapping.protocol}});
  }
  json["essential"] = container.essential;
  json["environment"] = Json::array();
  if (!container.user.empty()) json["user"] = container.user;
  if (!container.log_driver.empty()) {
    json["logConfiguration"] = {{"logDriver", container.log_driver},
                                {"options", container.log_options}};
  }
  if (container.name == "log_router") json["firelensConfiguration"] = {{"type", "fluentbit"}};
  return json;
}

Json describe_proxy(const scenarios::TaskDefinition& definition) {
  Json properties = Json::array();
  const auto add = [&](const std::string& name, const std::string& value) {
    properties.push_back({{"name", name}, {"value", value}});
  };
  add("IgnoredUID", "1337");
  add("ProxyIngressPort", std::to_string(definition.proxy_ingress_port));
  add("ProxyEgressPort", std::to_string(definition.proxy_egress_port));
  add("AppPorts", fmt::format("{}", fmt::join(definition.app_ports, ",")));
  add("EgressIgnoredIPs", "169.254.170.2,169.254.169.254");
  return {{"type", "APPMESH"},
          {"containerName", definition.proxy_container},
          {"properties", std::move(properties)}};
}

}  // namespace

scenarios::TaskDefinition default_task_definition(const scenarios::Service& service,
                                                  bool has_mesh) {
  scenarios::TaskDefinition definition;
  definition.family = service.name;
  definition.cpu = service.cpu;
  definition.memory = service.memory;
  definition.containers.push_back(application(service));
  if (has_mesh) {
    definition.proxy_container = "envoy";
    definition.app_ports = {service.port};
    definition.containers.push_back(sidecar(
        "envoy", "public.ecr.aws/appmesh/aws-appmesh-envoy:v1.29.12.1-prod", true, service.name));
    definition.containers.back().user = "1337";
  }
  definition.containers.push_back(sidecar("cloudwatch-agent",
                                          "public.ecr.aws/cloudwatch-agent/cloudwatch-agent:latest",
                                          false, service.name));
  // A FireLens router must be essential: without it the application's logs have nowhere to go.
  definition.containers.push_back(
      sidecar("log_router", "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable", true,
              service.name));
  if (has_mesh) {
    definition.containers.push_back(
        sidecar("xray-daemon", "public.ecr.aws/xray/aws-xray-daemon:latest", false, service.name));
  }
  return definition;
}

std::string describe_task_definition_json(const scenarios::TaskDefinition& definition,
                                          const Identity& identity) {
  if (!definition.json.empty()) return Json::parse(definition.json).dump();
  Json task;
  task["taskDefinitionArn"] = identity.task_definition_arn(definition);
  task["containerDefinitions"] = Json::array();
  for (const auto& container : definition.containers) {
    task["containerDefinitions"].push_back(describe(container));
  }
  task["family"] = definition.family;
  task["networkMode"] = definition.network_mode;
  task["revision"] = definition.revision;
  task["volumes"] = Json::array();
  task["status"] = "ACTIVE";
  task["compatibilities"] = {"EC2"};
  task["requiresCompatibilities"] = {"EC2"};
  task["cpu"] = std::to_string(definition.cpu.count());
  task["memory"] = std::to_string(definition.memory.count() / (1024 * 1024));
  if (!definition.proxy_container.empty()) task["proxyConfiguration"] = describe_proxy(definition);
  return Json{{"taskDefinition", std::move(task)}}.dump();
}

}  // namespace hoplab::models::ecs
