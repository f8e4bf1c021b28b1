#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "scenarios/import/artefacts.hpp"
#include "scenarios/import/aws_object.hpp"
#include "scenarios/schema/health_check_limits.hpp"
#include "scenarios/schema/scalars.hpp"
#include "scenarios/schema/source_text.hpp"

namespace hoplab::scenarios {
namespace {

constexpr std::int64_t mebibyte = 1024 * 1024;
constexpr std::int64_t cpu_max = 196'608;       // 192 vCPU, the largest task ECS takes.
constexpr std::int64_t memory_max = 1'500'000;  // MiB
constexpr std::int64_t port_max = 65'535;

/// "1024", "1 vCPU", ".5 vcpu"; "2048", "2 GB". The unit word multiplies; what comes out is whole.
std::optional<std::int64_t> with_unit(std::string_view text, std::string_view unit,
                                      double unit_is) {
  if (text.empty() || std::string_view(".0123456789").find(text[0]) == std::string_view::npos) {
    return {};  // from_chars takes "inf" and "nan" for numbers, and a sign.
  }
  double number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (parsed.ec != std::errc{} || number > 1e9) return {};
  std::string_view rest(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
  const bool has_unit = !rest.empty();
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const auto lower = [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  };
  if (has_unit && !std::ranges::equal(rest, unit, {}, lower)) return {};
  const double size = has_unit ? number * unit_is : number;
  const auto whole = static_cast<std::int64_t>(size);
  return static_cast<double>(whole) < size ? std::nullopt : std::optional(whole);
}

std::optional<std::int64_t> size_of(AwsObject& task, std::string_view key, std::string_view unit,
                                    std::int64_t most) {
  const Node* value = task.child(key);
  if (value == nullptr) return {};
  const auto size = with_unit(value->text, unit, 1024);
  if (value->kind == Node::Kind::scalar && size && *size > 0 && *size <= most) return size;
  task.complain(
      *value, "E0302",
      fmt::format("{} is not a task size: {}", task.path_of(key), yaml::quoted(value->text)),
      key == "cpu" ? "write CPU units (\"1024\") or \"1 vCPU\""
                   : "write MiB (\"2048\") or \"2 GB\"");
  return {};
}

void read_port(AwsReading& reading, const Node& node, std::string path,
               std::vector<PortMapping>& mappings) {
  AwsObject object(reading, node, std::move(path));
  object.accept({"containerPortRange"});
  const auto name = object.text("name");
  const auto app_protocol = object.text("appProtocol");
  // A range of ports stands for single mappings; it is noted as not simulated.
  const bool has_range = node.find("containerPortRange") != nullptr;
  const auto port = has_range
                        ? object.integer("containerPort", 1, port_max)
                        : object.required_integer("containerPort", "a port mapping", 1, port_max);
  const auto host_port = object.integer("hostPort", 0, port_max);
  const auto protocol = object.word("protocol", {"tcp", "udp"});
  object.finish();
  if (!port) return;
  PortMapping mapping;
  mapping.container_port = static_cast<std::uint16_t>(*port);
  mapping.host_port = static_cast<std::uint16_t>(host_port.value_or(*port));
  mapping.protocol = protocol.value_or("tcp");
  mapping.name = name.value_or("");
  mapping.app_protocol = app_protocol.value_or("");
  mappings.push_back(std::move(mapping));
}

void read_environment(AwsReading& reading, AwsObject& object, ContainerDefinition& container) {
  object.each("environment", [&](const Node& node, std::string path) {
    AwsObject pair(reading, node, std::move(path));
    const auto name = pair.text("name");
    const auto value = pair.text("value");
    if (name) container.environment[*name] = value.value_or("");
    pair.finish();
  });
}

void read_log_configuration(AwsReading& reading, AwsObject& object,
                            ContainerDefinition& container) {
  const Node* node = object.child("logConfiguration");
  if (node == nullptr) return;
  AwsObject configuration(reading, *node, object.path_of("logConfiguration"));
  // Source: the ECS API's LogDriver.
  container.log_driver = configuration
                             .word("logDriver", {"awsfirelens", "awslogs", "fluentd", "gelf",
                                                 "journald", "json-file", "splunk", "syslog"})
                             .value_or("");
  container.log_options = configuration.texts("options");
  configuration.accept({"secretOptions"});
  configuration.finish();
}

void read_health_check(AwsReading& reading, AwsObject& object, ContainerDefinition& container) {
  const Node* node = object.child("healthCheck");
  if (node == nullptr) return;
  AwsObject json(reading, *node, object.path_of("healthCheck"));
  HealthCheck check;
  json.each("command", [&](const Node& word, std::string) { check.command.push_back(word.text); });
  const auto take = [&](const char* key, HealthCheckLimits limits, Duration& target) {
    const auto seconds = json.integer(key, limits.least, limits.most);
    if (seconds) target = std::chrono::seconds(*seconds);
  };
  take("interval", health_check_interval, check.interval);
  take("timeout", health_check_timeout, check.timeout);
  take("startPeriod", health_check_start_period, check.start_period);
  const auto retries =
      json.integer("retries", health_check_retries.least, health_check_retries.most);
  if (retries) check.retries = static_cast<std::uint32_t>(*retries);
  json.finish();
  // ["NONE"] switches off what the image brings along.
  if (!check.command.empty() && check.command.front() == "NONE") return;
  container.health_check = std::move(check);
}

void read_dependencies(AwsReading& reading, AwsObject& object, ContainerDefinition& container) {
  object.each("dependsOn", [&](const Node& node, std::string path) {
    AwsObject json(reading, node, std::move(path));
    Dependency dependency;
    dependency.container = json.required_text("containerName", "a dependency").value_or("");
    const auto condition =
        json.word("condition", {"START", "COMPLETE", "SUCCESS", "HEALTHY"}).value_or("START");
    using Condition = Dependency::Condition;
    dependency.condition = condition == "HEALTHY"    ? Condition::healthy
                           : condition == "SUCCESS"  ? Condition::success
                           : condition == "COMPLETE" ? Condition::complete
                                                     : Condition::start;
    json.finish();
    container.depends_on.push_back(std::move(dependency));
  });
}

void read_restart_policy(AwsReading& reading, AwsObject& object, ContainerDefinition& container) {
  const Node* node = object.child("restartPolicy");
  if (node == nullptr) return;
  AwsObject json(reading, *node, object.path_of("restartPolicy"));
  const bool is_enabled = json.boolean("enabled").value_or(false);
  RestartPolicy policy;
  if (const auto seconds = json.integer("restartAttemptPeriod", 60, 1800)) {
    policy.attempt_period = std::chrono::seconds(*seconds);
  }
  json.each("ignoredExitCodes", [&](const Node& code, std::string path) {
    int number = 0;
    const char* end = code.text.data() + code.text.size();
    const auto parsed = std::from_chars(code.text.data(), end, number);
    if (parsed.ec == std::errc{} && parsed.ptr == end) {
      policy.ignored_exit_codes.push_back(number);
    } else {
      json.complain(code, "E0302", path + " is not an exit code", "for example 0");
    }
  });
  json.finish();
  if (is_enabled) container.restart_policy = std::move(policy);
}

void read_linux_parameters(AwsReading& reading, AwsObject& object, ContainerDefinition& container) {
  const Node* node = object.child("linuxParameters");
  if (node == nullptr) return;
  AwsObject json(reading, *node, object.path_of("linuxParameters"));
  json.accept({"capabilities", "devices", "sharedMemorySize", "tmpfs", "maxSwap", "swappiness"});
  container.has_init_process = json.boolean("initProcessEnabled").value_or(false);
  json.finish();
}

ContainerDefinition read_container(AwsReading& reading, const Node& node, std::string path) {
  AwsObject object(reading, node, std::move(path));
  // Source: botocore ecs 2014-11-13, ContainerDefinition.
  object.accept({"repositoryCredentials",
                 "links",
                 "entryPoint",
                 "command",
                 "environmentFiles",
                 "mountPoints",
                 "volumesFrom",
                 "secrets",
                 "versionConsistency",
                 "hostname",
                 "workingDirectory",
                 "disableNetworking",
                 "privileged",
                 "readonlyRootFilesystem",
                 "dnsServers",
                 "dnsSearchDomains",
                 "extraHosts",
                 "dockerSecurityOptions",
                 "interactive",
                 "pseudoTerminal",
                 "dockerLabels",
                 "ulimits",
                 "systemControls",
                 "resourceRequirements",
                 "firelensConfiguration",
                 "credentialSpecs"});
  ContainerDefinition container;
  container.name = object.required_text("name", "a container").value_or("");
  container.image = object.text("image").value_or("");
  container.cpu = CpuUnits(object.integer("cpu", 0, cpu_max).value_or(0));
  const auto soft = object.integer("memoryReservation", 0, memory_max);
  container.memory =
      Bytes(mebibyte * object.integer("memory", 0, memory_max).value_or(soft.value_or(0)));
  container.essential = object.boolean("essential").value_or(true);
  container.user = object.text("user").value_or("");
  if (const auto seconds = object.integer("stopTimeout", 0, 3600)) {
    container.stop_timeout = std::chrono::seconds(*seconds);
  }
  if (const auto seconds = object.integer("startTimeout", 2, 3600)) {
    container.start_timeout = std::chrono::seconds(*seconds);
  }
  read_health_check(reading, object, container);
  read_dependencies(reading, object, container);
  read_restart_policy(reading, object, container);
  read_linux_parameters(reading, object, container);
  object.each("portMappings", [&](const Node& port, std::string port_path) {
    read_port(reading, port, std::move(port_path), container.port_mappings);
  });
  read_environment(reading, object, container);
  read_log_configuration(reading, object, container);
  object.finish();
  return container;
}

void read_app_ports(AwsObject& property, TaskDefinition& task) {
  const auto value = property.text("value");
  if (!value) return;
  std::string_view rest = *value;
  for (bool is_last = false; !is_last;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    is_last = comma == rest.size();
    std::uint16_t port = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + comma, port);
    if (parsed.ec != std::errc{} || parsed.ptr != rest.data() + comma || port == 0) {
      return property.complain(*property.child("value"), "E0302",
                               "AppPorts must be ports separated by commas",
                               "for example \"8080,8443\"");
    }
    task.app_ports.push_back(port);
    rest.remove_prefix(is_last ? comma : comma + 1);
  }
}

void read_proxy_property(AwsReading& reading, const Node& node, std::string path,
                         TaskDefinition& task) {
  AwsObject property(reading, node, std::move(path));
  const std::string name = property.text("name").value_or("");
  if (name == "ProxyIngressPort" || name == "ProxyEgressPort") {
    const auto port = property.integer("value", 1, port_max);
    auto& target = name == "ProxyIngressPort" ? task.proxy_ingress_port : task.proxy_egress_port;
    if (port) target = static_cast<std::uint16_t>(*port);
  } else if (name == "AppPorts") {
    read_app_ports(property, task);
  } else {
    property.ignore("value");
    // App Mesh's own plumbing: nothing but Envoy runs as this user, nothing calls these addresses.
    if (name != "IgnoredUID" && name != "EgressIgnoredIPs") {
      reading.note_not_simulated("proxyConfiguration.properties: " + shown(name));
    }
  }
  property.finish();
}

void read_proxy(AwsReading& reading, AwsObject& object, TaskDefinition& task) {
  const Node* node = object.child("proxyConfiguration");
  if (node == nullptr) return;
  AwsObject proxy(reading, *node, object.path_of("proxyConfiguration"));
  static_cast<void>(proxy.word("type", {"APPMESH"}));
  if (const auto name = proxy.required_text("containerName", "a proxyConfiguration")) {
    task.proxy_container = *name;
    const auto is_proxy = [&](const ContainerDefinition& container) {
      return container.name == *name;
    };
    if (!task.containers.empty() && std::ranges::none_of(task.containers, is_proxy)) {
      proxy.complain(*node->find("containerName"), "E0304",
                     "the task has no container " + yaml::quoted(*name),
                     "name the Envoy container");
    }
  }
  proxy.each("properties", [&](const Node& property, std::string path) {
    read_proxy_property(reading, property, std::move(path), task);
  });
  proxy.finish();
}

/// A revision may stand beside the family or at the end of the ARN.
int revision_of(AwsObject& object) {
  const auto revision = object.integer("revision", 1, 1'000'000);
  const auto arn = object.text("taskDefinitionArn");
  if (revision) return static_cast<int>(*revision);
  int number = 1;
  if (!arn) return number;
  const auto colon = arn->rfind(':');
  std::from_chars(arn->data() + colon + 1, arn->data() + arn->size(), number);
  return std::max(number, 1);
}

using ByName = std::map<std::string_view, const ContainerDefinition*>;  ///< The first of a name.

ByName by_name(const TaskDefinition& task) {
  ByName containers;
  for (const ContainerDefinition& container : task.containers) {
    containers.emplace(container.name, &container);
  }
  return containers;
}

/// Takes away what depends on nothing that is left, again and again: what stays waits for a circle.
/// Seen from the other end (`is_reversed`), what stays is waited for by one.
void peel(ByName& containers, bool is_reversed) {
  std::map<std::string_view, std::size_t> waits;
  std::map<std::string_view, std::vector<std::string_view>> followers;
  for (const auto& [name, container] : containers) {
    for (const Dependency& dependency : container->depends_on) {
      if (!containers.contains(dependency.container)) continue;
      const std::string_view first = is_reversed ? name : std::string_view(dependency.container);
      const std::string_view second = is_reversed ? std::string_view(dependency.container) : name;
      ++waits[second];
      followers[first].push_back(second);
    }
  }
  std::vector<std::string_view> free;
  for (const auto& [name, container] : containers) {
    if (!waits.contains(name)) free.push_back(name);
  }
  while (!free.empty()) {
    const std::string_view name = free.back();
    free.pop_back();
    containers.erase(name);
    for (const std::string_view follower : followers[name]) {
      if (--waits[follower] == 0) free.push_back(follower);
    }
  }
}

bool depends_on_itself(const ByName& containers, const std::string& name) {
  std::set<std::string_view> seen;
  std::vector<std::string_view> next = {name};
  while (!next.empty()) {
    const auto current = containers.find(next.back());
    next.pop_back();
    if (current == containers.end()) continue;
    for (const Dependency& dependency : current->second->depends_on) {
      if (dependency.container == name) return true;
      if (seen.insert(dependency.container).second) next.push_back(dependency.container);
    }
  }
  return false;
}

void check_circles(AwsObject& object, const Node& list, const TaskDefinition& task) {
  ByName left = by_name(task);
  peel(left, false);
  peel(left, true);
  for (std::size_t i = 0; i < task.containers.size() && i < list.items.size(); ++i) {
    const std::string& name = task.containers[i].name;
    if (!left.contains(name) || !depends_on_itself(left, name)) continue;
    object.complain(list.items[i], "E0302",
                    "container " + yaml::quoted(name) + " depends on itself",
                    "break the circle of \"dependsOn\"");
    return;
  }
}

/// What ECS refuses to register.
void check_dependencies(AwsObject& object, const Node& list, const TaskDefinition& task) {
  const ByName containers = by_name(task);
  for (std::size_t i = 0; i < task.containers.size() && i < list.items.size(); ++i) {
    const ContainerDefinition& container = task.containers[i];
    for (const Dependency& dependency : container.depends_on) {
      const auto other = containers.find(dependency.container);
      using Condition = Dependency::Condition;
      const bool waits_for_end =
          dependency.condition == Condition::complete || dependency.condition == Condition::success;
      if (other == containers.end()) {
        object.complain(
            list.items[i], "E0304",
            "the task has no container " + yaml::quoted(dependency.container) + " to depend on",
            "name one of its containers");
      } else if (waits_for_end && other->second->essential) {
        object.complain(list.items[i], "E0302",
                        yaml::quoted(dependency.container) +
                            " is essential: its end is the task's end, nothing can wait for it",
                        "use the condition START or HEALTHY, or essential: false");
      } else if (dependency.condition == Condition::healthy && !other->second->health_check) {
        object.complain(
            list.items[i], "E0302",
            yaml::quoted(dependency.container) + " has no healthCheck, so it never becomes HEALTHY",
            "add \"healthCheck\" to it, or use the condition START");
      }
    }
  }
  check_circles(object, list, task);
}

void check_containers(AwsObject& object, const Node& node, const TaskDefinition& task) {
  if (node.find("containerDefinitions") == nullptr) {
    if (node.kind == Node::Kind::mapping) {
      object.complain(node, "E0303", "a task definition without \"containerDefinitions\"",
                      "add \"containerDefinitions\"");
    }
    return;
  }
  const Node& list = *node.find("containerDefinitions");
  if (list.kind == Node::Kind::null || (list.kind == Node::Kind::sequence && list.items.empty())) {
    object.complain(list, "E0303", "a task definition without containers",
                    "containerDefinitions needs at least one");
  }
  check_dependencies(object, list, task);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    const std::string& name = task.containers[i].name;
    if (name.empty() || names.insert(name).second) continue;
    object.complain(list.items[i], "E0305", "two containers are called " + yaml::quoted(name),
                    "rename one of them");
  }
}

}  // namespace

