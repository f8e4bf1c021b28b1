#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "scenarios/import/artefacts.hpp"
#include "scenarios/import/aws_object.hpp"

namespace hoplab::scenarios {
namespace {

constexpr std::int64_t mebibyte = 1024 * 1024;
constexpr std::int64_t cpu_max = 196'608;       // 192 vCPU, the largest task ECS takes.
constexpr std::int64_t memory_max = 1'500'000;  // MiB
constexpr std::int64_t port_max = 65'535;

/// "1024", "1 vCPU", ".5 vcpu"; "2048", "2 GB". The unit word multiplies.
std::optional<std::int64_t> with_unit(std::string_view text, std::string_view unit,
                                      double unit_is) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc{} || number < 0) return {};
  std::string rest(parsed.ptr, end);
  std::erase(rest, ' ');
  std::ranges::transform(rest, rest.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  if (!rest.empty() && rest != unit) return {};
  return static_cast<std::int64_t>(rest.empty() ? number : number * unit_is);
}

std::optional<std::int64_t> size_of(AwsObject& task, std::string_view key, std::string_view unit,
                                    std::int64_t most) {
  const Node* value = task.child(key);
  if (value == nullptr) return {};
  const auto size = with_unit(value->text, unit, 1024);
  if (value->kind == Node::Kind::scalar && size && *size > 0 && *size <= most) return size;
  task.complain(*value, "E0302",
                fmt::format("{} is not a task size: {}", task.path_of(key), value->text),
                key == "cpu" ? "write CPU units (\"1024\") or \"1 vCPU\""
                             : "write MiB (\"2048\") or \"2 GB\"");
  return {};
}

PortMapping read_port(AwsReading& reading, const Node& node, std::string path) {
  AwsObject object(reading, node, std::move(path));
  PortMapping mapping;
  mapping.container_port =
      static_cast<std::uint16_t>(object.integer("containerPort", 1, port_max).value_or(0));
  mapping.host_port = static_cast<std::uint16_t>(
      object.integer("hostPort", 0, port_max).value_or(mapping.container_port));
  mapping.protocol = object.text("protocol").value_or("tcp");
  object.finish();
  return mapping;
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
  container.log_driver = configuration.text("logDriver").value_or("");
  if (const Node* options = configuration.child("options")) {
    for (const Node::Entry& option : options->entries) {
      container.log_options[option.key.name] = option.value.text;
    }
  }
  configuration.finish();
}

ContainerDefinition read_container(AwsReading& reading, const Node& node, std::string path) {
  AwsObject object(reading, node, std::move(path));
  ContainerDefinition container;
  if (const auto name = object.text("name"); name && !name->empty()) {
    container.name = *name;
  } else {
    object.complain(node, "E0303", "a container without a name", "every container needs one");
  }
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
  object.each("portMappings", [&](const Node& port, std::string port_path) {
    container.port_mappings.push_back(read_port(reading, port, std::move(port_path)));
  });
  read_environment(reading, object, container);
  read_log_configuration(reading, object, container);
  object.finish();
  return container;
}

void read_app_ports(AwsObject& proxy, const Node& value, TaskDefinition& task) {
  std::string_view rest = value.text;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(','));
    std::uint16_t port = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), port);
    if (parsed.ec != std::errc{} || parsed.ptr != word.data() + word.size() || port == 0) {
      return proxy.complain(value, "E0302", "AppPorts must be ports separated by commas",
                            "for example \"8080,8443\"");
    }
    task.app_ports.push_back(port);
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
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
    if (const Node* value = property.child("value")) read_app_ports(property, *value, task);
  } else {
    property.ignore("value");
    // App Mesh's own plumbing: nothing but Envoy runs as this user, nothing calls these addresses.
    if (name != "IgnoredUID" && name != "EgressIgnoredIPs") {
      reading.note_not_simulated("proxyConfiguration.properties: " + name);
    }
  }
  property.finish();
}

void read_proxy(AwsReading& reading, AwsObject& object, TaskDefinition& task) {
  const Node* node = object.child("proxyConfiguration");
  if (node == nullptr) return;
  AwsObject proxy(reading, *node, "proxyConfiguration");
  const std::string type = proxy.text("type").value_or("APPMESH");
  const Node* name = proxy.child("containerName");
  task.proxy_container = name == nullptr ? "" : name->text;
  if (type != "APPMESH") {
    proxy.complain(*node, "E0302", "proxyConfiguration.type is " + type,
                   "the only type that ECS knows is APPMESH");
  }
  const auto is_proxy = [&](const ContainerDefinition& container) {
    return container.name == task.proxy_container;
  };
  if (std::ranges::none_of(task.containers, is_proxy)) {
    proxy.complain(name == nullptr ? *node : *name, "E0304",
                   "proxyConfiguration.containerName names no container of the task",
                   "name the Envoy container");
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

void check_containers(AwsObject& object, const Node& node, const TaskDefinition& task) {
  if (task.containers.empty()) {
    object.complain(node, "E0303", "a task definition without containers",
                    "containerDefinitions needs at least one");
  }
  for (auto one = task.containers.begin(); one != task.containers.end(); ++one) {
    const auto same = [&](const ContainerDefinition& other) { return other.name == one->name; };
    if (one->name.empty() || std::find_if(task.containers.begin(), one, same) == one) continue;
    const auto index = static_cast<std::size_t>(one - task.containers.begin());
    object.complain(node.find("containerDefinitions")->items[index], "E0305",
                    "two containers are called " + one->name, "rename one of them");
  }
}

}  // namespace

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
  TaskDefinition task;
  task.mark = node.mark;
  task.json = text;
  AwsObject object(reading, node, "");
  task.family = object.text("family").value_or("");
  if (task.family.empty()) {
    object.complain(node, "E0303", "a task definition without a family", "add \"family\"");
  }
  task.revision = revision_of(object);
  task.network_mode = object.text("networkMode").value_or("bridge");
  task.cpu = CpuUnits(size_of(object, "cpu", "vcpu", cpu_max).value_or(0));
  task.memory = Bytes(mebibyte * size_of(object, "memory", "gb", memory_max).value_or(0));
  object.each("containerDefinitions", [&](const Node& container, std::string path) {
    task.containers.push_back(read_container(reading, container, std::move(path)));
  });
  check_containers(object, node, task);
  read_proxy(reading, object, task);
  object.finish();
  artefacts.task_definitions.push_back(std::move(task));
}

}  // namespace hoplab::scenarios
