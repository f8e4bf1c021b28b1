// Task definitions, tasks and how their containers ended; the machines they ran on.
#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "models/ec2/instance.hpp"
#include "report/diagnosis/json_lines.hpp"

namespace hoplab::report::diagnosis {
namespace {

using Json = nlohmann::json;

/// "arn:aws:appmesh:...:mesh/demo/virtualNode/b", or from "mesh/" on -> "demo_b", as cluster names
/// have it.
std::string node_in_cluster_names(const std::string& arn) {
  constexpr std::string_view before = "mesh/";
  constexpr std::string_view between = "/virtualNode/";
  const auto mesh = arn.find(before);
  const auto node = arn.find(between);
  if (mesh == std::string::npos || node == std::string::npos) return "";
  const auto start = mesh + before.size();
  return arn.substr(start, node - start) + "_" + arn.substr(node + between.size());
}

void take_definition(const Json& document, Place /*place*/, Reading& reading) {
  const Json& definition = document.at("taskDefinition");
  const std::string name = last_part(definition.at("taskDefinitionArn").get<std::string>());
  const std::string family = name.substr(0, name.rfind(':'));
  if (definition.contains("proxyConfiguration")) {
    reading.definitions.proxy_of[name] =
        text_of(definition.at("proxyConfiguration"), "containerName");
  }
  for (const Json& container : definition.at("containerDefinitions")) {
    for (const Json& variable : container.value("environment", Json::array())) {
      const std::string key = text_of(variable, "name");
      if (key != "APPMESH_RESOURCE_ARN" && key != "APPMESH_VIRTUAL_NODE_NAME") continue;
      reading.definitions.node_of[name] = node_in_cluster_names(text_of(variable, "value"));
    }
    const Json options =
        container.value("logConfiguration", Json::object()).value("options", Json::object());
    for (const char* const option : {"awslogs-group", "log_group_name"}) {
      const std::string group = text_of(options, option);
      if (!group.empty()) reading.definitions.family_of_log[group] = family;
    }
  }
}

std::string address_of(const Json& task) {
  for (const Json& attachment : task.value("attachments", Json::array())) {
    for (const Json& detail : attachment.value("details", Json::array())) {
      if (text_of(detail, "name") == "privateIPv4Address") return text_of(detail, "value");
    }
  }
  return "";
}

/// "eni-...", of the first attachment that tells.
std::string interface_of(const Json& json) {
  for (const Json& attachment : json.value("attachments", Json::array())) {
    for (const Json& detail : attachment.value("details", Json::array())) {
      if (text_of(detail, "name") == "networkInterfaceId") return text_of(detail, "value");
    }
  }
  return {};
}

/// The container that Service Connect has added, as its attachment names it.
void note_managed_proxy(const Json& json, const Task& task, Reading& reading) {
  for (const Json& attachment : json.value("attachments", Json::array())) {
    if (text_of(attachment, "type") != "ServiceConnect") continue;
    for (const Json& detail : attachment.value("details", Json::array())) {
      if (text_of(detail, "name") != "ContainerName") continue;
      reading.definitions.proxy_of[task.definition] = text_of(detail, "value");
    }
  }
}

Index task_named(const Json& json, Place place, Reading& reading) {
  const std::string id = last_part(json.at("taskArn").get<std::string>());
  if (const auto known = reading.task_index.find(id); known != reading.task_index.end()) {
    return known->second;
  }
  auto& tasks = reading.evidence.tasks;
  if (tasks.size() >= none) return none;
  Task task;
  task.id = id;
  const std::string group = text_of(json, "group");
  constexpr std::string_view of_service = "service:";
  task.service = reading.service(group.starts_with(of_service) ? group.substr(of_service.size())
                                                               : "task " + id);
  task.address = address_of(json);
  task.interface = interface_of(json);
  task.instance = last_part(text_of(json, "containerInstanceArn"));
  task.definition = last_part(text_of(json, "taskDefinitionArn"));
  task.place = place;
  const auto node = reading.definitions.node_of.find(task.definition);
  if (node != reading.definitions.node_of.end()) {
    reading.evidence.node_of_service.emplace(task.service, node->second);
  }
  note_managed_proxy(json, task, reading);
  const auto index = static_cast<Index>(tasks.size());
  reading.task_index.emplace(id, index);
  if (!task.address.empty()) reading.address_index.emplace(task.address, index);
  tasks.push_back(std::move(task));
  return index;
}

/// One document of a task: a DescribeTasks answer, or the detail of a task state change.
class TaskHistory {
 public:
  explicit TaskHistory(Reading& reading) : reading_(reading) {}

