// A task that runs: its network interface, its application, its Envoy, its logs, its life.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/app/application.hpp"
#include "models/ec2/instance.hpp"
#include "models/ecs/identity.hpp"
#include "models/ecs/sidecar.hpp"
#include "models/ecs/sidecar_process.hpp"
#include "models/ecs/task.hpp"
#include "models/ecs/utilization.hpp"
#include "models/envoy/access_log.hpp"
#include "models/envoy/proxy.hpp"
#include "models/envoy/statsd.hpp"
#include "models/faults/fault.hpp"
#include "models/timeouts.hpp"
#include "models/vpc/network.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::models {

/// What all tasks share.
struct Surroundings {
  sim::Engine& engine;
  const scenarios::Scenario& scenario;
  telemetry::Sink& sink;
  const ecs::Identity& identity;
  vpc::Network& network;
  Timeouts& timeouts;
  http::Names& names;
};

struct TaskPlan {
  const scenarios::Service* service = nullptr;
  const scenarios::TaskDefinition* definition = nullptr;
  int index = 0;  ///< Of the service's tasks, from 0.
  ec2::Instance* instance = nullptr;
  vpc::Interface* interface = nullptr;
  telemetry::HopId own_hop;
};

class TaskRuntime final : public faults::TaskHandle,
                          public ecs::UsageSource,
                          private ecs::TaskProcesses {
 public:
  TaskRuntime(const Surroundings& surroundings, const TaskPlan& plan);

  /// Starts the processes: the application with its calls, the Envoy with its configuration.
  void start(std::vector<app::OutgoingCall> calls, const envoy::Snapshot& configuration);
  /// The run is over: what Envoy holds in its buffer goes out.
  void flush_logs();

  [[nodiscard]] app::Application& application() override { return *application_; }
  [[nodiscard]] ec2::Instance& instance() override { return *plan_.instance; }
  [[nodiscard]] const std::vector<vpc::GroupRef>& security_groups() const override {
    return plan_.interface->groups;
  }
  [[nodiscard]] const std::string& service() const override { return plan_.service->name; }
  [[nodiscard]] sim::CpuShare::GroupId cpu_group() const override { return cpu_group_; }
  [[nodiscard]] vpc::Interface& interface() override { return *plan_.interface; }
  [[nodiscard]] const std::string& id() const { return task_.id(); }
  [[nodiscard]] const scenarios::TaskDefinition& definition() const { return *plan_.definition; }
  void exit_container(std::string_view container, int exit_code) override;
  void stop(std::string_view reason) override { task_.stop_for_user(reason); }
  [[nodiscard]] ecs::TaskFacts facts() const override;
  [[nodiscard]] ecs::TaskUsage usage() override;
  /// ECS has no reason to stop it, and its application answers.
  [[nodiscard]] bool is_running() const override {
    return task_.is_running() && application_->is_running();
  }

 private:
  void kill(std::string_view container) override;
  void exit_cleanly(std::string_view container) override;
  void detach_interface() override;
  void end_container(std::string_view container, int exit_code, std::string_view reason);
  void kill_for_memory();
  /// The machine is full, and the kernel has chosen the n-th container.
  void on_host_full(std::uint64_t container);
  void start_beside_app(const scenarios::ContainerDefinition& container);
  void stop_beside_app(std::string_view container);
  [[nodiscard]] std::uint64_t index_of(std::string_view container) const;
  [[nodiscard]] std::uint64_t items_of(ecs::SidecarKind::Item item) const;
  [[nodiscard]] sim::Bytes memory_limit_of_app();
  [[nodiscard]] sim::Bytes memory_beside_app(const scenarios::ContainerDefinition& container) const;

  [[nodiscard]] std::unique_ptr<telemetry::LogDriver> open_log(std::string_view container);
  [[nodiscard]] ecs::ContainerUsage usage_of(const scenarios::ContainerDefinition& container);
  [[nodiscard]] sim::Duration cpu_used_by(const ecs::SidecarKind& sidecar) const;
  [[nodiscard]] sim::CpuShare::ContainerId add_container(std::string_view container,
                                                         std::uint32_t threads_max);
  void start_envoy(const envoy::Snapshot& configuration);
  void start_statsd();
  [[nodiscard]] std::unique_ptr<envoy::Tracer> make_tracer() const;
  [[nodiscard]] std::unique_ptr<app::SdkTracer> make_sdk_tracer() const;

  Surroundings surroundings_;
  TaskPlan plan_;
  std::string app_container_;
  std::string proxy_container_;  ///< Empty without a mesh.
  sim::CpuShare::GroupId cpu_group_;
  sim::CpuShare::ContainerId app_cpu_;
  sim::CpuShare::ContainerId proxy_cpu_;
  ecs::Task task_;
  std::unique_ptr<telemetry::LogDriver> app_log_;
  std::unique_ptr<telemetry::LogDriver> envoy_output_;
  std::unique_ptr<envoy::AccessLog> access_log_;
  std::unique_ptr<envoy::Tracer> tracer_;
  std::unique_ptr<app::SdkTracer> sdk_tracer_;
  std::unique_ptr<envoy::Proxy> proxy_;
  std::unique_ptr<envoy::StatsdFlush> statsd_;
  std::unique_ptr<app::Application> application_;
  /// What a container beside the application takes of the machine.
  struct Beside {
    ec2::HostMemory::ProcessId memory;
    std::unique_ptr<ecs::SidecarProcess> process;  ///< Null: its CPU is only counted.
    sim::CpuShare::ContainerId cpu;
  };
  std::map<std::string, Beside, std::less<>> beside_app_;
};

}  // namespace hoplab::models
