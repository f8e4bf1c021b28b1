// A task that runs: its network interface, its application, its Envoy, its logs, its life.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/app/application.hpp"
#include "models/cloudwatch/statsd_agent.hpp"
#include "models/ec2/instance.hpp"
#include "models/ecs/http_probe.hpp"
#include "models/ecs/identity.hpp"
#include "models/ecs/sidecar.hpp"
#include "models/ecs/sidecar_process.hpp"
#include "models/ecs/task.hpp"
#include "models/ecs/usage.hpp"
#include "models/envoy/access_log.hpp"
#include "models/envoy/admin_pages.hpp"
#include "models/envoy/proxy.hpp"
#include "models/envoy/statsd.hpp"
#include "models/faults/fault.hpp"
#include "models/mesh/dialect.hpp"
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
  const mesh::Dialect& dialect;
};

class TaskRuntime;

/// Who connects a task with the rest of the world.
class TaskCompany {
 public:
  virtual ~TaskCompany() = default;
  /// Its host fetches its images; an error is a reason ("CannotPullContainerError: ...").
  virtual std::string pull(TaskRuntime& task) = 0;
  /// Its application's process runs: what it calls, and where that is now.
  virtual std::vector<app::OutgoingCall> calls_of(TaskRuntime& task) = 0;
  /// What the VPC's resolver has for a name that Envoys look up; nothing: no such name.
  virtual std::vector<vpc::Ipv4> addresses_of(const std::string& host_name) = 0;
  virtual void on_interface_attached(TaskRuntime& task) = 0;
  virtual void on_application_started(TaskRuntime& task) = 0;
  /// Its Envoy runs and has no configuration yet.
  virtual void on_envoy_started(TaskRuntime& task) = 0;
  virtual void on_envoy_gone(TaskRuntime& task) = 0;
};

struct TaskPlan {
  const scenarios::Service* service = nullptr;  ///< As it behaves: of the revision it runs.
  std::string version = {};                     ///< The service of the file that describes it.
  const scenarios::TaskDefinition* definition = nullptr;
  int index = 0;  ///< Of the service's tasks, from 0.
  ec2::Instance* instance = nullptr;
  vpc::Interface* interface = nullptr;
  telemetry::HopId own_hop = {};
  std::string deployment = {};  ///< Id; empty: the service's first one.
  TaskCompany* company = nullptr;
  ecs::TaskListener* listener = nullptr;
};

/// Names the streams of chance of a task: "task/b/0".
[[nodiscard]] std::string plan_stream(const TaskPlan& plan);

