// What FIS says in its own way, said in the catalogue's: SSM commands, durations among parameters.
#pragma once

#include <optional>
#include <string>

#include "scenarios/schema/draft.hpp"

namespace hoplab::scenarios {

/// An action as the catalogue knows it.
struct PlainAction {
  std::string id;
  std::optional<Node> parameters;  ///< Without FIS's `duration`.
  std::optional<Duration> lasts;   ///< From `duration`, or the document's own length.
};

/// `aws:ssm:send-command` with `documentArn` AWSFIS-Run-CPU-Stress is the action
/// "aws:ssm:send-command/AWSFIS-Run-CPU-Stress", and what `documentParameters` (JSON, as FIS takes
/// it) say are its parameters. `duration` of an AWS action is how long it lasts; of a command it is
/// how long FIS watches, and the document's own DurationSeconds is how long it lasts.
/// Source: AWS FIS User Guide, "Use Systems Manager SSM documents with AWS FIS".
[[nodiscard]] PlainAction plain_action(const std::string& id, const Node* parameters,
                                       const std::vector<FaultAction>& actions,
                                       sim::Diagnostics& diagnostics);

}  // namespace hoplab::scenarios
