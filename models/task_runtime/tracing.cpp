// How a task traces: X-Ray's SDK and Envoy's tracer, and OpenTelemetry's exporters.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/task_runtime.hpp"

namespace hoplab::models {
namespace {

using scenarios::TelemetrySource;
using telemetry::append_attribute;

/// Whether anybody can see a trace's id: else no request needs one.
bool has_traces(const scenarios::Scenario& scenario) {
  return scenario.tells(TelemetrySource::xray) || scenario.tells(TelemetrySource::otlp) ||
         scenario.tells(TelemetrySource::access_log) || scenario.tells(TelemetrySource::app_log);
}

void append_list(sim::Text& out, std::string_view key, std::string_view only) {
  out += fmt::format(
      R"(,{{"key":"{}","value":{{"arrayValue":{{"values":[{{"stringValue":"{}"}}]}}}}}})", key,
      only);
}

}  // namespace

std::string plan_stream(const TaskPlan& plan) {
  return fmt::format("task/{}/{}", plan.service->name, plan.index);
}

void TaskRuntime::start_envoy_tracing() {
  const scenarios::Scenario& scenario = surroundings_.scenario;
  if (!has_traces(scenario) || !surroundings_.dialect.has_tracer()) return;
  const std::string stream = plan_stream(plan_);
  const std::uint64_t seed = surroundings_.engine.seed();
  const std::string& node = plan_.service->virtual_node;
  const std::string segment = scenario.mesh_name + "/" + node;
  if (scenario.tells(TelemetrySource::otlp)) {
    envoy_otlp_ =
        make_exporter(segment, proxy_container_,
                      {.resource = {}, .scope = "envoy", .scope_version = scenario.envoy_profile});
  }
  tracer_ = std::make_unique<envoy::Tracer>(
      surroundings_.engine, surroundings_.sink, surroundings_.names, plan_.instance->clock,
      envoy::TracerNames{
          .segment = segment,
          .mesh = scenario.mesh_name,
          .virtual_node = node,
          .node_id = surroundings_.dialect.node_id(*plan_.service),
      },
      sim::Rng::stream(seed, "envoy-segments/" + stream),
      telemetry::Sampler(scenario.sampling, sim::Rng::stream(seed, "envoy-sampling/" + stream)),
      envoy::TracerOutputs{.has_xray = scenario.tells(TelemetrySource::xray),
                           .otlp = envoy_otlp_.get()});
}

void TaskRuntime::start_sdk() {
  const scenarios::Scenario& scenario = surroundings_.scenario;
  if (!has_traces(scenario)) return;
  const std::string stream = plan_stream(plan_);
  const std::uint64_t seed = surroundings_.engine.seed();
  if (scenario.tells(TelemetrySource::otlp)) {
    app_otlp_ = make_exporter(plan_.service->name, app_container_,
                              {.resource = {}, .scope = "http", .scope_version = "1.0.0"});
    otel_sdk_ = std::make_unique<app::OtelSdk>(*app_otlp_, surroundings_.names, [this] {
      return app::OtelUsage{.cpu = plan_.instance->cpu->used(app_cpu_),
                            .memory = application_->memory().held()};
    });
  }
  sdk_tracer_ = std::make_unique<app::SdkTracer>(
      surroundings_.engine, surroundings_.sink, surroundings_.names, plan_.instance->clock,
      app::SdkIdentity{
          .name = plan_.service->name,
          .version = fmt::format("{}:{}", plan_.definition->family, plan_.definition->revision),
          .account = scenario.account,
          .host_name = vpc::private_dns_name(plan_.interface->address),
          .container_id = task_.firelens_metadata(app_container_).container_id,
          .container_arn = task_.container_arn(app_container_),
      },
      sim::Rng::stream(seed, "sdk-segments/" + stream),
      telemetry::Sampler(scenario.sampling, sim::Rng::stream(seed, "sdk-sampling/" + stream)),
      app::SdkOutputs{.has_xray = scenario.tells(TelemetrySource::xray), .otel = otel_sdk_.get()});
}

// --- OpenTelemetry ----------------------------------------------------------------------------

std::unique_ptr<telemetry::OtlpExporter> TaskRuntime::make_exporter(const std::string& service_name,
                                                                    std::string_view container,
                                                                    telemetry::OtlpParty scope) {
  scope.resource = otlp_resource(service_name, container);
  return std::make_unique<telemetry::OtlpExporter>(surroundings_.engine, surroundings_.sink,
                                                   plan_.instance->clock, std::move(scope));
}

// Source: OpenTelemetry semantic conventions, service, cloud, aws/ecs, container, host.
std::string TaskRuntime::otlp_resource(std::string_view service_name,
                                       std::string_view container) const {
  const scenarios::Scenario& scenario = surroundings_.scenario;
  const ecs::Identity& identity = surroundings_.identity;
  const auto metadata = task_.firelens_metadata(container);
  const auto& containers = plan_.definition->containers;
  const auto definition =
      std::ranges::find(containers, container, &scenarios::ContainerDefinition::name);
  sim::Text out;
  append_attribute(out, "service.name", service_name);
  append_attribute(out, "service.version",
                   fmt::format("{}:{}", plan_.definition->family, plan_.definition->revision));
  append_attribute(out, "service.instance.id", task_.id());
  append_attribute(out, "cloud.provider", "aws");
  append_attribute(out, "cloud.platform", "aws_ecs");
  append_attribute(out, "cloud.region", scenario.region);
  append_attribute(out, "cloud.account.id", scenario.account);
  append_attribute(out, "cloud.availability_zone", plan_.instance->subnet->availability_zone);
  append_attribute(out, "cloud.resource_id", task_.container_arn(container));
  append_attribute(out, "aws.ecs.cluster.arn", identity.cluster_arn());
  append_attribute(out, "aws.ecs.container.arn", task_.container_arn(container));
  append_attribute(out, "aws.ecs.launchtype", "ec2");
  append_attribute(out, "aws.ecs.task.arn", metadata.task_arn);
  append_attribute(out, "aws.ecs.task.id", task_.id());
  append_attribute(out, "aws.ecs.task.family", plan_.definition->family);
  append_attribute(out, "aws.ecs.task.revision", std::to_string(plan_.definition->revision));
  append_list(out, "aws.log.group.names",
              fmt::format("/ecs/{}/{}", plan_.service->name, container));
  append_list(out, "aws.log.stream.names", fmt::format("{}/{}", container, task_.id()));
  append_attribute(out, "container.id", metadata.container_id);
  append_attribute(out, "container.name", metadata.container_name);
  if (definition != containers.end()) {
    append_attribute(out, "container.image.name", definition->image);
  }
  append_attribute(out, "host.id", metadata.instance_id);
  append_attribute(out, "host.type", plan_.instance->type->name);
  return std::string(out.view());
}

}  // namespace hoplab::models