class TaskRuntime final : public faults::TaskHandle,
                          public ecs::UsageSource,
                          private ecs::TaskProcesses,
                          private envoy::NameService {
 public:
  TaskRuntime(const Surroundings& surroundings, const TaskPlan& plan);

  /// It runs when the run begins: so do its processes; the Envoy has its configuration.
  void begin_running(const envoy::Snapshot& configuration);
  /// It is new: ECS starts its processes one by one.
  void launch(bool images_are_cached) { task_.launch(images_are_cached); }
  /// The control plane has spoken. The first configuration opens the Envoy's listeners.
  void configure_envoy(const envoy::Snapshot& configuration);
  /// What service discovery lists now for one of its Envoy's clusters.
  void set_endpoints(const std::string& cluster, const std::vector<envoy::Endpoint>& endpoints);
  /// Its Envoy's stream to the control plane stands, or is closed.
  void on_configuration_stream(bool is_connected, int grpc_status, const std::string& message);
  /// Its Envoy's /stats and /stats/prometheus go into the recording: stats@<instant>.txt, .prom.
  void take_stats_snapshot(sim::Duration instant);
  /// What the pages of its Envoy tell besides its counters. Requires that it has one.
  [[nodiscard]] envoy::PageFacts page_facts() const;
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
  /// Its processes are gone, and nobody knows: ECS hears of it when the machine's agent is back.
  void lose_power();
  void exit_container(std::string_view container, int exit_code) override;
  void signal_process(std::string_view container, int signal) override;
  void fail_start(int exit_code) override { start_failure_ = exit_code; }
  void stop(std::string_view reason) override { task_.stop_for_user(reason); }
  [[nodiscard]] ecs::TaskFacts facts() const override;
  [[nodiscard]] ecs::TaskUsage usage() override;
  [[nodiscard]] ecs::TaskRuntimeStats runtime_stats() override;
  /// ECS has no reason to stop it, and its application answers.
  [[nodiscard]] bool is_running() const override {
    return task_.is_running() && has_application() && application_->is_running();
  }
  /// Its application's process has been started at least once.
  [[nodiscard]] bool has_application() const { return application_ != nullptr; }
  [[nodiscard]] const TaskPlan& plan() const { return plan_; }
  [[nodiscard]] const std::string& version() const override { return plan_.version; }
  [[nodiscard]] ecs::Task& task() { return task_; }
  [[nodiscard]] envoy::Proxy* proxy() { return proxy_.get(); }
  /// Who its Envoy is, for the pages of its admin interface. Requires a proxy.
  [[nodiscard]] envoy::NodeFacts envoy_facts() const;
  [[nodiscard]] const std::string& app_container() const { return app_container_; }

 private:
  bool has_power_ = true;
  void attach_interface() override;
  Answer look_up(const std::string& host_name) override;
  std::string pull() override { return plan_.company->pull(*this); }
  ecs::StartResult start(std::string_view container) override;
  void kill(std::string_view container) override;
  void exit_cleanly(std::string_view container) override;
  void begin_drain(std::string_view container) override;
  [[nodiscard]] bool stands_still(std::string_view container) override;
  void keep_sigterm(std::string_view container) override;
  [[nodiscard]] bool is_idle(std::string_view container) override;
  void probe(std::string_view container, ecs::HealthCheck& check, std::uint64_t number) override;
  void abandon_probe(std::string_view container) override;
  void detach_interface() override;
  [[nodiscard]] ecs::TaskSpec spec_of(const Surroundings& surroundings) const;
  void open_application_output();
  void start_application(bool is_warm);
  [[nodiscard]] bool envoy_is_live() const;
  void suspend(std::string_view container, bool stops);
  void end_container(std::string_view container, int exit_code, std::string_view reason);
  void kill_for_memory();
  /// The machine is full, and the kernel has chosen the n-th container.
  void on_host_full(std::uint64_t container);
  void start_beside_app(const scenarios::ContainerDefinition& container);
  void stop_beside_app(std::string_view container);
  [[nodiscard]] std::uint64_t index_of(std::string_view container) const;
  [[nodiscard]] std::uint64_t items_of(ecs::SidecarKind::Item item) const;
  [[nodiscard]] sim::Bytes memory_limit_of_app();

  [[nodiscard]] std::unique_ptr<telemetry::LogDriver> open_log(std::string_view container);
  [[nodiscard]] sim::Bytes memory_beside_app(const scenarios::ContainerDefinition& container) const;
  [[nodiscard]] ecs::ContainerUsage usage_of(const scenarios::ContainerDefinition& container);
  [[nodiscard]] sim::Duration cpu_used_by(const ecs::SidecarKind& sidecar) const;
  [[nodiscard]] sim::CpuShare::ContainerId add_container(std::string_view container,
                                                         std::uint32_t threads_max);
  void start_envoy();
  void start_statsd();
  /// Of this life of its Envoy, once it is over; or as they are now, at an instant of the run.
  void write_envoy_pages(const std::string& instant = {});
  [[nodiscard]] bool has_metrics_extension() const;
  /// The container that listens to its Envoy; empty: none does.
  [[nodiscard]] std::string_view agent_container() const;
  void start_agent();
  void flush_envoy();
  /// Null where its file is none of the container's outputs.
  [[nodiscard]] std::unique_ptr<envoy::AccessLog> make_access_log(sim::Duration phase);
  // How it traces (task_runtime/tracing.cpp).
  void start_envoy_tracing();
  void start_sdk();
  [[nodiscard]] std::unique_ptr<telemetry::OtlpExporter> make_exporter(
      const std::string& service_name, std::string_view container, telemetry::OtlpParty scope);
  [[nodiscard]] std::string otlp_resource(std::string_view service_name,
                                          std::string_view container) const;
  Surroundings surroundings_;
  TaskPlan plan_;
  std::string app_container_;
  std::string proxy_container_;  ///< Empty without a mesh.
  sim::CpuShare::GroupId cpu_group_;
  sim::CpuShare::ContainerId app_cpu_;
  sim::CpuShare::ContainerId proxy_cpu_;
  ecs::Task task_;
  sim::SimTime born_{};
  sim::Rng answers_;  ///< The order in which the resolver lists addresses.
  std::map<std::string, std::unique_ptr<ecs::HttpProbe>, std::less<>> probes_;
  // Processes of former lives, to which events may still be under way.
  std::vector<std::unique_ptr<app::Application>> former_applications_;
  std::vector<std::unique_ptr<envoy::Proxy>> former_proxies_;
  std::vector<std::unique_ptr<envoy::AccessLog>> former_access_logs_;
  std::vector<std::unique_ptr<envoy::StatsdFlush>> former_statsd_;
  std::vector<std::unique_ptr<ecs::SidecarProcess>> former_sidecars_;
  std::vector<std::unique_ptr<cloudwatch::StatsdAgent>> former_agents_;
  bool envoy_is_configured_ = false;
  std::optional<int> start_failure_;
  std::set<std::string> pending_sigterm_;  ///< Of containers that stand still.
  std::unique_ptr<telemetry::LogDriver> app_log_;
  std::unique_ptr<telemetry::LogDriver> envoy_output_;
  std::unique_ptr<envoy::AccessLog> access_log_;
  std::unique_ptr<telemetry::OtlpExporter> app_otlp_;    ///< Null without OpenTelemetry.
  std::unique_ptr<telemetry::OtlpExporter> envoy_otlp_;  ///< The same.
  std::unique_ptr<app::OtelSdk> otel_sdk_;               ///< The same.
  std::unique_ptr<envoy::Tracer> tracer_;
  std::unique_ptr<app::SdkTracer> sdk_tracer_;
  bool app_output_is_open_ = false;
  std::unique_ptr<envoy::Proxy> proxy_;
  std::optional<telemetry::StatsdId> statsd_sender_;
  std::unique_ptr<envoy::StatsdFlush> statsd_;
  bool envoy_pages_are_due_ = false;
  std::unique_ptr<cloudwatch::StatsdAgent> agent_;
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
