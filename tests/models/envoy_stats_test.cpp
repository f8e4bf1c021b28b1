// The statistics of an Envoy: histograms, pages, datagrams and what a CloudWatch agent makes of
// them, held against published lines of running Envoys and against each other.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "models/appmesh/dialect.hpp"
#include "models/cloudwatch/agent_config.hpp"
#include "models/cloudwatch/statsd_agent.hpp"
#include "models/envoy/log_linear.hpp"
#include "models/envoy/stat_pages.hpp"
#include "models/envoy/stat_walk.hpp"
#include "tests/support/run_scenario.hpp"

namespace hoplab::models {
namespace {

using envoy::LogLinearBins;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

constexpr std::array shares = {0.0, 0.25, 0.5, 0.75, 0.90, 0.95, 0.99, 0.995, 0.999, 1.0};

// --- Histograms -------------------------------------------------------------------------------

// "upstream_cx_connect_ms: P0(nan,3) P25(nan,3.025) P50(nan,3.05) P75(nan,3.075) P90(nan,3.09)
// P95(nan,3.095) P99(nan,3.099) P99.9(nan,3.0999) P100(nan,3.1)": an Envoy of two connections.
TEST(LogLinearBins, InterpolatesInsideABinAsTheEnvoyOfAPublishedPageDoes) {
  LogLinearBins bins;
  bins.add(3);
  bins.add(3);
  const auto values = bins.quantiles(shares);
  const std::array published = {3.0, 3.025, 3.05, 3.075, 3.09, 3.095, 3.099, 3.0995, 3.0999, 3.1};
  for (std::size_t i = 0; i < shares.size(); ++i) EXPECT_NEAR(values[i], published[i], 1e-9);
}

// "internal.upstream_rq_time: P0(nan,11) P25(nan,11.25) P50(nan,11.5) ... P100(nan,12)", and
// "update_duration: P0(nan,0) ... P100(nan,0)".
TEST(LogLinearBins, HasBinsOfOneFromTenOnAndOneForZero) {
  LogLinearBins eleven;
  eleven.add(11);
  EXPECT_NEAR(eleven.quantiles(shares)[1], 11.25, 1e-9);
  EXPECT_NEAR(eleven.quantiles(shares)[9], 12, 1e-9);
  LogLinearBins zero;
  zero.add(0);
  EXPECT_EQ(zero.quantiles(shares)[9], 0);
  LogLinearBins large;
  large.add(1999);
  EXPECT_NEAR(large.quantiles(shares)[0], 1900, 1e-9);
  EXPECT_NEAR(large.quantiles(shares)[9], 2000, 1e-9);
}

// Of the library's interface: "values in buckets that are entirely lower than or equal to it".
TEST(LogLinearBins, CountsForPrometheusTheBinsThatEndAtALimit) {
  LogLinearBins bins;
  for (const std::uint64_t value : {0U, 1U, 5U, 9U, 10U, 24U, 25U}) bins.add(value);
  EXPECT_EQ(bins.count_below(0.5), 1U);
  EXPECT_EQ(bins.count_below(5), 2U) << "5 lies in [5.0, 5.1)";
  EXPECT_EQ(bins.count_below(10), 4U);
  EXPECT_EQ(bins.count_below(25), 6U) << "24 lies in [24, 25)";
  EXPECT_EQ(bins.count(), 7U);
  EXPECT_NEAR(bins.sum(), 0 + 1.05 + 5.05 + 9.05 + 10.5 + 24.5 + 25.5, 1e-9);
}

TEST(LogLinearBins, GrowToBothSidesAndAddUp) {
  LogLinearBins low;
  low.add(2);
  LogLinearBins high;
  high.add(5000);
  high.add(40);
  high.add(low);
  EXPECT_EQ(high.count(), 3U);
  EXPECT_EQ(high.count_below(100), 2U);
}

// --- Names ------------------------------------------------------------------------------------

std::string labels(const std::vector<envoy::StatTag>& tags) {
  std::string text;
  for (const envoy::StatTag& tag : tags) text += tag.name + "=" + tag.value + " ";
  return text;
}

// Order of labels in published lines: fixed tags, the code's, the group's.
TEST(StatNames, HaveTheirTagsInTheOrderOfPublishedLines) {
  const auto group = envoy::http_group(envoy::Direction::ingress);
  const envoy::StatName name{group, "downstream_rq", 0, 2};
  std::string full;
  name.append_full(full);
  std::string extracted;
  name.append_extracted(extracted);
  EXPECT_EQ(full, "http.ingress.downstream_rq_2xx");
  EXPECT_EQ(extracted, "http.downstream_rq_xx");
  std::vector<envoy::StatTag> tags;
  envoy::append_tags(
      tags, appmesh::stat_tags("multiple-listeners-mesh", "foodteller-vn", true).fixed, name);
  EXPECT_EQ(labels(tags),
            "appmesh.mesh=multiple-listeners-mesh appmesh.virtual_node=foodteller-vn "
            "Mesh=multiple-listeners-mesh VirtualNode=foodteller-vn "
            "envoy.response_code_class=2 envoy.http_conn_manager_prefix=ingress ");
}

TEST(StatNames, CutAClustersNameAtItsFirstDot) {
  const auto group = envoy::cluster_group("cds_egress_my.mesh_b_http_8080");
  EXPECT_EQ(group.tags.front().value, "cds_egress_my");
  EXPECT_EQ(group.extracted, "cluster.mesh_b_http_8080.");
}

// --- Pages ------------------------------------------------------------------------------------

const std::string two = R"(
hoplab: 1
name: demo
duration: 60s
services:
  a: {calls: [{to: b}]}
  b: {serviceTime: 5ms}
workload: [{rate: 20/s, to: a, duration: 40s}]
)";

std::string page_of(const test::Run& run, const std::string& node, const std::string& name) {
  for (const auto& [key, text] : run.sink->pages) {
    if (!key.ends_with(" " + name)) continue;
    const std::string mark = name.ends_with(".prom") ? "appmesh_virtual_node=\"" + node + "\""
                                                     : "cluster.cds_ingress_demo_" + node + "_";
    if (text.find(mark) != std::string::npos) return text;
  }
  ADD_FAILURE() << "no " << name << " of " << node;
  return {};
}

std::vector<std::string> lines_of(const std::string& page) {
  std::vector<std::string> lines;
  std::istringstream stream(page);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(StatsPage, NamesWhatAnAppMeshEnvoyNames) {
  const auto run = test::run_text(two);
  const std::string page = page_of(run, "a", "stats.txt");
  for (const char* line : {
           "http.ingress.rds.rds_ingress_http_8080.version_text: \"1\"\n",
           "cluster.cds_egress_demo_b_http_8080.circuit_breakers.default.rq_open: 0\n",
           "cluster.cds_egress_demo_b_http_8080.lb_healthy_panic: 0\n",
           "cluster.cds_egress_demo_amazonaws.upstream_cx_total: 0\n",
           "cluster.cds_egress_demo_amazonaws.upstream_cx_length_ms: No recorded values\n",
           "control_plane.connected_state: 1\n",
           "cluster_manager.active_clusters: 3\n",
           "listener_manager.lds.update_success: 1\n",
           "listener.0.0.0.0_15000.http.ingress.downstream_rq_5xx: 0\n",
           "server.state: 0\n",
           "server.concurrency: 2\n",
       }) {
    EXPECT_THAT(page, HasSubstr(line));
  }
  EXPECT_THAT(page, Not(HasSubstr("health_check."))) << "there is none";
  EXPECT_THAT(page, Not(HasSubstr("mesh-allow-all"))) << "the egress filter drops";
}

TEST(StatsPage, HasReadoutsThenNumbersThenHistogramsEachByName) {
  const auto run = test::run_text(two);
  std::vector<std::string> names[3];
  for (const std::string& line : lines_of(page_of(run, "b", "stats.txt"))) {
    const auto colon = line.find(": ");
    const std::string value = line.substr(colon + 2);
    const bool is_histogram = value.starts_with("P0(") || value == "No recorded values";
    const int kind = value.starts_with("\"") ? 0 : is_histogram ? 2 : 1;
    for (int later = kind + 1; later < 3; ++later) EXPECT_TRUE(names[later].empty()) << line;
    names[kind].push_back(line.substr(0, colon));
  }
  for (const auto& group : names) {
    EXPECT_FALSE(group.empty());
    EXPECT_TRUE(std::ranges::is_sorted(group));
  }
}

// The load has stopped long before the end, so the last interval is empty.
TEST(StatsPage, TellsQuantilesOfTheLastIntervalAndOfAllTime) {
  const auto run = test::run_text(two);
  EXPECT_THAT(page_of(run, "a", "stats.txt"),
              HasSubstr("cluster.cds_egress_demo_b_http_8080.upstream_rq_time: P0(nan,"));
  EXPECT_THAT(page_of(run, "a", "stats.txt"),
              HasSubstr("cluster.cds_egress_demo_b_http_8080.external.upstream_rq_time: P0(nan,"));
  const auto early = test::run_text(two + "telemetry: {envoy: {snapshotStats: [30s]}}\n");
  EXPECT_THAT(page_of(early, "a", "stats@30s.txt"),
              Not(HasSubstr("demo_b_http_8080.upstream_rq_time: P0(nan,")));
}

TEST(PrometheusPage, HasTheShapeOfThePublishedLines) {
  const auto run = test::run_text(two);
  const std::string page = page_of(run, "a", "stats.prom");
  EXPECT_THAT(page, HasSubstr("# TYPE envoy_http_downstream_rq_xx counter\n"
                              "envoy_http_downstream_rq_xx{appmesh_mesh=\"demo\",appmesh_virtual_"
                              "node=\"a\",envoy_response_code_class=\"1\",envoy_http_conn_manager_"
                              "prefix=\"egress\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("envoy_cluster_assignment_stale{appmesh_mesh=\"demo\","
                              "appmesh_virtual_node=\"a\",envoy_cluster_name=\"cds_egress_demo_b_"
                              "http_8080\"} 0\n"));
  EXPECT_THAT(page, HasSubstr("# TYPE envoy_cluster_upstream_rq_time histogram\n"));
  EXPECT_THAT(page,
              HasSubstr("envoy_cluster_name=\"cds_egress_demo_b_http_8080\",le=\"0.5\"} 0\n"));
  EXPECT_THAT(page, HasSubstr(",le=\"3600000\"}"));
  EXPECT_THAT(page, HasSubstr(",le=\"+Inf\"}"));
}

TEST(MetricsExtension, CountsByTargetVirtualServiceAndNode) {
  const auto run = test::run_text(two + "telemetry: {envoy: {metricsExtension: true}}\n");
  const std::string page = page_of(run, "a", "stats.prom");
  const auto calls = run.sink->lines_of("b", "envoy").size();
  EXPECT_THAT(page, HasSubstr("envoy_appmesh_RequestCountPerTarget{appmesh_mesh=\"demo\","
                              "appmesh_virtual_node=\"a\",Mesh=\"demo\",VirtualNode=\"a\","
                              "TargetVirtualNode=\"b\",TargetVirtualService=\"b\"} " +
                              std::to_string(calls) + "\n"));
  EXPECT_THAT(run.sink->datagrams, Contains(HasSubstr("envoy.appmesh.TargetResponseTime:")));
  EXPECT_THAT(page_of(test::run_text(two), "a", "stats.prom"), Not(HasSubstr("envoy_appmesh_")));
}

// --- Datagrams and the CloudWatch agent -------------------------------------------------------

TEST(Datagrams, TellEachValueOfAHistogramAtOnceUnlessTheyAreNotToBeTold) {
  const auto run = test::run_text(two);
  const auto calls = run.sink->lines_of("b", "envoy").size();
  const std::string head = "envoy.cluster.upstream_rq_time:";
  const std::string tail =
      "|ms|#appmesh.mesh:demo,appmesh.virtual_node:a,envoy.cluster_name:cds_egress_demo_b_http_"
      "8080";
  const auto told = std::ranges::count_if(run.sink->datagrams, [&](const std::string& datagram) {
    return datagram.starts_with(head) && datagram.ends_with(tail);
  });
  EXPECT_EQ(static_cast<std::size_t>(told), calls);
  const auto quiet = test::run_text(two + "telemetry: {envoy: {timings: false}}\n");
  EXPECT_THAT(quiet.sink->datagrams, Not(Contains(HasSubstr("|ms|"))));
  EXPECT_THAT(page_of(quiet, "a", "stats.txt"),
              HasSubstr("demo_b_http_8080.upstream_rq_time: P0(nan,"));
}

double sum_of(const test::Run& run, const std::string& metric, const std::string& cluster) {
  double sum = 0;
  for (const std::string& text : run.sink->metrics) {
    const Json datum = Json::parse(text);
    if (datum.at("MetricName") != metric) continue;
    if (datum.at("Dimensions").dump().find("\"" + cluster + "\"") == std::string::npos) continue;
    EXPECT_EQ(datum.at("Namespace"), "CWAgent");
    EXPECT_LE(datum.at("Values").size(), 150U);
    sum += datum.at("StatisticValues").at("Sum").get<double>();
  }
  return sum;
}

TEST(StatsdAgent, ItsSumsAreTheNumberOfRequests) {
  const auto run = test::run_text(two);
  const auto calls = static_cast<double>(run.sink->lines_of("b", "envoy").size());
  EXPECT_EQ(sum_of(run, "envoy_cluster_upstream_rq_total", "cds_egress_demo_b_http_8080"), calls);
  const auto off = test::run_text(two + "telemetry: {cloudwatch: {agent: {statsd: false}}}\n");
  EXPECT_EQ(sum_of(off, "envoy_cluster_upstream_rq_total", "cds_egress_demo_b_http_8080"), 0);
}

TEST(StatsdAgent, NamesMetricsAndDimensionsAsTheRealOne) {
  const auto run = test::run_text(two);
  const std::string dimensions =
      R"("Dimensions":[{"Name":"appmesh.mesh","Value":"demo"},)"
      R"({"Name":"appmesh.virtual_node","Value":"a"},)"
      R"({"Name":"envoy.cluster_name","Value":"cds_egress_demo_b_http_8080"},)"
      R"({"Name":"metric_type","Value":"timing"}],"Timestamp":"2026-01-05T12:00:00.000Z")";
  EXPECT_THAT(run.sink->metrics,
              Contains(testing::AllOf(HasSubstr("\"envoy_cluster_upstream_rq_time\""),
                                      HasSubstr(dimensions))));
}

// The agent's own bins: factor 1.1, the middle by exponent.
TEST(StatsdAgent, PutsValuesInBinsOfTenPercentAndKeepsStatisticsExact) {
  cloudwatch::Distribution distribution;
  for (const double value : {0.0, 1.0, 100.0, 101.0}) distribution.add(value, 1);
  const auto data = cloudwatch::in_bins(distribution, 150);
  ASSERT_EQ(data.size(), 1U);
  ASSERT_EQ(data[0].values.size(), 3U);
  EXPECT_EQ(data[0].values[0], 0);
  EXPECT_NEAR(data[0].values[1], 1.0488088, 1e-6);
  EXPECT_NEAR(data[0].values[2], 101.75253, 1e-5);
  EXPECT_EQ(data[0].counts[2], 2);
  EXPECT_EQ(data[0].sum, 202);
  EXPECT_EQ(data[0].maximum, 101);
  EXPECT_EQ(cloudwatch::in_bins(distribution, 2).size(), 2U) << "no datum has more values";
}

TEST(StatsdAgent, ReadsItsConfigurationFromItsContainer) {
  const auto with = [](const std::string& content) {
    return cloudwatch::read_agent_config({{"CW_CONFIG_CONTENT", content}}, "CWAgent");
  };
  const auto named = with(R"({"metrics":{"namespace":"shop","metrics_collected":{"statsd":{}}}})");
  EXPECT_EQ(named.name_space, "shop");
  EXPECT_TRUE(named.has_statsd);
  EXPECT_FALSE(with(R"({"metrics":{"metrics_collected":{"collectd":{}}}})").has_statsd);
  EXPECT_TRUE(cloudwatch::read_agent_config({}, "demo").has_statsd);
}

}  // namespace
}  // namespace hoplab::models
