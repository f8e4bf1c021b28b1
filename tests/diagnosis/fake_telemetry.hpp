// A recording's telemetry made by hand: two services, a and b, and whatever goes wrong.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "report/recording/json_text.hpp"
#include "sim/units.hpp"

namespace hoplab::report::diagnosis::test {

/// 2026-01-05T12:00:00Z.
inline constexpr std::int64_t zero_ms = 1767614400000;

inline std::string iso(std::int64_t ms) {
  return sim::format_iso8601(sim::WallTime(std::chrono::milliseconds(zero_ms + ms)));
}

/// One line of an Envoy. Times are milliseconds since the start.
struct Access {
  std::int64_t at = 0;
  int code = 200;
  std::string flags = "-";
  int bytes = 1024;
  std::int64_t took = 11;
  std::string upstream_took = "";  ///< Default: as `took`, "-" for a local reply.
  std::string request;
  std::string authority = "b.local:8080";
  std::string upstream;
};

class FakeTelemetry {
 public:
  explicit FakeTelemetry(std::filesystem::path folder) : folder_(std::move(folder)) {
    task("a", "a1", "10.0.0.1", "host-a");
    task("b", "b1", "10.0.0.2", "host-b");
  }
  ~FakeTelemetry() { write(); }
  FakeTelemetry(const FakeTelemetry&) = delete;
  FakeTelemetry& operator=(const FakeTelemetry&) = delete;

  void task(const std::string& service, const std::string& id, const std::string& address,
            const std::string& host) {
    tasks_[id] = {service, address, host};
    add("ecs/tasks.jsonl", task_document(id, 0, R"("lastStatus":"RUNNING")", ""));
  }

  /// The application's container of a task ends; `reason` as ECS gives it.
  void ends(const std::string& id, std::int64_t at, int exit_code, const std::string& reason) {
    const std::string extra = reason.empty() ? "" : ",\"reason\":\"" + reason + "\"";
    add("ecs/tasks.jsonl",
        task_document(id, at,
                      R"("lastStatus":"RUNNING","desiredStatus":"STOPPED",)"
                      R"("stopCode":"EssentialContainerExited")",
                      fmt::format(R"({{"name":"app","lastStatus":"STOPPED","exitCode":{}{}}})",
                                  exit_code, extra)));
  }

  /// Somebody asks the task to stop; its application is killed later.
  void is_stopped(const std::string& id, std::int64_t at, std::int64_t killed_at) {
    const char* const status =
        R"("lastStatus":"RUNNING","desiredStatus":"STOPPED","stopCode":"UserInitiated")";
    add("ecs/tasks.jsonl", task_document(id, at, status, ""));
    add("ecs/tasks.jsonl",
        task_document(id, killed_at, status,
                      R"({"name":"app","lastStatus":"STOPPED","exitCode":137})"));
  }

  /// Its machine is terminated: one document tells of the stop and of the containers' ends.
  void is_gone_with_its_host(const std::string& id, std::int64_t at) {
    add("ecs/tasks.jsonl",
        task_document(id, at,
                      R"("lastStatus":"STOPPED","desiredStatus":"STOPPED",)"
                      R"("stopCode":"TerminationNotice","stoppedReason":"Host EC2 terminated.")",
                      R"({"name":"app","lastStatus":"STOPPED"})"));
  }

  void access(const std::string& task, const Access& line) {
    const std::string local =
        line.upstream_took.empty() ? std::to_string(line.took) : line.upstream_took;
    const std::string text =
        fmt::format(R"([{}] "GET / HTTP/1.1" {} {} 0 {} {} {} "-" "curl" "{}" "{}" "{}")",
                    iso(line.at), line.code, line.flags, line.bytes, line.took, local, line.request,
                    line.authority, line.upstream);
    event("envoy", task, line.at + line.took, text);
  }

  void says(const std::string& task, std::int64_t at, const std::string& source,
            const std::string& text) {
    const Task& own = tasks_.at(task);
    event("app", task, at,
          fmt::format(R"({{"source":"{}","log":{},"ecs_task_arn":"arn:aws:ecs:x:1:task/c/{}",)"
                      R"("ecs_task_definition":"{}:1","ec2_instance_id":"i-{}"}})",
                      source, recording::json_string(text), task, own.service, own.host));
  }

  /// A request to a that a handles by a call to b; all well, in 11 ms.
  void good(std::int64_t at, const std::string& request) {
    access("a1", {.at = at, .request = request, .upstream = "10.0.0.2:8080"});
    access("b1", {.at = at + 2, .took = 7, .request = request, .upstream = "127.0.0.1:8080"});
    answer("b1", at + 9, request, "7.000", 200);
  }

  void answer(const std::string& task, std::int64_t at, const std::string& request,
              const std::string& took, int status) {
    says(task, at, "stdout",
         fmt::format(
             R"({{"msg":"request handled","transactionId":"{}","status":{},"durationMs":{}}})",
             request, status, took));
  }

  /// Accepted by b, never answered; a gives up after 15 s.
  void unanswered(std::int64_t at, const std::string& request) {
    access("a1", {.at = at,
                  .code = 504,
                  .flags = "UT",
                  .bytes = 24,
                  .took = 15000,
                  .upstream_took = "-",
                  .request = request,
                  .upstream = "10.0.0.2:8080"});
    access("b1", {.at = at + 2,
                  .code = 0,
                  .flags = "DC",
                  .bytes = 0,
                  .took = 14998,
                  .upstream_took = "-",
                  .request = request,
                  .upstream = "127.0.0.1:8080"});
  }

