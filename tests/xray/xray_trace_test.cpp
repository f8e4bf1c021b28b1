// Traces put together from documents, whatever their order and damage, and the answers of the API.
#include "report/xray/trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "report/drawing/map_text.hpp"
#include "report/xray/root_cause.hpp"
#include "report/xray/service_graph.hpp"
#include "report/xray/service_map.hpp"
#include "report/xray/summary_json.hpp"
#include "tests/xray/documents.hpp"

namespace hoplab::report::xray {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names_of(const Trace& trace) {
  std::vector<std::string> names;
  for (const TraceNode& node : trace.nodes) names.emplace_back(node.segment->name);
  return names;
}

const GraphService* service(const ServiceGraph& graph, const std::string& name) {
  for (const GraphService& one : graph.services) {
    if (one.key.name == name && !one.is_client()) return &one;
  }
  return nullptr;
}

TEST(Traces, AreTreesInTheOrderOfTheirStartsWithInferredCallees) {
  const auto store = testing::store_of(testing::shop_trace());
  ASSERT_EQ(store->traces().size(), 1U);
  EXPECT_THAT(names_of(store->traces()[0]),
              ElementsAre("shop", "stock.local", "stock", "DynamoDB", "carts", "rates.example.com",
                          "rates.example.com"));
  EXPECT_EQ(store->traces()[0].duration(), std::chrono::milliseconds(2500));
}

TEST(Traces, DoNotDependOnTheOrderOfTheDocumentsNorOnCopies) {
  auto documents = testing::shop_trace();
  std::reverse(documents.begin(), documents.end());
  documents.push_back(documents.front());
  documents.push_back(documents[1]);
  const auto store = testing::store_of(documents);
  ASSERT_EQ(store->traces().size(), 1U);
  EXPECT_EQ(names_of(store->traces()[0]),
            names_of(testing::store_of(testing::shop_trace())->traces()[0]));
}

TEST(Traces, ACompleteDocumentReplacesTheOneInProgress) {
  const auto store = testing::store_of(
      {R"({"trace_id":"1-5f84c7b1-000000000000000000000002","id":"00000000000000a3","name":"a",)"
       R"("start_time":1602537393.0,"in_progress":true})",
       R"({"trace_id":"1-5f84c7b1-000000000000000000000002","id":"00000000000000a3","name":"a",)"
       R"("start_time":1602537393.0,"end_time":1602537394.0})"});
  ASSERT_EQ(store->traces()[0].nodes.size(), 1U);
  EXPECT_FALSE(store->traces()[0].is_partial());
}

TEST(Traces, WhoeverIsItsOwnAncestorIsCutOpen) {
  const auto store = testing::store_of(
      {R"({"trace_id":"1-5f84c7b1-000000000000000000000002","id":"00000000000000a1",)"
       R"("parent_id":"00000000000000a2","name":"a","start_time":1602537393.0,)"
       R"("end_time":1602537394.0})",
       R"({"trace_id":"1-5f84c7b1-000000000000000000000002","id":"00000000000000a2",)"
       R"("parent_id":"00000000000000a1","name":"b","start_time":1602537393.0,)"
       R"("end_time":1602537394.0})",
       R"({"trace_id":"1-5f84c7b1-000000000000000000000002","id":"00000000000000a3",)"
       R"("parent_id":"00000000000000a3","name":"c","start_time":1602537393.0,)"
       R"("end_time":1602537394.0})"});
  EXPECT_EQ(store->traces()[0].nodes.size(), 3U);
}

TEST(Traces, WhatIsNoSegmentIsCountedAndLeftOut) {
  const auto store = testing::store_of(
      {"", "{}", "[1]", "nonsense", R"({"id":"zz"})",
       R"({"trace_id":"1-5f84c7b1-000000000000000000000002","id":"00000000000000a1",)"
       R"("name":"a","start_time":1e300,"end_time":5})",
       testing::shop_trace()[0].substr(0, 300)});
  EXPECT_EQ(store->unreadable(), 7U);
  EXPECT_TRUE(store->traces().empty());
}

TEST(ServiceGraphs, AServiceHasItsOwnViewAndAnEdgeTheRequesters) {
  const auto store = testing::store_of(testing::shop_trace());
  const ServiceGraph graph = service_graph(*store, {});
  const GraphService* const shop = service(graph, "shop");
  const GraphService* const stock = service(graph, "stock");
  ASSERT_NE(shop, nullptr);
  ASSERT_NE(stock, nullptr);
  EXPECT_TRUE(shop->is_root);
  EXPECT_FALSE(stock->is_root);
  EXPECT_EQ(stock->statistics.faults, 1U);
  EXPECT_EQ(stock->statistics.total_time, std::chrono::milliseconds(2100));
  ASSERT_EQ(shop->edges.size(), 3U);
  EXPECT_EQ(shop->edges[0].statistics.total_time, std::chrono::milliseconds(2300));
  const GraphService* const table = service(graph, "carts");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->key.type, "AWS::DynamoDB::Table");
  EXPECT_FALSE(table->is_known);
  const GraphService* const rates = service(graph, "rates.example.com");
  ASSERT_NE(rates, nullptr);
  EXPECT_EQ(rates->key.type, "remote");
  EXPECT_EQ(rates->statistics.throttled, 1U);
  EXPECT_EQ(rates->statistics.errors(), 1U);
  const auto client = std::find_if(graph.services.begin(), graph.services.end(),
                                   [](const GraphService& one) { return one.is_client(); });
  ASSERT_NE(client, graph.services.end());
  ASSERT_EQ(client->edges.size(), 1U);
  EXPECT_EQ(graph.services[client->edges[0].to].key.name, "shop");
}

