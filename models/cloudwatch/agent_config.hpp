// What a container tells its CloudWatch agent: CW_CONFIG_CONTENT.
#pragma once

#include <map>
#include <string>

namespace hoplab::models::cloudwatch {

struct AgentConfig {
  std::string name_space;
  bool has_statsd = true;  ///< It listens on 8125.
};

/// Reads `metrics.namespace` and whether there is `metrics.metrics_collected.statsd`. A container
/// without CW_CONFIG_CONTENT takes its configuration from somewhere that a task definition does not
/// tell (SSM, its image): it is taken to have a statsd section. So is text that is no JSON.
/// Source: CloudWatch User Guide, "CloudWatch agent configuration file"; App Mesh examples.
[[nodiscard]] AgentConfig read_agent_config(const std::map<std::string, std::string>& environment,
                                            const std::string& default_name_space);

}  // namespace hoplab::models::cloudwatch
