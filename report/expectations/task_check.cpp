#include "report/expectations/task_check.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace hoplab::report::expectations {
namespace {

constexpr int exit_code_sigterm = 128 + 15;

std::string text_member(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

std::optional<TaskDocument> parse_task(std::string_view json) {
  const auto object = nlohmann::json::parse(json, nullptr, false);
  if (!object.is_object() || !object.contains("taskArn")) return std::nullopt;
  TaskDocument task;
  task.arn = text_member(object, "taskArn");
  task.last_status = text_member(object, "lastStatus");
  task.stop_code = text_member(object, "stopCode");
  task.stopped_reason = text_member(object, "stoppedReason");
  constexpr std::string_view prefix = "service:";
  const std::string group = text_member(object, "group");
  if (group.rfind(prefix, 0) == 0) task.service = group.substr(prefix.size());
  for (const auto& entry : object.value("containers", nlohmann::json::array())) {
    TaskDocument::Container container;
    container.name = text_member(entry, "name");
    container.reason = text_member(entry, "reason");
    const auto code = entry.find("exitCode");
    if (code != entry.end() && code->is_number_integer()) container.exit_code = code->get<int>();
    task.containers.push_back(std::move(container));
  }
  return task;
}

std::string TaskDocument::note() const {
  std::string text = last_status;
  const char* separator = ": ";
  for (const auto& container : containers) {
    // 0, and 143 without a reason, are how the others end when one essential container has ended.
    const int code = container.exit_code.value_or(0);
    const bool is_cause = (code != 0 && code != exit_code_sigterm) || !container.reason.empty();
    if (last_status != "STOPPED" || !is_cause) continue;
    text += separator + container.name;
    if (container.exit_code) text += fmt::format(" exit {}", *container.exit_code);
    if (!container.reason.empty()) text += " " + container.reason;
    separator = ", ";
  }
  return text;
}

void TaskCheck::task(const TaskDocument& document, sim::Duration at) {
  if (document.service != expectation_.service) return;
  if (expectation_.window && at >= expectation_.window->to) return;
  by_arn_[document.arn] = {is_as_expected(document), document.note()};
}

bool TaskCheck::is_as_expected(const TaskDocument& document) const {
  const auto& asked = expectation_;
  if (!asked.last_status.empty() && document.last_status != asked.last_status) return false;
  if (!asked.stop_code.empty() && document.stop_code != asked.stop_code) return false;
  if (!contains(document.stopped_reason, asked.stopped_reason)) return false;
  if (asked.container.empty() && !asked.exit_code && asked.reason.empty()) return true;
  return std::any_of(document.containers.begin(), document.containers.end(),
                     [&asked](const TaskDocument::Container& container) {
                       return (asked.container.empty() || container.name == asked.container) &&
                              (!asked.exit_code || container.exit_code == asked.exit_code) &&
                              contains(container.reason, asked.reason);
                     });
}

std::uint64_t TaskCheck::matched() const {
  return static_cast<std::uint64_t>(std::count_if(
      by_arn_.begin(), by_arn_.end(), [](const auto& entry) { return entry.second.matches; }));
}

std::string TaskCheck::states() const {
  std::map<std::string, int> counts;
  for (const auto& [arn, state] : by_arn_) ++counts[state.note];
  std::string text;
  for (const auto& [note, count] : counts) {
    text += fmt::format("{}{} x {}", text.empty() ? "" : "; ", count, note);
  }
  return text.empty() ? "no task of this service" : text;
}

}  // namespace hoplab::report::expectations
