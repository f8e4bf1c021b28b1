#include "scenarios/schema/default_task_definition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenarios/schema/connect_words.hpp"

namespace hoplab::scenarios {
namespace {

using Json = nlohmann::ordered_json;

/// Source: releases of the App Mesh Envoy image (aws/aws-app-mesh-roadmap).
std::string envoy_image(const Scenario& scenario) {
  std::string_view tag = "v1.29.12.1-prod";
  if (scenario.envoy_profile == "v1.15") tag = "v1.15.1.0-prod";
  if (scenario.envoy_profile == "v1.22") tag = "v1.22.2.1-prod";
  return fmt::format("840364872350.dkr.ecr.{}.amazonaws.com/aws-appmesh-envoy:{}", scenario.region,
                     tag);
}

const std::string& family_of(const Service& service) {
  return service.family.empty() ? service.name : service.family;
}

ContainerDefinition sidecar(std::string name, std::string image, const Service& service,
                            const Scenario& scenario) {
  ContainerDefinition container;
  container.name = std::move(name);
  container.image = std::move(image);
  container.essential = false;
  container.log_driver = "awslogs";
  container.log_options = {{"awslogs-group", "/ecs/" + service.name + "/" + container.name},
                           {"awslogs-region", scenario.region},
                           {"awslogs-stream-prefix", container.name}};
  return container;
}

ContainerDefinition application(const Service& service, const Scenario& scenario) {
  ContainerDefinition container;
  container.name = "app";
  container.image = fmt::format("{}.dkr.ecr.{}.amazonaws.com/{}:{}", scenario.account,
                                scenario.region, family_of(service), service.revision);
  container.port_mappings.push_back({service.port, service.port, "tcp", "", ""});
  if (scenario.is_service_connect()) {
    container.port_mappings.back().name = service.connect.port_name;
    container.port_mappings.back().app_protocol = "http";
  }
  container.health_check = service.health_check;
  if (container.health_check && container.health_check->command.empty()) {
    container.health_check->command = {
        "CMD-SHELL", fmt::format("curl -f http://localhost:{}/ || exit 1", service.port)};
  }
  container.log_driver = "awsfirelens";
  container.log_options = {{"Name", "cloudwatch_logs"},
                           {"region", scenario.region},
                           {"log_group_name", "/ecs/" + service.name + "/app"},
                           {"auto_create_group", "true"},
                           {"log_stream_prefix", "app/"}};
  return container;
}

ContainerDefinition proxy(const Service& service, const Scenario& scenario) {
  ContainerDefinition container = sidecar("envoy", envoy_image(scenario), service, scenario);
  container.essential = true;
  container.user = "1337";
  container.environment = {
      {"APPMESH_RESOURCE_ARN",
       fmt::format("arn:aws:appmesh:{}:{}:mesh/{}/virtualNode/{}", scenario.region,
                   scenario.account, scenario.mesh_name,
                   service.virtual_node.empty() ? service.name : service.virtual_node)},
      {"ENABLE_ENVOY_XRAY_TRACING", "1"},
      {"ENABLE_ENVOY_DOG_STATSD", "1"}};
  return container;
}

Json describe(const HealthCheck& check) {
  const auto seconds = [](Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  };
  return {{"command", check.command},
          {"interval", seconds(check.interval)},
          {"timeout", seconds(check.timeout)},
          {"retries", check.retries},
          {"startPeriod", seconds(check.start_period)}};
}

Json describe(const ContainerDefinition& container) {
  Json json;
  json["name"] = container.name;
  json["image"] = container.image;
  json["cpu"] = container.cpu.count();
  json["portMappings"] = Json::array();
  for (const PortMapping& mapping : container.port_mappings) {
    json["portMappings"].push_back({{"containerPort", mapping.container_port},
                                    {"hostPort", mapping.host_port},
                                    {"protocol", mapping.protocol}});
    if (mapping.name.empty()) continue;
    json["portMappings"].back()["name"] = mapping.name;
    json["portMappings"].back()["appProtocol"] = mapping.app_protocol;
  }
  json["essential"] = container.essential;
  json["environment"] = Json::array();
  for (const auto& [name, value] : container.environment) {
    json["environment"].push_back({{"name", name}, {"value", value}});
  }
  json["mountPoints"] = Json::array();
  json["volumesFrom"] = Json::array();
  if (!container.user.empty()) json["user"] = container.user;
  json["logConfiguration"] = {{"logDriver", container.log_driver},
                              {"options", container.log_options}};
  if (container.health_check) json["healthCheck"] = describe(*container.health_check);
  if (container.name == "log_router") {
    json["firelensConfiguration"] = {{"type", "fluentbit"},
                                     {"options", {{"enable-ecs-log-metadata", "true"}}}};
  }
  return json;
}

Json describe_proxy(const TaskDefinition& definition) {
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

/// What register-task-definition takes.
Json describe(const TaskDefinition& definition) {
  Json task;
  task["family"] = definition.family;
  task["networkMode"] = definition.network_mode;
  task["containerDefinitions"] = Json::array();
  for (const ContainerDefinition& container : definition.containers) {
    if (!container.is_managed) task["containerDefinitions"].push_back(describe(container));
  }
  task["volumes"] = Json::array();
  task["placementConstraints"] = Json::array();
  task["requiresCompatibilities"] = {"EC2"};
  task["cpu"] = std::to_string(definition.cpu.count());
  task["memory"] = std::to_string(definition.memory.count() / (std::int64_t{1024} * 1024));
  const bool is_managed =
      std::ranges::any_of(definition.containers, &ContainerDefinition::is_managed);
  if (!definition.proxy_container.empty() && !is_managed) {
    task["proxyConfiguration"] = describe_proxy(definition);
  }
  return task;
}

}  // namespace

TaskDefinition default_task_definition(const Service& service, const Scenario& scenario) {
  TaskDefinition definition;
  definition.family = family_of(service);
  definition.revision = service.revision;
  definition.cpu = service.cpu;
  definition.memory = service.memory;
  auto& containers = definition.containers;
  containers.push_back(application(service, scenario));
  const bool is_connect = scenario.is_service_connect();
  if (scenario.has_mesh && !is_connect) {
    definition.proxy_container = "envoy";
    definition.app_ports = {service.port};
    // Whoever takes the wrong port for the app's writes it here too.
    if (service.node.listener_port) definition.app_ports.push_back(*service.node.listener_port);
    containers.push_back(proxy(service, scenario));
  }
  containers.push_back(sidecar("cloudwatch-agent",
                               "public.ecr.aws/cloudwatch-agent/cloudwatch-agent:latest", service,
                               scenario));
  containers.push_back(sidecar("log_router",
                               "public.ecr.aws/aws-observability/aws-for-fluent-bit:stable",
                               service, scenario));
  // A FireLens router must be essential: without it the application's logs have nowhere to go.
  containers.back().essential = true;
  containers.back().user = "0";
  if (scenario.has_mesh && !is_connect) {
    containers.push_back(
        sidecar("xray-daemon", "public.ecr.aws/xray/aws-xray-daemon:latest", service, scenario));
  }
  if (is_connect) {  // Behind all that is registered, as ECS adds it.
    containers.push_back(connect_proxy(scenario, service.name));
    definition.proxy_container = containers.back().name;
    definition.app_ports = {service.port};
  }
  definition.json = describe(definition).dump();
  return definition;
}

}  // namespace hoplab::scenarios