TEST(ServiceGraphs, ReadBackWhatTheyWrite) {
  const auto store = testing::store_of(testing::shop_trace());
  const std::string text = service_graph_json(service_graph(*store, {}));
  EXPECT_EQ(service_graph_json(read_service_graph(text)), text);
  EXPECT_EQ(service_graph_json(trace_graph(store->traces()[0])), text);
}

TEST(ServiceGraphs, ADurationGoesOnBehindTheAnswer) {
  const auto store = testing::store_of(
      {R"({"trace_id":"1-5f84c7b1-000000000000000000000002","id":"00000000000000a3","name":"a",)"
       R"("start_time":1602537393.0,"end_time":1602537393.2,"subsegments":[{"name":"mail",)"
       R"("id":"00000000000000a4","start_time":1602537393.1,"end_time":1602537394.5}]})"});
  const ServiceGraph graph = service_graph(*store, {});
  const GraphService* const a = service(graph, "a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->statistics.times.quantile(1), std::chrono::milliseconds(200));
  EXPECT_EQ(a->durations.quantile(1), std::chrono::milliseconds(1500));
}

// Source: X-Ray API reference, Trace.Duration and TraceSummary.StartTime: of the earliest segment.
TEST(Traces, BeginWithTheirEarliestSegment) {
  const auto store = testing::store_of(
      {R"({"trace_id":"1-5f84c7b1-000000000000000000000002","id":"00000000000000a3","name":"a",)"
       R"("start_time":1602537393.5,"end_time":1602537394.0})",
       R"({"trace_id":"1-5f84c7b1-000000000000000000000002","id":"00000000000000a4","name":"b",)"
       R"("parent_id":"00000000000000a3","start_time":1602537393.25,"end_time":1602537394.5})"});
  const Trace& trace = store->traces().at(0);
  EXPECT_EQ(trace.duration(), std::chrono::milliseconds(1250));
  EXPECT_THAT(trace_summaries_json({&trace}, 1),
              AllOf(HasSubstr("\"StartTime\":1602537393.25,\"Duration\":1.25,"),
                    HasSubstr("\"ResponseTime\":0.5")));
  EXPECT_THAT(traces_json({&trace}, {}), HasSubstr("\"Duration\": 1.25"));
}

// The sample of the AWS CLI's reference, get-service-graph, with its edge's target added.
TEST(ServiceGraphs, TheSampleOfTheCommandLineReferenceIsRead) {
  const ServiceGraph graph = read_service_graph(R"({"Services": [
    {"ReferenceId": 0, "Name": "Scorekeep", "Names": ["Scorekeep"], "Root": true,
     "Type": "AWS::ElasticBeanstalk::Environment", "State": "active", "StartTime": 1568835392.0,
     "EndTime": 1568835446.0, "Edges": [{"ReferenceId": 1, "StartTime": 1568835392.0,
       "EndTime": 1568835446.0, "SummaryStatistics": {"OkCount": 14,
         "ErrorStatistics": {"ThrottleCount": 0, "OtherCount": 0, "TotalCount": 0},
         "FaultStatistics": {"OtherCount": 0, "TotalCount": 0}, "TotalCount": 14,
         "TotalResponseTime": 0.13},
       "ResponseTimeHistogram": [{"Value": 0.008, "Count": 1}, {"Value": 0.005, "Count": 7},
         {"Value": 0.009, "Count": 1}, {"Value": 0.021, "Count": 1}, {"Value": 0.038, "Count": 1},
         {"Value": 0.007, "Count": 1}, {"Value": 0.006, "Count": 2}], "Aliases": []}]},
    {"ReferenceId": 1, "Name": "scorekeep-game", "Type": "AWS::DynamoDB::Table",
     "State": "unknown", "Edges": []}],
    "StartTime": 1568835392.0, "EndTime": 1568835446.0, "ContainsOldGroupVersions": false})");
  ASSERT_EQ(graph.services.size(), 2U);
  const Statistics& calls = graph.services[0].edges.at(0).statistics;
  EXPECT_EQ(calls.total(), 14U);
  EXPECT_EQ(calls.times.quantile(0.5), std::chrono::milliseconds(5));
  EXPECT_EQ(calls.times.quantile(0.95), std::chrono::milliseconds(38));
}

