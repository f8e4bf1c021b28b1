// Faults in the words of the ECS agent's fault injection endpoints.
#pragma once

#include <optional>
#include <string>

#include "scenarios/schema/section.hpp"

namespace hoplab::scenarios {

/// What FIS calls the same.
struct AgentFault {
  std::string action;  ///< "aws:ecs:task-network-latency".
  Node parameters;
};

/// `{type: network-latency, body: {"DelayMilliseconds": 200, ...}}`: the last part of the
/// endpoint's path, and what is sent there. Nothing after an error. Source: amazon-ecs-agent,
/// ecs-agent/tmds/handlers/fault/v1/types.
[[nodiscard]] std::optional<AgentFault> agent_fault(const Node& node,
                                                    sim::Diagnostics& diagnostics);

/// The fault with `action` and `parameters` in place of its `agentFault`.
[[nodiscard]] Node in_the_words_of_fis(const Node& fault, const AgentFault& meant);

}  // namespace hoplab::scenarios
