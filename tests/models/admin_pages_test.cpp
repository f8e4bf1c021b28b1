// What an Envoy's admin interface shows of its state, against the shapes of real ones: the text of
// /clusters and the JSON of /config_dump as App Mesh Envoys have been seen to print them, and the
// members of Envoy's admin.v3 messages.
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "models/envoy/admin_pages.hpp"
#include "models/envoy/config_dump.hpp"
#include "tests/models/one_envoy.hpp"

namespace hoplab::models::envoy {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view cluster = "cds_egress_demo_b_http_8080";

NodeFacts facts_at(const sim::Engine& engine) {
  return {.node_id = "arn:aws:appmesh:us-east-1:111122223333:mesh/demo/virtualNode/a",
          .clock = {.zero = *sim::parse_iso8601("2026-01-05T12:00:00Z"), .offset = 3ms},
          .now = engine.now(),
          .memory = sim::Bytes(1)};
}

/// The facts of /clusters in their order, without their values.
std::vector<std::string> facts_of(const std::string& page, const std::string& prefix) {
  std::vector<std::string> facts;
  std::istringstream in(page);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(prefix)) continue;
    facts.push_back(line.substr(prefix.size(), line.rfind("::") - prefix.size()));
  }
  return facts;
}

TEST(AdminPages, ClustersHaveTheLinesOfARealEnvoyInItsOrder) {
  OneEnvoy envoy(OneEnvoy::Start::with_configuration, 1);
  envoy.list({0});
  const std::string page = clusters_text(envoy.proxy());
  EXPECT_THAT(facts_of(page, std::string(cluster) + "::10.0.0.10:8080::"),
              ElementsAreArray({"cx_active", "cx_connect_fail", "cx_total", "rq_active", "rq_error",
                                "rq_success", "rq_timeout", "rq_total", "hostname", "health_flags",
                                "weight", "region", "zone", "sub_zone", "canary", "priority",
                                "success_rate", "local_origin_success_rate"}));
  const auto all = facts_of(page, std::string(cluster) + "::");
  EXPECT_THAT(
      std::vector<std::string>(all.begin(), all.begin() + 10),
      ElementsAreArray({"observability_name", "default_priority::max_connections",
                        "default_priority::max_pending_requests", "default_priority::max_requests",
                        "default_priority::max_retries", "high_priority::max_connections",
                        "high_priority::max_pending_requests", "high_priority::max_requests",
                        "high_priority::max_retries", "added_via_api"}));
  EXPECT_THAT(page, HasSubstr("::default_priority::max_connections::2147483647\n"));
  EXPECT_THAT(page, HasSubstr("::high_priority::max_retries::3\n"));
  EXPECT_THAT(page, HasSubstr("::success_rate::-1\n"));
}

TEST(AdminPages, OldEnvoysPrintAsTheyDid) {
  OneEnvoy envoy(OneEnvoy::Start::with_configuration, 1, "v1.15");
  envoy.list({0});
  const std::string page = clusters_text(envoy.proxy());
  EXPECT_THAT(page, HasSubstr("::success_rate::-1.0\n"));
  EXPECT_THAT(page, Not(HasSubstr("observability_name")));
}

TEST(AdminPages, HostsCountWhatBecameOfAttempts) {
  OneEnvoy envoy(OneEnvoy::Start::with_configuration, 1);
  envoy.route().has_retry_policy = false;
  envoy.apply_again();
  envoy.list({0});
  envoy.send_every(100ms, 3);
  envoy.server(0).status = 500;
  envoy.send_every(100ms, 2);
  envoy.server(0).is_hung = true;
  envoy.send_every(20s, 1);
  const Host& host = envoy.proxy().clusters().at(0).hosts.at(0);
  EXPECT_EQ(host.stats.rq_success, 3U);
  EXPECT_EQ(host.stats.rq_error, 3U);
  EXPECT_EQ(host.stats.rq_timeout, 1U);
  EXPECT_EQ(host.stats.rq_total, 6U);
  EXPECT_EQ(host.stats.cx_total, envoy.cluster_stats().cx_total);
  EXPECT_EQ(host.stats.cx_active, envoy.cluster_stats().cx_active);
}

TEST(AdminPages, ClustersAsJsonSayTheSame) {
  OneEnvoy envoy(OneEnvoy::Start::with_configuration, 2);
  envoy.list({0, 1});
  envoy.send_every(10ms, 4);
  const json page = json::parse(clusters_json(envoy.proxy()));
  const json& status = page.at("cluster_statuses").at(0);
  EXPECT_EQ(status.at("name"), cluster);
  EXPECT_TRUE(status.at("added_via_api"));
  EXPECT_EQ(status.at("circuit_breakers").at("thresholds").at(1).at("priority"), "HIGH");
  ASSERT_EQ(status.at("host_statuses").size(), 2U);
  std::uint64_t requests = 0;
  for (const json& host : status.at("host_statuses")) {
    EXPECT_EQ(host.at("health_status").at("eds_health_status"), "HEALTHY");
    EXPECT_EQ(host.at("address").at("socket_address").at("port_value"), 8080);
    for (const json& stat : host.at("stats")) {
      if (stat.at("name") == "rq_total") requests += std::stoull(stat.value("value", "0"));
    }
  }
  EXPECT_EQ(requests, 4U);
}

TEST(AdminPages, ListenersHaveAppMeshsNames) {
  OneEnvoy envoy;
  EXPECT_EQ(listeners_text(envoy.proxy()),
            "lds_ingress_0.0.0.0_15000::0.0.0.0:15000\nlds_egress_0.0.0.0_15001::0.0.0.0:15001\n");
  EXPECT_EQ(json::parse(listeners_json(envoy.proxy())).at("listener_statuses").size(), 2U);
}