void read_task_definition(AwsReading& reading, const Node& node, std::string json,
                          const std::string& path) {
  TaskDefinition task;
  task.mark = node.mark;
  task.is_from_file = reading.origin == Origin::file;
  task.json = std::move(json);
  AwsObject object(reading, node, path);
  object.accept({"taskRoleArn", "executionRoleArn", "volumes", "placementConstraints",
                 "requiresCompatibilities", "tags", "ipcMode", "inferenceAccelerators",
                 "ephemeralStorage", "runtimePlatform"});
  task.family = object.required_text("family", "a task definition").value_or("");
  task.revision = revision_of(object);
  task.network_mode =
      object.word("networkMode", {"awsvpc", "bridge", "host", "none"}).value_or("bridge");
  task.pid_mode = object.word("pidMode", {"task", "host"}).value_or("");
  task.has_fault_injection = object.boolean("enableFaultInjection").value_or(false);
  task.cpu = CpuUnits(size_of(object, "cpu", "vcpu", cpu_max).value_or(0));
  task.memory = Bytes(mebibyte * size_of(object, "memory", "gb", memory_max).value_or(0));
  object.each("containerDefinitions", [&](const Node& container, std::string container_path) {
    task.containers.push_back(read_container(reading, container, std::move(container_path)));
  });
  check_containers(object, node, task);
  read_proxy(reading, object, task);
  object.finish();
  reading.artefacts.task_definitions.push_back(std::move(task));
}

void import_task_definition(std::string_view text, const std::string& file, Artefacts& artefacts,
                            sim::Diagnostics& diagnostics) {
  const auto root = parse_json(text, file, diagnostics);
  if (!root) return;
  const Node* inner = root->find("taskDefinition");
  const Node& node = inner == nullptr ? *root : *inner;
  if (node.find("containerDefinitions") == nullptr) {
    diagnostics.error(root->mark, "E0306", "this is not an ECS task definition",
                      root->find("SecurityGroups") != nullptr
                          ? "it holds security groups: list it under artefacts.ec2"
                          : "it must hold containerDefinitions, or taskDefinition with them");
    return;
  }
  AwsReading reading{file, artefacts, diagnostics};
  read_task_definition(reading, node, std::string(text), "");
}

}  // namespace hoplab::scenarios
