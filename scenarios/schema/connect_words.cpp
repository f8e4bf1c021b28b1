#include "scenarios/schema/connect_words.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "sim/random.hpp"

namespace hoplab::scenarios {
namespace {

using Json = nlohmann::ordered_json;

/// As the ECS agent loads it. Source: ECS agent, `ecs-service-connect-agent:interface-v1`.
constexpr std::string_view proxy_image = "ecs-service-connect-agent:interface-v1";

/// Members of the JSON form: the fields of the text, in the same order.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> fields = {{
    {"start_time", "%START_TIME%"},
    {"method", "%REQ(:METHOD)%"},
    {"path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"},
    {"protocol", "%PROTOCOL%"},
    {"response_code", "%RESPONSE_CODE%"},
    {"bytes_received", "%BYTES_RECEIVED%"},
    {"bytes_sent", "%BYTES_SENT%"},
    {"duration", "%DURATION%"},
    {"upstream_service_time", "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"},
    {"x_forwarded_for", "%REQ(X-FORWARDED-FOR)%"},
    {"user_agent", "%REQ(USER-AGENT)%"},
    {"request_id", "%REQ(X-REQUEST-ID)%"},
    {"authority", "%REQ(:AUTHORITY)%"},
    {"upstream_host", "%UPSTREAM_HOST%"},
}};

constexpr std::string_view text_format =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

std::map<std::string, std::string> usual_options(const Scenario& scenario,
                                                 const std::string& service,
                                                 const std::string& container) {
  return {{"awslogs-group", "/ecs/" + service + "/" + container},
          {"awslogs-region", scenario.region},
          {"awslogs-stream-prefix", container}};
}

}  // namespace

std::string connect_container(const Scenario& scenario) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::uint64_t rest =
      sim::stable_hash("service-connect/" + scenario.cluster + "/" + scenario.mesh_name);
  std::string name = "ecs-service-connect-";
  for (int digit = 0; digit < 5; ++digit) {
    name += alphabet[rest % alphabet.size()];
    rest /= alphabet.size();
  }
  return name;
}

ContainerDefinition connect_proxy(const Scenario& scenario, const std::string& service) {
  ContainerDefinition container;
  container.name = connect_container(scenario);
  container.image = proxy_image;
  container.essential = true;
  container.is_managed = true;
  container.log_driver = scenario.connect_log.log_driver;
  container.log_options = scenario.connect_log.options;
  if (container.log_options.empty()) {
    container.log_options = usual_options(scenario, service, container.name);
  }
  return container;
}

std::string connect_log_words(const ServiceConnectLog& log) {
  Json json{{"logConfiguration", {{"logDriver", log.log_driver}}}};
  if (!log.options.empty()) json["logConfiguration"]["options"] = log.options;
  if (log.format == ServiceConnectLog::Format::none) return json.dump();
  const bool is_text = log.format == ServiceConnectLog::Format::text;
  json["accessLogConfiguration"] = {
      {"format", is_text ? "TEXT" : "JSON"},
      {"includeQueryParameters", log.includes_query_parameters ? "ENABLED" : "DISABLED"}};
  return json.dump();
}

std::string connect_words(const Scenario& scenario, const Service& service) {
  const ServiceConnectSettings& connect = service.connect;
  Json json{{"enabled", true}, {"namespace", scenario.mesh_name}, {"services", Json::array()}};
  if (connect.is_endpoint) {
    const auto seconds = [](Duration duration) {
      return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    };
    Json endpoint{
        {"portName", connect.port_name},
        {"discoveryName", connect.discovery_name},
        {"clientAliases", Json::array({{{"port", connect.alias_port.value_or(service.port)},
                                        {"dnsName", service.hostname}}})}};
    if (const auto& idle = service.node.idle_timeout) {
      endpoint["timeout"]["idleTimeoutSeconds"] = seconds(*idle);
    }
    if (const auto& whole = service.node.request_timeout) {
      endpoint["timeout"]["perRequestTimeoutSeconds"] = seconds(*whole);
    }
    json["services"].push_back(std::move(endpoint));
  }
  ServiceConnectLog log = connect.log.value_or(scenario.connect_log);
  if (log.options.empty() && log.log_driver == "awslogs") {
    log.options = usual_options(scenario, service.name, connect_container(scenario));
  }
  json.update(Json::parse(connect_log_words(log)));
  return json.dump();
}

AccessLogFile connect_access_log(const Scenario& scenario, const ServiceConnectLog& log) {
  using Format = ServiceConnectLog::Format;
  AccessLogFile file = scenario.connect_log_format.value_or(AccessLogFile{});
  file.omits_query = !log.includes_query_parameters;
  if (log.format == Format::none) file.path = "/dev/null";
  if (file.text || !file.json.empty()) return file;
  if (log.format == Format::text) file.text = FormatText{{}, std::string(text_format)};
  if (log.format == Format::json) {
    for (const auto& [key, value] : fields) {
      file.json.emplace_back(key, FormatText{{}, std::string(value)});
    }
  }
  return file;
}

}  // namespace hoplab::scenarios
