#include "report/expectations/usage_check.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hoplab::report::expectations {
namespace {

using scenarios::Comparison;

constexpr double bytes_per_mebibyte = 1024.0 * 1024.0;

}  // namespace

std::optional<UsageEvent> parse_usage(std::string_view message) {
  const auto json = nlohmann::json::parse(message, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const std::string type = json.value("Type", "");
  if (type != "Task" && type != "Container") return std::nullopt;
  UsageEvent event;
  event.task_id = json.value("TaskId", "");
  event.service = json.value("ServiceName", "");
  event.container = json.value("ContainerName", "");
  event.cpu_units = json.value("CpuUtilized", 0.0);
  event.memory_mebibytes = json.value("MemoryUtilized", 0.0);
  return event;
}

UsageCheck::UsageCheck(const scenarios::Scenario& scenario,
                       const scenarios::Expectation& expectation)
    : expectation_(expectation) {
  const auto service =
      std::ranges::find(scenario.services, expectation.service, &scenarios::Service::name);
  if (service == scenario.services.end()) return;
  task_cpu_units_ = static_cast<double>(service->cpu.count());
  task_memory_mebibytes_ = static_cast<double>(service->memory.count()) / bytes_per_mebibyte;
}

void UsageCheck::event(const UsageEvent& event, sim::Duration at) {
  // A task's own event comes before those of its containers, which do not name the service.
  if (!event.service.empty()) service_of_task_[event.task_id] = event.service;
  if (event.container != expectation_.container) return;
  const auto service = service_of_task_.find(event.task_id);
  if (service == service_of_task_.end() || service->second != expectation_.service) return;
  if (expectation_.window && (at < expectation_.window->from || at >= expectation_.window->to)) {
    return;
  }
  if (task_cpu_units_ > 0) cpu_.add(event.cpu_units / task_cpu_units_);
  if (task_memory_mebibytes_ > 0) memory_.add(event.memory_mebibytes / task_memory_mebibytes_);
}

void UsageCheck::Shares::add(double share) {
  minimum = count == 0 ? share : std::min(minimum, share);
  maximum = count == 0 ? share : std::max(maximum, share);
  sum += share;
  ++count;
}

Verdict UsageCheck::Shares::judge(const Comparison& comparison) const {
  if (count == 0) return {false, "no minute was published"};
  double measured = sum / static_cast<double>(count);
  if (comparison.aggregate == Comparison::Aggregate::minimum) measured = minimum;
  if (comparison.aggregate == Comparison::Aggregate::maximum) measured = maximum;
  return {holds(comparison, measured),
          fmt::format("{:.2f} % (of {} minute{})", measured * 100, count, count == 1 ? "" : "s")};
}

}  // namespace hoplab::report::expectations
