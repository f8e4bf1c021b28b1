// Specifications of ECS: task definitions, the service scheduler, how long things take.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/schema/spec_values.hpp"

namespace hoplab::scenarios {

/// A container's health check. ECS runs the command within the container, past no proxy.
struct HealthCheck {
  std::vector<std::string> command;  ///< {"CMD-SHELL", "curl -f http://localhost:8080/ || exit 1"}.
  Duration interval = std::chrono::seconds(30);  ///< 5 to 300 s, from one probe's end to the next.
  Duration timeout = std::chrono::seconds(5);    ///< 2 to 60 s.
  std::uint32_t retries = 3;                     ///< 1 to 10.
  Duration start_period{0};                      ///< 0 to 300 s in which failures do not count.
};

struct Dependency {
  std::string container;
  enum class Condition { start, complete, success, healthy };
  Condition condition = Condition::start;
};

/// A container restarts within its task, without the task's stopping.
struct RestartPolicy {
  Duration attempt_period = std::chrono::seconds(300);  ///< It must have run so long; 60 to 1800 s.
  std::vector<int> ignored_exit_codes;
};

struct PortMapping {
  std::uint16_t container_port = 0;
  std::uint16_t host_port = 0;
  std::string protocol = "tcp";
  std::string name;          ///< For Service Connect; empty: none.
  std::string app_protocol;  ///< "http", "http2" or "grpc"; empty: none.
};

struct ContainerDefinition {
  std::string name;
  std::string image;
  CpuUnits cpu{0};
  Bytes memory{0};  ///< 0 = none of its own.
  bool essential = true;
  std::vector<PortMapping> port_mappings;
  std::map<std::string, std::string> environment;
  std::string user;
  std::string log_driver;  ///< "awslogs", "awsfirelens" or "".
  std::map<std::string, std::string> log_options;
  std::optional<Duration> stop_timeout;
  std::optional<Duration> start_timeout;  ///< How long `depends_on` may take.
  std::optional<HealthCheck> health_check;
  std::vector<Dependency> depends_on;
  std::optional<RestartPolicy> restart_policy;
  bool is_managed = false;        ///< ECS adds it: nobody has registered it.
  bool has_init_process = false;  ///< linuxParameters.initProcessEnabled: the app is not PID 1.
};

struct TaskDefinition {
  SourceMark mark;
  std::string family;
  int revision = 1;
  std::string network_mode = "awsvpc";
  CpuUnits cpu{1024};  ///< Task size; 0 = none given.
  Bytes memory{std::int64_t{2048} * 1024 * 1024};
  std::vector<ContainerDefinition> containers;
  /// proxyConfiguration of type APPMESH; empty container name = none.
  std::string proxy_container;
  std::vector<std::uint16_t> app_ports;
  std::uint16_t proxy_ingress_port = 15000;
  std::uint16_t proxy_egress_port = 15001;
  bool has_fault_injection = false;  ///< enableFaultInjection.
  std::string pid_mode;              ///< "task", "host" or "".
  std::string json;                  ///< As a file has it, or as it is registered; for recordings.
  bool is_from_file = false;         ///< Of `artefacts`.
};

// --- The service scheduler --------------------------------------------------------------------

/// ECS's deploymentCircuitBreaker.
struct DeploymentCircuitBreaker {
  bool is_enabled = false;
  bool rolls_back = false;
  /// Failed tasks that make it trip; absent: half the desired count, at least 10 (3 in newer API
  /// documents), at most 200.
  std::optional<std::uint32_t> threshold;
};

/// ECS's deploymentConfiguration of a rolling update.
struct DeploymentConfiguration {
  std::uint32_t minimum_healthy_percent = 100;  ///< Of the desired count, rounded up.
  std::uint32_t maximum_percent = 200;          ///< Of the desired count, rounded down.
  DeploymentCircuitBreaker circuit_breaker;
};

/// One step of a placement strategy; steps apply in order.
struct PlacementStrategy {
  enum class Kind { spread, binpack, random };
  Kind kind = Kind::spread;
  /// "attribute:ecs.availability-zone", "instanceId" (spread); "cpu", "memory" (binpack).
  std::string field = "attribute:ecs.availability-zone";
};

/// What becomes of a process that gets SIGTERM.
enum class OnSigterm {
  ignores,  ///< PID 1 without a handler: SIGKILL after stopTimeout, exit code 137.
  dies,     ///< Not PID 1 (an init process is): exit code 143 at once.
  drains    ///< A handler: answers what it has begun, then exits 0.
};

/// How long a task stays in each state that AWS publishes no figure for. All assumed.
struct EcsTimings {
  Distribution provisioning;    ///< Network interface. Lognormal about 5 s.
  Distribution pull_cached;     ///< PENDING where the host has the image. About 2 s.
  Distribution pull;            ///< PENDING where it has not. About 15 s.
  Distribution activating;      ///< Registration. About 2 s.
  Distribution deactivating;    ///< Deregistration; SIGTERM does not wait for it. 0.1 to 1 s.
  Distribution deprovisioning;  ///< 5 to 15 s.
};

/// How long news takes from ECS to an Envoy.
struct ControlPlaneTimings {
  Distribution cloud_map;      ///< Registration and deregistration. About 1 to 5 s.
  Distribution endpoints;      ///< App Mesh polls Cloud Map, Envoy hears of it. About 5 to 30 s.
  Distribution configuration;  ///< A changed mesh object. About 5 to 60 s.
  Duration custom_health = std::chrono::seconds(30);  ///< UpdateInstanceCustomHealthStatus.
  Duration dns_ttl = std::chrono::seconds(10);
  Duration dns_negative_ttl = std::chrono::seconds(900);
  Duration envoy_dns_refresh = std::chrono::seconds(5);  ///< Whatever the TTL says.
};

}  // namespace hoplab::scenarios
