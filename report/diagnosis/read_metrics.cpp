// What CloudWatch and the Envoys' counters tell.
#include <algorithm>
#include <charconv>
#include <vector>

#include <nlohmann/json.hpp>

#include "report/diagnosis/json_lines.hpp"
#include "report/diagnosis/line_file.hpp"
#include "report/recording/json_text.hpp"

namespace hoplab::report::diagnosis {
namespace {

using Json = nlohmann::json;

constexpr std::size_t counter_steps_max = 200'000;

std::string dimension(const Json& metric, const std::string& name) {
  for (const Json& entry : metric.value("Dimensions", Json::array())) {
    if (text_of(entry, "Name") == name) return text_of(entry, "Value");
  }
  return "";
}

/// The mean of the samples of one period.
double value_of(const Json& metric) {
  const auto set = metric.find("StatisticValues");
  if (set == metric.end()) return metric.value("Value", 0.0);
  const double samples = set->value("SampleCount", 0.0);
  return samples > 0 ? set->value("Sum", 0.0) / samples : 0.0;
}

/// CPU and memory of a service, in thousandths of what it reserves; CPU of a host.
void take_metric(const Json& metric, Place place, Reading& reading) {
  const std::string space = text_of(metric, "Namespace");
  const std::string name = text_of(metric, "MetricName");
  Usage usage;
  usage.at_ms = instant_of(metric, "Timestamp");
  usage.place = place;
  usage.metric = space + " " + name;
  const auto permille = static_cast<std::int32_t>(value_of(metric) * 10.0);
  if (name == "CPUUtilization") usage.cpu_permille = permille;
  if (name == "MemoryUtilization") usage.memory_permille = permille;
  if (space == "AWS/EC2") {
    usage.host = dimension(metric, "InstanceId");
  } else if (space == "AWS/ECS") {
    const auto service = reading.service_index.find(dimension(metric, "ServiceName"));
    if (service == reading.service_index.end()) return;
    usage.service = service->second;
  } else {
    return;
  }
  reading.evidence.usages.push_back(std::move(usage));
}

/// A minute in which EC2 could not reach a machine.
void take_status_check(const Json& metric, Place place, Evidence& evidence) {
  if (text_of(metric, "MetricName") != "StatusCheckFailed" || value_of(metric) <= 0) return;
  const std::string ec2 = dimension(metric, "InstanceId");
  const auto host =
      std::find_if(evidence.ec2_of_host.begin(), evidence.ec2_of_host.end(),
                   [&](const auto& instance_and_ec2) { return instance_and_ec2.second == ec2; });
  if (host == evidence.ec2_of_host.end()) return;
  evidence.machine_silences.push_back({host->first, instant_of(metric, "Timestamp"), true, place});
}

/// Of the machine's balance and of what it owes.
void take_credits(const Json& metric, Place place, Evidence& evidence) {
  const std::string name = text_of(metric, "MetricName");
  const bool is_surplus = name == "CPUSurplusCreditBalance";
  if (!is_surplus && name != "CPUCreditBalance") return;
  constexpr double thousandths = 1000.0;
  evidence.credit_levels.push_back(
      {dimension(metric, "InstanceId"), instant_of(metric, "Timestamp"),
       static_cast<std::int64_t>(value_of(metric) * thousandths), is_surplus, place});
}

void take_task(const Json& event, Index task, std::int64_t at_ms, Place place, Reading& reading) {
  const auto share = [&](const char* used, const char* reserved) {
    const double of = event.value(reserved, 0.0);
    return of > 0 ? static_cast<std::int32_t>(event.value(used, 0.0) * 1000.0 / of) : -1;
  };
  Usage usage;
  usage.task = task;
  usage.service = reading.evidence.service_of(task);
  usage.at_ms = at_ms;
  usage.cpu_permille = share("CpuUtilized", "CpuReserved");
  usage.memory_permille = share("MemoryUtilized", "MemoryReserved");
  usage.memory_mib = static_cast<std::int64_t>(event.value("MemoryUtilized", -1.0));
  usage.place = place;
  usage.metric = "ECS/ContainerInsights CpuUtilized";
  reading.cpu_reserved[task] = event.value("CpuReserved", 0.0);
  reading.evidence.usages.push_back(std::move(usage));
}

/// Containers reserve nothing of their own where the task does: the task's event, which comes
/// first, tells what they share.
void take_container(const Json& event, Index task, std::int64_t at_ms, Place place,
                    Reading& reading) {
  const auto reserved = reading.cpu_reserved.find(task);
  if (reserved == reading.cpu_reserved.end() || reserved->second <= 0) return;
  const double share = event.value("CpuUtilized", 0.0) * 1000.0 / reserved->second;
  reading.evidence.container_usages.push_back(
      {task, text_of(event, "ContainerName"), at_ms, static_cast<std::int32_t>(share), place});
}

/// "1767614405000 envoy.cluster.upstream_cx_connect_timeout:3|c|#envoy.cluster_name:x,..."
void take_datagram(std::string_view line, Index task, Place place, Evidence& evidence) {
  const bool is_timeout = line.find(".upstream_cx_connect_timeout:") != std::string_view::npos;
  const bool is_failure = line.find(".upstream_cx_connect_fail:") != std::string_view::npos;
  if (!is_timeout && !is_failure) return;
  CounterStep step;
  const auto [after, error] = std::from_chars(line.data(), line.data() + line.size(), step.at_ms);
  const std::size_t value = line.find(':');
  if (error != std::errc() || value == std::string_view::npos) return;
  std::from_chars(line.data() + value + 1, line.data() + line.size(), step.by);
  constexpr std::string_view tag = "envoy.cluster_name:";
  const std::size_t name = line.find(tag);
  if (step.by == 0 || name == std::string_view::npos) return;
  const std::string_view rest = line.substr(name + tag.size());
  step.cluster = rest.substr(0, rest.find(','));
  step.task = task;
  step.is_connect_timeout = is_timeout;
  step.place = place;
  if (evidence.counters.size() < counter_steps_max) evidence.counters.push_back(std::move(step));
}

}  // namespace

bool take_performance_event(std::string_view event, std::int64_t at_ms, Place place,
                            Reading& reading) {
  const auto type = recording::json_member(event, "Type");
  if (!type) return false;
  const bool is_task = *type == "\"Task\"";
  if (!is_task && *type != "\"Container\"") return true;
  const Json whole = Json::parse(event, nullptr, false);
  if (whole.is_discarded()) return true;
  const auto task = reading.task_index.find(text_of(whole, "TaskId"));
  if (task == reading.task_index.end()) return true;
  at_ms = whole.value("Timestamp", at_ms);
  if (is_task) {
    take_task(whole, task->second, at_ms, place, reading);
  } else {
    take_container(whole, task->second, at_ms, place, reading);
  }
  return true;
}

void read_metrics(const std::filesystem::path& recording, Reading& reading) {
  const bool is_there = for_each_document(recording, "cloudwatch/metrics.jsonl", reading,
                                          [&](const Json& metric, Place place) {
                                            take_metric(metric, place, reading);
                                            take_credits(metric, place, reading.evidence);
                                            take_status_check(metric, place, reading.evidence);
                                          });
  auto& usages = reading.evidence.usages;
  const bool has_cpu = std::any_of(usages.begin(), usages.end(),
                                   [](const Usage& usage) { return usage.cpu_permille >= 0; });
  if (!is_there && !has_cpu) reading.evidence.missing.emplace_back("CPU and memory metrics");
  std::stable_sort(usages.begin(), usages.end(),
                   [](const Usage& a, const Usage& b) { return a.at_ms < b.at_ms; });
}

void read_counters(const std::filesystem::path& recording, Reading& reading) {
  if (!std::filesystem::is_directory(recording / "statsd")) {
    reading.evidence.missing.emplace_back("statsd/");
    return;
  }
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(recording / "statsd")) {
    if (entry.path().extension() == ".log") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    const auto task = reading.task_index.find(path.stem().string());
    if (task == reading.task_index.end()) continue;
    const std::uint32_t file = reading.file("statsd/" + path.filename().string());
    LineFile lines(path);
    std::string_view line;
    while (lines.next(line)) {
      take_datagram(line, task->second, {file, lines.number()}, reading.evidence);
    }
  }
}

}  // namespace hoplab::report::diagnosis