TEST(RootCauses, LeadFromTheClientsRequestToWhereItBegan) {
  const auto store = testing::store_of(testing::shop_trace());
  const Trace& trace = store->traces()[0];
  const auto causes = root_causes(trace, CauseKind::fault);
  ASSERT_EQ(causes.size(), 1U);
  EXPECT_TRUE(causes[0].hits_client);
  ASSERT_EQ(causes[0].services.size(), 2U);
  EXPECT_EQ(trace.at(causes[0].services[1].node).name, "stock");
  const auto slow = root_causes(trace, CauseKind::response_time);
  ASSERT_EQ(slow.size(), 1U);
  EXPECT_NEAR(slow[0].services[1].entities[0].coverage, 2.1 / 2.5, 1e-9);
  EXPECT_FALSE(root_causes(trace, CauseKind::error)[0].hits_client);  // The shop took it.
}

// Each link of a chain calls a leaf that fails: as many causes as links, each as long as its place.
TEST(RootCauses, OfADeepChainAreToldUpToALimit) {
  constexpr int links = 1000;
  const auto segment = [](int id, int parent) {
    return fmt::format(R"({{"trace_id":"1-5f84c7b1-000000000000000000000002","id":"{:016x}",)"
                       R"("parent_id":"{:016x}","name":"c","start_time":1602537393.0,)"
                       R"("end_time":1602537394.0,"fault":true}})",
                       id, parent);
  };
  std::vector<std::string> documents = {
      R"({"trace_id":"1-5f84c7b1-000000000000000000000002","id":"0000000000000001","name":"a",)"
      R"("start_time":1602537393.0,"end_time":1602537394.0,"fault":true})"};
  for (int link = 1; link < 2 * links; link += 2) {
    documents.push_back(segment(link + 1, link));  // The leaf.
    documents.push_back(segment(link + 2, link));
  }
  const auto store = testing::store_of(documents);
  const Trace& trace = store->traces().at(0);
  std::size_t entities = 0;
  const auto causes = root_causes(trace, CauseKind::fault);
  for (const RootCause& cause : causes) {
    for (const RootCauseService& service : cause.services) entities += service.entities.size();
  }
  EXPECT_GT(causes.size(), 50U);
  EXPECT_LE(entities, most_root_cause_entities);
  EXPECT_EQ(causes.front().services.front().node, trace.root);
  // Who looks at one after the other sees them all.
  std::size_t seen = 0;
  for_each_root_cause(trace, CauseKind::fault, [&](const RootCause&) { return ++seen > 0; });
  EXPECT_GT(seen, std::size_t{links} - 1);
}