TEST(AdminPages, AnEnvoyWithoutAConfigurationIsNotReady) {
  OneEnvoy envoy(OneEnvoy::Start::without_configuration);
  EXPECT_EQ(server_state(envoy.proxy()), "PRE_INITIALIZING");
  EXPECT_EQ(listeners_text(envoy.proxy()), "");
  EXPECT_EQ(clusters_text(envoy.proxy()), "");
  const json dump = json::parse(config_dump(envoy.proxy(), facts_at(envoy.engine())));
  EXPECT_EQ(dump.at("configs").size(), 4U);
  envoy.apply_again();
  EXPECT_EQ(server_state(envoy.proxy()), "LIVE");
  envoy.proxy().drain();
  EXPECT_EQ(server_state(envoy.proxy()), "DRAINING");
}

TEST(AdminPages, ServerInfoTellsTheTimeSinceTheStart) {
  OneEnvoy envoy;
  envoy.run_for(90s);
  const json info = json::parse(server_info(envoy.proxy(), facts_at(envoy.engine())));
  EXPECT_EQ(info.at("state"), "LIVE");
  EXPECT_EQ(info.at("uptime_current_epoch"), "90s");
  EXPECT_THAT(info.at("version").get<std::string>(), HasSubstr("/1.29.0/Clean/RELEASE/BoringSSL"));
  EXPECT_EQ(info.at("node").at("id"),
            "arn:aws:appmesh:us-east-1:111122223333:mesh/demo/virtualNode/a");
  EXPECT_EQ(info.at("command_line_options").at("concurrency"), 1);
}

// Source of the members: a published dump of an App Mesh Envoy (v3 API, 2022).
TEST(ConfigDump, HasTheFourPartsWithTheirTypes) {
  OneEnvoy envoy;
  envoy.list({0});
  const json dump = json::parse(config_dump(envoy.proxy(), facts_at(envoy.engine())));
  std::vector<std::string> types;
  for (const json& part : dump.at("configs")) types.push_back(part.at("@type"));
  EXPECT_THAT(types, ElementsAre("type.googleapis.com/envoy.admin.v3.BootstrapConfigDump",
                                 "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
                                 "type.googleapis.com/envoy.admin.v3.ListenersConfigDump",
                                 "type.googleapis.com/envoy.admin.v3.RoutesConfigDump"));
  const json& listener = dump.at("configs").at(2).at("dynamic_listeners").at(1);
  EXPECT_EQ(listener.at("name"), "lds_egress_0.0.0.0_15001");
  const json& state = listener.at("active_state").at("listener");
  EXPECT_EQ(state.at("traffic_direction"), "OUTBOUND");
  EXPECT_EQ(state.at("address").at("socket_address").at("port_value"), 15001);
  const json& filter = state.at("filter_chains").at(0).at("filters").at(0).at("typed_config");
  EXPECT_EQ(filter.at("stat_prefix"), "egress");
  EXPECT_EQ(
      filter.at("rds").at("route_config_name"),
      dump.at("configs").at(3).at("dynamic_route_configs").at(1).at("route_config").at("name"));
  EXPECT_EQ(listener.at("active_state").at("last_updated"), "2026-01-05T12:00:00.003Z");
}

TEST(ConfigDump, WritesAClusterAsItWasSent) {
  OneEnvoy envoy;
  envoy.cluster().connect_timeout = 250ms;
  envoy.cluster().circuit_breakers.connections_max = 10;
  envoy.cluster().outlier_detection = OutlierDetection{.consecutive_5xx = 7};
  envoy.apply_again();
  const json dump = json::parse(config_dump(envoy.proxy(), facts_at(envoy.engine())));
  const json& sent = dump.at("configs").at(1).at("dynamic_active_clusters").at(0).at("cluster");
  EXPECT_EQ(sent.at("name"), cluster);
  EXPECT_EQ(sent.at("type"), "EDS");
  EXPECT_EQ(sent.at("connect_timeout"), "0.250s");
  EXPECT_EQ(sent.at("circuit_breakers").at("thresholds").at(0).at("max_connections"), 10);
  EXPECT_EQ(sent.at("outlier_detection").at("consecutive_5xx"), 7);
  EXPECT_EQ(sent.at("outlier_detection").at("interval"), "10s");
}

TEST(ConfigDump, WritesRoutesWithTheirRetries) {
  OneEnvoy envoy;
  const json dump = json::parse(config_dump(envoy.proxy(), facts_at(envoy.engine())));
  const json& config =
      dump.at("configs").at(3).at("dynamic_route_configs").at(1).at("route_config");
  const json& host = config.at("virtual_hosts").at(0);
  EXPECT_EQ(host.at("domains"), json({"b.local", "b.local:8080"}));
  const json& route = host.at("routes").at(0);
  EXPECT_EQ(route.at("match"), (json{{"prefix", "/"}}));
  EXPECT_EQ(route.at("route").at("cluster"), cluster);
  EXPECT_EQ(route.at("route").at("timeout"), "15s");
  const json& retry = route.at("route").at("retry_policy");
  EXPECT_EQ(retry.at("retry_on"), "connect-failure,reset,retriable-status-codes");
  EXPECT_EQ(retry.at("num_retries"), 2);
  EXPECT_EQ(retry.at("retry_host_predicate").at(0).at("name"),
            "envoy.retry_host_predicates.previous_hosts");
  EXPECT_EQ(retry.at("retriable_status_codes"), json({503}));
}

}  // namespace
}  // namespace hoplab::models::envoy
