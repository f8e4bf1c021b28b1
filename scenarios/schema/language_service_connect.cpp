// Keys of Service Connect, in the words of the ECS API.
#include <array>

#include "scenarios/schema/language.hpp"

namespace hoplab::scenarios {
namespace {

constexpr std::int64_t seconds_max = 366LL * 24 * 3600;

constexpr Key rows[] = {
    {"mesh.namespace", of(Kind::text), "`local`",
     "Service Connect: the Cloud Map namespace of all services. Host names end in it.",
     R"("local")"},
    {"mesh.logConfiguration", of(Kind::mapping), "`awslogs`",
     "Service Connect: where the proxies' output goes, for services that do not say.",
     R"({"logDriver":"awslogs"})"},
    {"mesh.logConfiguration.logDriver", words("awslogs|awsfirelens"), "none, required",
     "As ECS takes it.", ""},
    {"mesh.logConfiguration.options", of(Kind::aws_object), "a group named after the container",
     "As ECS takes them. They are told, and name nothing in the recording.",
     R"({"awslogs-group":"proxies"})"},
    {"mesh.accessLogConfiguration", words("none"), "text, without queries",
     "Service Connect: the proxies' access logs, for services that do not say. ECS writes none "
     "unless it is told to; hoplab does unless it is told not to.",
     R"({"format":"JSON"})"},
    {"mesh.accessLogConfiguration.format", words("TEXT|JSON"), "none, required",
     "Text in one line, or a JSON object. Neither has response flags.", ""},
    {"mesh.accessLogConfiguration.includeQueryParameters", words("ENABLED|DISABLED"), "`DISABLED`",
     "Whether paths are written with their query.", ""},
    {"mesh.simulate.retryAttempts", integer(0, 100), "2",
     "Service Connect: how often a proxy tries again when a connection fails or is reset.", ""},
    {"mesh.simulate.outlierDetection", words("none"), "see below",
     "Service Connect: when callers' proxies leave a task out.", R"({"maxServerErrors":5})"},
    {"mesh.simulate.outlierDetection.maxServerErrors", integer(1, 2'147'483'647), "5",
     "So many failures in a row.", ""},
    {"mesh.simulate.outlierDetection.interval", of(Kind::duration), "30s",
     "How often tasks that have been left out long enough are taken back.", ""},
    {"mesh.simulate.outlierDetection.baseEjectionDuration", of(Kind::duration), "30s",
     "For how long, the first time; each time longer, at most 300 s.", ""},
    {"mesh.simulate.outlierDetection.maxEjectionPercent", integer(0, 100), "10",
     "At most so many of them, but one in any case.", ""},
    {"mesh.simulate.knownEndpoints", of(Kind::aws_object), "all of them",
     "Service Connect: by service, the endpoints that were there when its tasks were deployed. "
     "They "
     "have never heard of any other: `ENOTFOUND`, until the service is deployed again.",
     R"({"a":["b"]})"},
    {"mesh.simulate.accessLogFormat", of(Kind::text), "that of `accessLogConfiguration`",
     "Service Connect: the format as it really is, for whoever knows it better: the whole of its "
     "JSON keys and the end of its text are published nowhere.",
     R"("[%START_TIME%] %RESPONSE_CODE%\n")"},
    {"mesh.simulate.accessLogFormat.text", of(Kind::text), "none", "The same. Excludes `json`.",
     R"("[%START_TIME%] %RESPONSE_CODE%\n")"},
    {"mesh.simulate.accessLogFormat.json", of(Kind::list), "none", "Members of a JSON object.",
     R"([{"key":"code","value":"%RESPONSE_CODE%"}])"},
    {"mesh.simulate.accessLogFormat.json[].key", of(Kind::text), "none, required",
     "The member's name.", R"("code")"},
    {"mesh.simulate.accessLogFormat.json[].value", of(Kind::text), "none, required",
     "Its value, with command operators.", R"("%RESPONSE_CODE%")"},
    {"services.<name>.serviceConnectConfiguration", of(Kind::mapping),
     "one endpoint named after the service",
     "Where the mesh is Service Connect: the service's part in it, as CreateService takes it.",
     R"({"services":[{"portName":"http","discoveryName":"b"}]})"},
    {"services.<name>.serviceConnectConfiguration.enabled", of(Kind::boolean), "`true`",
     "`false` is an error: every service has a proxy.", R"(true)"},
    {"services.<name>.serviceConnectConfiguration.namespace", of(Kind::text), "that of the mesh",
     "No other one is taken.", R"("local")"},
    {"services.<name>.serviceConnectConfiguration.services", of(Kind::list), "one",
     "Its endpoint. `[]`: it calls others and has no name itself. Of several, the first is "
     "simulated (W0701).",
     R"([{"portName":"http"}])"},
    {"services.<name>.serviceConnectConfiguration.services[].portName", of(Kind::text),
     "that of its port, or the service's name", "Of a port mapping in the task definition.",
     R"("http")"},
    {"services.<name>.serviceConnectConfiguration.services[].discoveryName", of(Kind::text),
     "its `portName`", "The Cloud Map service, and what metrics call it.", R"("b")"},
    {"services.<name>.serviceConnectConfiguration.services[].clientAliases", of(Kind::list),
     "discoveryName.namespace and the service's port",
     "By what host name and port others call it. The first is simulated (W0701).",
     R"([{"port":80,"dnsName":"b"}])"},
    {"services.<name>.serviceConnectConfiguration.services[].clientAliases[].port",
     integer(1, 65535), "none, required", "What callers dial.", ""},
    {"services.<name>.serviceConnectConfiguration.services[].clientAliases[].dnsName",
     of(Kind::text), "discoveryName.namespace", "What callers call it.", R"("b")"},
    {"services.<name>.serviceConnectConfiguration.services[].ingressPortOverride",
     integer(1, 65535), "none", "Not simulated yet (W0701).", ""},
    {"services.<name>.serviceConnectConfiguration.services[].tls", of(Kind::aws_object), "none",
     "Not simulated yet (W0701).", R"({"roleArn":"arn:aws:iam::111122223333:role/tls"})"},
    {"services.<name>.serviceConnectConfiguration.services[].timeout", of(Kind::mapping),
     "see below", "Of requests to it.", R"({"perRequestTimeoutSeconds":15})"},
    {"services.<name>.serviceConnectConfiguration.services[].timeout.idleTimeoutSeconds",
     integer(0, seconds_max), "300", "A request on which nothing moves. 0: none.", ""},
    {"services.<name>.serviceConnectConfiguration.services[].timeout.perRequestTimeoutSeconds",
     integer(0, seconds_max), "15", "A request, with all its attempts. 0: none.", ""},
    {"services.<name>.serviceConnectConfiguration.logConfiguration", of(Kind::mapping),
     "that of the mesh", "Where its proxies' output goes.", R"({"logDriver":"awslogs"})"},
    {"services.<name>.serviceConnectConfiguration.logConfiguration.logDriver",
     words("awslogs|awsfirelens"), "none, required", "As ECS takes it.", ""},
    {"services.<name>.serviceConnectConfiguration.logConfiguration.options", of(Kind::aws_object),
     "a group named after the container", "As ECS takes them.", R"({"awslogs-group":"proxies"})"},
    {"services.<name>.serviceConnectConfiguration.accessLogConfiguration", words("none"),
     "that of the mesh", "Its proxies' access logs.", R"({"format":"JSON"})"},
    {"services.<name>.serviceConnectConfiguration.accessLogConfiguration.format",
     words("TEXT|JSON"), "none, required", "Text in one line, or a JSON object.", ""},
    {"services.<name>.serviceConnectConfiguration.accessLogConfiguration.includeQueryParameters",
     words("ENABLED|DISABLED"), "`DISABLED`", "Whether paths are written with their query.", ""},
};

}  // namespace

std::span<const Key> service_connect_keys() { return rows; }

}  // namespace hoplab::scenarios
