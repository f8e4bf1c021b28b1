#include "models/cloudwatch/agent_config.hpp"

#include <nlohmann/json.hpp>

namespace hoplab::models::cloudwatch {

AgentConfig read_agent_config(const std::map<std::string, std::string>& environment,
                              const std::string& default_name_space) {
  using Json = nlohmann::json;
  AgentConfig config{.name_space = default_name_space};
  const auto content = environment.find("CW_CONFIG_CONTENT");
  if (content == environment.end()) return config;
  const Json json = Json::parse(content->second, nullptr, false);
  if (!json.is_object()) return config;
  const auto metrics = json.find("metrics");
  if (metrics == json.end() || !metrics->is_object()) {
    config.has_statsd = false;
    return config;
  }
  if (const auto name = metrics->find("namespace"); name != metrics->end() && name->is_string()) {
    config.name_space = name->get<std::string>();
  }
  const auto collected = metrics->find("metrics_collected");
  config.has_statsd = collected != metrics->end() && collected->contains("statsd");
  return config;
}

}  // namespace hoplab::models::cloudwatch