  void take(const Json& json, std::int64_t at_ms, Place place) {
    const Index index = task_named(json, place, reading_);
    if (index == none) return;
    Task& task = reading_.evidence.tasks[index];
    const bool is_to_stop = text_of(json, "desiredStatus") == "STOPPED";
    const bool has_ended_itself = text_of(json, "stopCode") == "EssentialContainerExited";
    if (is_to_stop && !has_ended_itself && task.asked_to_stop_ms == 0) {
      task.asked_to_stop_ms = at_ms;
      task.asked_to_stop = place;
      task.stop_reason = text_of(json, "stopCode") + ": " + text_of(json, "stoppedReason");
    }
    // After that: a document that tells of a stop for the first time may tell of ends as well.
    for (const Json& container : json.value("containers", Json::array())) {
      if (text_of(container, "lastStatus") == "STOPPED") {
        take_end(index, container, at_ms, place);
      }
    }
    if (text_of(json, "lastStatus") == "STOPPED" && task.stopped_ms == 0) task.stopped_ms = at_ms;
  }

 private:
  void take_end(Index index, const Json& container, std::int64_t at_ms, Place place) {
    const std::string name = text_of(container, "name");
    auto& ends = reading_.evidence.ends;
    const bool is_known = std::any_of(ends.begin(), ends.end(), [&](const ContainerEnd& end) {
      return end.task == index && end.container == name;
    });
    if (is_known) return;
    const Task& task = reading_.evidence.tasks[index];
    ContainerEnd end;
    end.task = index;
    end.container = name;
    const auto proxy = reading_.definitions.proxy_of.find(task.definition);
    end.is_proxy = proxy != reading_.definitions.proxy_of.end() && proxy->second == name;
    end.was_asked = task.asked_to_stop_ms != 0;
    end.is_first = std::none_of(ends.begin(), ends.end(),
                                [&](const ContainerEnd& other) { return other.task == index; });
    end.has_exit_code = container.contains("exitCode");
    end.exit_code = container.value("exitCode", 0);
    end.reason = text_of(container, "reason");
    end.at_ms = at_ms;
    end.place = place;
    ends.push_back(std::move(end));
  }

  Reading& reading_;
};

/// What a container instance is: the type that it registers with tells its memory.
void take_machine(const Json& document, Place place, Evidence& evidence) {
  Machine machine;
  machine.place = place;
  for (const Json& attribute : document.value("attributes", Json::array())) {
    if (text_of(attribute, "name") == "ecs.instance-type") {
      machine.type = text_of(attribute, "value");
    }
  }
  constexpr std::int64_t mib = 1024 * 1024;
  if (const auto* const type = models::ec2::find_instance_type(machine.type)) {
    machine.memory_mib = type->memory.count() / mib;
  }
  const std::string id = last_part(document.at("containerInstanceArn").get<std::string>());
  if (!document.value("agentConnected", true)) {
    evidence.machine_silences.push_back({id, instant_of(document, "at"), false, place});
  }
  if (const std::string ec2 = text_of(document, "ec2InstanceId"); !ec2.empty()) {
    evidence.ec2_of_host.emplace(id, ec2);
  }
  evidence.machines.emplace(id, std::move(machine));
}

}  // namespace

void read_definitions(const std::filesystem::path& recording, Reading& reading) {
  const bool is_there = for_each_document(
      recording, "config/task-definitions.jsonl", reading,
      [&](const Json& document, Place place) { take_definition(document, place, reading); });
  if (!is_there) reading.evidence.missing.emplace_back("config/task-definitions.jsonl");
}

void read_tasks(const std::filesystem::path& recording, Reading& reading) {
  TaskHistory history(reading);
  const bool has_tasks = for_each_document(
      recording, "ecs/tasks.jsonl", reading, [&](const Json& document, Place place) {
        history.take(document, instant_of(document, "at"), place);
      });
  if (has_tasks) return;
  // Events tell the same story, in whole seconds.
  const bool has_events = for_each_document(
      recording, "ecs/events.jsonl", reading, [&](const Json& event, Place place) {
        if (text_of(event, "detail-type") != "ECS Task State Change") return;
        history.take(event.at("detail"), instant_of(event, "time"), place);
      });
  reading.evidence.missing.emplace_back(has_events ? "ecs/tasks.jsonl" : "ecs/");
}

void read_machines(const std::filesystem::path& recording, Reading& reading) {
  for_each_document(
      recording, "ecs/container-instances.jsonl", reading,
      [&](const Json& document, Place place) { take_machine(document, place, reading.evidence); });
}

}  // namespace hoplab::report::diagnosis
