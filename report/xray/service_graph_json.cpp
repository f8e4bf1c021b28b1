// GetServiceGraph's document. Source: X-Ray API reference; service model xray 2016-04-12.
#include <cmath>

#include <nlohmann/json.hpp>

#include "report/recording/file_trouble.hpp"
#include "report/xray/aws_json.hpp"
#include "report/xray/service_graph.hpp"

namespace hoplab::report::xray {
namespace {

using Json = nlohmann::ordered_json;

Json histogram_json(const TimeHistogram& histogram) {
  Json entries = Json::array();
  for (const auto& [time, count] : histogram.in_milliseconds()) {
    entries.push_back({{"Value", seconds(time)}, {"Count", count}});
  }
  return entries;
}

Json statistics_json(const Statistics& statistics) {
  return {
      {"OkCount", statistics.ok},
      {"ErrorStatistics",
       {{"ThrottleCount", statistics.throttled},
        {"OtherCount", statistics.other_errors},
        {"TotalCount", statistics.errors()}}},
      {"FaultStatistics", {{"OtherCount", statistics.faults}, {"TotalCount", statistics.faults}}},
      {"TotalCount", statistics.total()},
      {"TotalResponseTime", seconds(statistics.total_time)}};
}

Json edge_json(const GraphEdge& edge) {
  return {{"ReferenceId", edge.to},
          {"StartTime", seconds(edge.start)},
          {"EndTime", seconds(edge.end)},
          {"SummaryStatistics", statistics_json(edge.statistics)},
          {"ResponseTimeHistogram", histogram_json(edge.statistics.times)},
          {"Aliases", Json::array()}};
}

Json service_json(const GraphService& service, std::size_t place) {
  Json json = {{"ReferenceId", place}, {"Name", service.key.name}};
  json["Names"] = Json::array({service.key.name});
  if (service.is_root) json["Root"] = true;
  if (!service.key.account.empty()) json["AccountId"] = service.key.account;
  if (!service.key.type.empty()) json["Type"] = service.key.type;
  json["State"] = service.is_known ? "active" : "unknown";
  json["StartTime"] = seconds(service.start);
  json["EndTime"] = seconds(service.end);
  json["Edges"] = Json::array();
  for (const GraphEdge& edge : service.edges) json["Edges"].push_back(edge_json(edge));
  if (service.is_client()) return json;
  json["SummaryStatistics"] = statistics_json(service.statistics);
  json["DurationHistogram"] = histogram_json(service.durations);
  json["ResponseTimeHistogram"] = histogram_json(service.statistics.times);
  return json;
}

TimeHistogram read_histogram(const Json& holder, const char* member) {
  TimeHistogram histogram;
  for (const Json& entry : list_member(holder, member)) {
    histogram.add(read_seconds(number_member(entry, "Value")), whole_number(entry, "Count"));
  }
  return histogram;
}

Statistics read_statistics(const Json& holder) {
  Statistics statistics;
  const Json& summary = object_member(holder, "SummaryStatistics");
  const Json& errors = object_member(summary, "ErrorStatistics");
  const Json& faults = object_member(summary, "FaultStatistics");
  statistics.ok = whole_number(summary, "OkCount");
  statistics.throttled = whole_number(errors, "ThrottleCount");
  statistics.other_errors = whole_number(errors, "OtherCount");
  statistics.faults = whole_number(faults, "TotalCount");
  statistics.total_time = read_seconds(number_member(summary, "TotalResponseTime"));
  statistics.times = read_histogram(holder, "ResponseTimeHistogram");
  return statistics;
}

GraphService read_service(const Json& json) {
  GraphService service;
  service.key.name = text_member(json, "Name");
  service.key.type = text_member(json, "Type");
  service.key.account = text_member(json, "AccountId");
  service.is_root = flag_member(json, "Root");
  service.is_known = text_member(json, "State", "active") == "active";
  service.start = instant_member(json, "StartTime");
  service.end = instant_member(json, "EndTime");
  service.statistics = read_statistics(json);
  service.durations = read_histogram(json, "DurationHistogram");
  return service;
}

/// Edges name reference ids, which need not be places in the list.
void read_edges(const Json& services, ServiceGraph& graph) {
  std::map<std::uint64_t, std::size_t> places;
  for (std::size_t i = 0; i < services.size(); ++i) {
    const bool has_id = services[i].contains("ReferenceId");
    places.emplace(has_id ? whole_number(services[i], "ReferenceId") : i, i);
  }
  for (std::size_t i = 0; i < services.size(); ++i) {
    for (const Json& json : list_member(services[i], "Edges")) {
      const auto place = places.find(whole_number(json, "ReferenceId"));
      if (place == places.end()) continue;  // Of another page.
      GraphEdge& edge = graph.services[i].edges.emplace_back();
      edge.to = place->second;
      edge.start = instant_member(json, "StartTime");
      edge.end = instant_member(json, "EndTime");
      edge.statistics = read_statistics(json);
    }
  }
}

}  // namespace

std::string service_graph_json(const ServiceGraph& graph) {
  Json services = Json::array();
  for (std::size_t i = 0; i < graph.services.size(); ++i) {
    services.push_back(service_json(graph.services[i], i));
  }
  return text_of({{"StartTime", seconds(graph.start)},
                  {"EndTime", seconds(graph.end)},
                  {"Services", std::move(services)},
                  {"ContainsOldGroupVersions", false}});
}

ServiceGraph read_service_graph(std::string_view text) {
  try {
    const Json document = read_document(text);
    ServiceGraph graph;
    const Json& services = list_member(document, "Services");
    for (const Json& json : services) graph.services.push_back(read_service(json));
    read_edges(services, graph);
    graph.start = instant_member(document, "StartTime");
    graph.end = instant_member(document, "EndTime");
    for (const GraphService& service : graph.services) {
      if (service.is_client())
        graph.traces += service.edges.empty() ? 0 : service.edges.front().statistics.total();
    }
    return graph;
  } catch (const recording::BadRecording& error) {
    throw recording::BadRecording(std::string("a damaged service graph: ") + error.what());
  }
}

}  // namespace hoplab::report::xray