TEST(ServiceMaps, AnApplicationAndItsEnvoyAreOneNodeAndFaultsHaveAHome) {
  // front.app calls back.app through both Envoys; back.app has the fault.
  const std::string head = R"({"trace_id":"1-5f84c7b1-000000000000000000000002","start_time":)";
  const auto proxy = [&](const char* id, const char* parent, const char* node, const char* way,
                         const char* times, const char* flags) {
    return head + times + R"(,"id":")" + id + R"(","parent_id":")" + parent + R"(","name":"mesh/)" +
           node + R"(","origin":"AWS::AppMesh::Proxy","annotations":{"direction":")" + way +
           R"("},"http":{"request":{"url":"http://back.local:8080/"}})" + flags + "}";
  };
  const auto store = testing::store_of(
      {head +
           R"(1602537393.0,"end_time":1602537393.5,"id":"00000000000000a1","name":"front",)"
           R"("origin":"AWS::ECS::Container","fault":true,)" +
           R"("subsegments":[{"id":"00000000000000a2","name":"back.local",)"
           R"("start_time":1602537393.1,"end_time":1602537393.4,"namespace":"remote",)"
           R"("fault":true}]})",
       proxy("00000000000000a3", "00000000000000a2", "front", "egress",
             R"(1602537393.11,"end_time":1602537393.39)", R"(,"fault":true)"),
       proxy("00000000000000a4", "00000000000000a3", "back", "ingress",
             R"(1602537393.15,"end_time":1602537393.35)", R"(,"fault":true)"),
       head + R"(1602537393.2,"end_time":1602537393.3,"id":"00000000000000a5",)"
              R"("parent_id":"00000000000000a4","name":"back","origin":"AWS::ECS::Container",)"
              R"("fault":true,"service":{"version":"back:3"}})"});
  const ServiceMap map = service_map(*store, {});
  ASSERT_EQ(map.nodes.size(), 3U);
  EXPECT_TRUE(map.nodes[0].is_client);
  EXPECT_EQ(map.nodes[1].name, "front");
  EXPECT_EQ(map.nodes[1].statistics.faults, 1U);
  EXPECT_EQ(map.nodes[1].own_faults, 0U);
  EXPECT_EQ(map.nodes[2].name, "back");
  EXPECT_EQ(map.nodes[2].own_faults, 1U);
  EXPECT_THAT(map.nodes[2].versions, ElementsAre("back:3"));
  ASSERT_EQ(map.nodes[1].edges.size(), 1U);
  // The requester's view is the application's call, the callee's that of its Envoy.
  EXPECT_EQ(map.nodes[1].edges[0].requester.total_time, std::chrono::milliseconds(300));
  EXPECT_EQ(map.nodes[1].edges[0].callee.total_time, std::chrono::milliseconds(200));
}

// The second request leaves front's Envoy and comes nowhere.
TEST(ServiceMaps, ACallThatNeverArrivedIsLostOnItsWayToWhoAnswersOthers) {
  const auto request = [](const char* trace, bool has_arrived) {
    const std::string head = std::string(R"({"trace_id":"1-5f84c7b1-00000000000000000000000)") +
                             trace + R"(","start_time":1602537393.0,"end_time":1602537393.5,)";
    const std::string url = R"("http":{"request":{"url":"http://back.local:8080/"}})";
    const std::string fault = has_arrived ? "" : R"(,"fault":true)";
    std::vector<std::string> documents = {
        head + R"("id":"00000000000000a1","name":"front","origin":"AWS::ECS::Container",)" +
            R"("subsegments":[{"id":"00000000000000a2","name":"back.local","namespace":"remote",)" +
            R"("start_time":1602537393.1,"end_time":1602537393.4)" + fault + "}]" + fault + "}",
        head + R"("id":"00000000000000a3","parent_id":"00000000000000a2","name":"m/front",)" +
            R"("origin":"AWS::AppMesh::Proxy","annotations":{"direction":"egress"},)" + url +
            fault + "}"};
    if (has_arrived) {
      documents.push_back(
          head + R"("id":"00000000000000a4","parent_id":"00000000000000a3","name":"m/back",)" +
          R"("origin":"AWS::AppMesh::Proxy","annotations":{"direction":"ingress"},)" + url + "}");
    }
    return documents;
  };
  auto documents = request("1", true);
  for (const std::string& document : request("2", false)) documents.push_back(document);
  const auto store = testing::store_of(documents);
  const ServiceMap map = service_map(*store, {});
  ASSERT_EQ(map.nodes.size(), 3U);
  EXPECT_EQ(map.nodes[2].name, "back");
  EXPECT_EQ(map.nodes[2].statistics.total(), 1U);
  EXPECT_EQ(map.nodes[2].own_faults, 0U);
  const MapEdge& calls = map.nodes[1].edges.at(0);
  EXPECT_EQ(calls.requester.total(), 2U);
  EXPECT_EQ(calls.callee.total(), 1U);
  EXPECT_EQ(calls.lost, 1U);
  EXPECT_THAT(drawing::map_text(map, "rec", {}, writers::Ink(false)),
              AllOf(HasSubstr("1 call lost on the way"), HasSubstr("passes faults on"),
                    HasSubstr("front -> back: 1 of 2 calls failed and never came to back.\n")));
}

}  // namespace
}  // namespace hoplab::report::xray