  /// Accepted by b, never answered; a's application leaves after a time-out of its own.
  void given_up(std::int64_t at, const std::string& request, std::int64_t after) {
    Access line{.at = at,
                .code = 0,
                .flags = "DC",
                .bytes = 0,
                .took = after,
                .upstream_took = "-",
                .request = request,
                .upstream = "10.0.0.2:8080"};
    access("a1", line);
    line.at = at + 2;
    line.took = after - 2;
    line.upstream = "127.0.0.1:8080";
    access("b1", line);
  }

  /// a cannot connect to b.
  void blocked(std::int64_t at, const std::string& request) {
    access("a1", {.at = at,
                  .code = 503,
                  .flags = "UF,URX",
                  .bytes = 114,
                  .took = 3030,
                  .upstream_took = "-",
                  .request = request,
                  .upstream = "10.0.0.2:8080"});
  }

  /// Container Insights: CPU of a task in the minute from `at`, in units of 1024.
  void cpu(const std::string& task, std::int64_t at, double units) {
    event("performance", task, at,
          fmt::format(R"({{"Type":"Task","TaskId":"{}","CpuUtilized":{},"CpuReserved":1024,)"
                      R"("MemoryUtilized":200,"MemoryReserved":2048,"Timestamp":{}}})",
                      task, units, zero_ms + at));
  }

  /// The same of one of its containers; the task's own must be there before.
  void container_cpu(const std::string& task, const std::string& container, std::int64_t at,
                     double units) {
    event("performance", task, at,
          fmt::format(R"({{"Type":"Container","ContainerName":"{}","TaskId":"{}",)"
                      R"("CpuUtilized":{},"CpuReserved":0,"Timestamp":{}}})",
                      container, task, units, zero_ms + at));
  }

  /// Container Insights: memory of a task in the minute from `at`, in MiB; its CPU is idle.
  void memory(const std::string& task, std::int64_t at, int used, int reserved) {
    event("performance", task, at,
          fmt::format(R"({{"Type":"Task","TaskId":"{}","CpuUtilized":10,"CpuReserved":1024,)"
                      R"("MemoryUtilized":{},"MemoryReserved":{},"Timestamp":{}}})",
                      task, used, reserved, zero_ms + at));
  }

  /// A metric of the machine "host-b": "CPUUtilization", "CPUCreditBalance".
  void machine_metric(const std::string& host, const std::string& name, std::int64_t at,
                      double value) {
    add("cloudwatch/metrics.jsonl",
        fmt::format(R"({{"Namespace":"AWS/EC2","MetricName":"{}","Timestamp":"{}","Value":{},)"
                    R"("Dimensions":[{{"Name":"InstanceId","Value":"i-{}"}}]}})",
                    name, iso(at), value, host));
  }

  /// ECS knows a container instance and its type.
  void machine(const std::string& host, const std::string& type) {
    add("ecs/container-instances.jsonl",
        fmt::format(R"({{"at":"{}","containerInstanceArn":"arn:x/c/{}",)"
                    R"("attributes":[{{"name":"ecs.instance-type","value":"{}"}}]}})",
                    iso(0), host, type));
  }

  /// The Envoys of a task count connect time-outs to the service's cluster.
  void connect_timeouts(const std::string& task, const std::string& service, std::int64_t at,
                        int count) {
    add("statsd/" + task + ".log", fmt::format("{} envoy.cluster.upstream_cx_connect_timeout:{}|c|"
                                               "#envoy.cluster_name:cds_egress_m_{}_http_8080",
                                               zero_ms + at, count, service));
  }

  /// A task definition with its virtual node, so that clusters can be told to be a service's.
  void definition(const std::string& service) {
    add("config/task-definitions.jsonl",
        fmt::format(R"({{"taskDefinition":{{"taskDefinitionArn":"arn:x/{0}:1",)"
                    R"("containerDefinitions":[{{"name":"envoy","environment":[)"
                    R"({{"name":"APPMESH_RESOURCE_ARN","value":"mesh/m/virtualNode/{0}"}}]}}]}}}})",
                    service));
  }

  void add(const std::string& file, const std::string& line) { files_[file] += line + "\n"; }
  [[nodiscard]] std::string& text_of(const std::string& file) { return files_[file]; }
  [[nodiscard]] static std::string log_of(const std::string& container, const std::string& task) {
    return "logs/%2Fx%2F" + container + "/" + container + "%2F" + task + ".jsonl";
  }

  void write() const {
    for (const auto& [name, text] : files_) {
      std::filesystem::create_directories((folder_ / name).parent_path());
      std::ofstream(folder_ / name, std::ios::binary) << text;
    }
  }

 private:
  struct Task {
    std::string service;
    std::string address;
    std::string host;
  };

  [[nodiscard]] std::string task_document(const std::string& id, std::int64_t at,
                                          const std::string& status,
                                          const std::string& containers) const {
    const Task& task = tasks_.at(id);
    return fmt::format(
        R"({{"at":"{}",)"
        R"("attachments":[{{"details":[{{"name":"privateIPv4Address","value":"{}"}}]}}],)"
        R"("containerInstanceArn":"arn:x/c/{}","containers":[{}],"group":"service:{}",{},)"
        R"("taskArn":"arn:x/c/{}","taskDefinitionArn":"arn:x/{}:1"}})",
        iso(at), task.address, task.host, containers, task.service, status, id, task.service);
  }

  void event(const std::string& container, const std::string& task, std::int64_t at,
             const std::string& message) {
    add(log_of(container, task),
        fmt::format(R"({{"timestamp":{},"ingestionTime":{},"message":{}}})", zero_ms + at,
                    zero_ms + at + 1000, recording::json_string(message)));
  }

  std::filesystem::path folder_;
  std::map<std::string, Task> tasks_;
  std::map<std::string, std::string> files_;
};

}  // namespace hoplab::report::diagnosis::test
