#include "scenarios/schema/agent_fault.hpp"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

/// A member of the body and FIS's word for it.
struct Member {
  const char* agent;
  const char* fis;
  bool is_required;
};

struct Endpoint {
  const char* name;
  const char* action;
  std::vector<Member> members;
};

const std::vector<Endpoint>& endpoints() {
  static const std::vector<Endpoint> all = {{"network-blackhole-port",
                                             "aws:ecs:task-network-blackhole-port",
                                             {{"Port", "port", true},
                                              {"Protocol", "protocol", true},
                                              {"TrafficType", "trafficType", true},
                                              {"SourcesToFilter", "sourcesToFilter", false}}},
                                            {"network-latency",
                                             "aws:ecs:task-network-latency",
                                             {{"DelayMilliseconds", "delayMilliseconds", true},
                                              {"JitterMilliseconds", "jitterMilliseconds", true},
                                              {"Sources", "sources", true},
                                              {"SourcesToFilter", "sourcesToFilter", false},
                                              {"FlowsPercent", "flowsPercent", false}}},
                                            {"network-packet-loss",
                                             "aws:ecs:task-network-packet-loss",
                                             {{"LossPercent", "lossPercent", true},
                                              {"Sources", "sources", true},
                                              {"SourcesToFilter", "sourcesToFilter", false},
                                              {"FlowsPercent", "flowsPercent", false}}}};
  return all;
}

Node::Entry entry_of(const char* key, Node value) {
  Node::Entry entry;
  entry.key = {key, value.mark};
  entry.value = std::move(value);
  return entry;
}

Node text_at(const sim::SourceMark& mark, std::string text) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.mark = mark;
  node.text = std::move(text);
  return node;
}

/// FIS writes a list as one text.
Node joined(const Node& value) {
  if (value.kind != Node::Kind::sequence) return value;
  std::string all;
  for (const Node& item : value.items) all += (all.empty() ? "" : ",") + item.text;
  return text_at(value.mark, all);
}

Node read_body(const Node& body, const Endpoint& endpoint, sim::Diagnostics& diagnostics) {
  // No keys of the language: the agent's.
  std::vector<std::string> members;
  for (const Member& member : endpoint.members) members.emplace_back(member.agent);
  const Section section(body, fmt::format("the body of {}", endpoint.name), members, diagnostics);
  Node parameters;
  parameters.kind = Node::Kind::mapping;
  parameters.mark = body.mark;
  for (const Member& member : endpoint.members) {
    const Node* value = section.find(member.agent);
    if (value == nullptr && member.is_required) {
      section.require(member.agent, "the agent answers 400 without it");
    }
    if (value == nullptr) continue;
    Node plain = joined(*value);
    if (plain.text.empty() && !member.is_required) continue;
    parameters.entries.push_back(entry_of(member.fis, std::move(plain)));
  }
  return parameters;
}

}  // namespace

std::optional<AgentFault> agent_fault(const Node& node, sim::Diagnostics& diagnostics) {
  const Section section(node, "'agentFault'", {"type", "body"}, diagnostics);
  const Node* type = section.require("type", "write network-latency");
  const Node* body = section.require("body", "what is sent to the endpoint");
  if (type == nullptr || body == nullptr) return std::nullopt;
  std::vector<std::string> names;
  for (const Endpoint& endpoint : endpoints()) names.emplace_back(endpoint.name);
  const auto index = read_choice(*type, names, diagnostics);
  if (!index) return std::nullopt;
  const int errors_before = diagnostics.errors();
  const Endpoint& endpoint = endpoints()[*index];
  AgentFault fault{endpoint.action, read_body(*body, endpoint, diagnostics)};
  if (diagnostics.errors() != errors_before) return std::nullopt;
  return fault;
}

Node in_the_words_of_fis(const Node& fault, const AgentFault& meant) {
  Node result = fault;
  std::erase_if(result.entries,
                [](const Node::Entry& entry) { return entry.key.name == "agentFault"; });
  result.entries.push_back(entry_of("action", text_at(fault.mark, meant.action)));
  result.entries.push_back(entry_of("parameters", meant.parameters));
  return result;
}

}  // namespace hoplab::scenarios
