// Source: X-Ray API reference; service model xray 2016-04-12.
#include "report/xray/summary_json.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <nlohmann/json.hpp>

#include "report/xray/aws_json.hpp"

namespace hoplab::report::xray {
namespace {

using Json = nlohmann::ordered_json;

void put(Json& json, const char* member, std::string_view text) {
  if (!text.empty()) json[member] = text;
}

Json service_id(const Segment& segment) {
  Json json = {{"Name", segment.name}};
  json["Names"] = Json::array({segment.name});
  put(json, "AccountId", segment.account);
  put(json, "Type", service_type(segment));
  return json;
}

Json exceptions_json(const Segment& segment) {
  Json exceptions = Json::array();
  TextStore store;
  for_each_exception(segment, store, [&](const Exception& exception) {
    Json json = Json::object();
    put(json, "Name", exception.type);
    put(json, "Message", exception.message);
    exceptions.push_back(std::move(json));
  });
  return exceptions;
}

Json cause_service(const Trace& trace, const RootCauseService& service, CauseKind kind) {
  Json json = service_id(trace.at(service.node));
  json["EntityPath"] = Json::array();
  for (const RootCauseEntity& entity : service.entities) {
    const Segment& segment = trace.at(entity.node);
    Json step = {{"Name", segment.name}};
    if (kind == CauseKind::response_time) {
      step["Coverage"] = entity.coverage;
    } else {
      step["Exceptions"] = exceptions_json(segment);
    }
    step["Remote"] = segment.is_remote_call();
    json["EntityPath"].push_back(std::move(step));
  }
  json["Inferred"] = trace.at(service.node).is_inferred;
  return json;
}

Json http_json(const Segment& segment) {
  Json json = Json::object();
  put(json, "HttpURL", segment.url);
  if (segment.status != 0) json["HttpStatus"] = segment.status;
  put(json, "HttpMethod", segment.method);
  put(json, "UserAgent", segment.user_agent);
  put(json, "ClientIp", segment.client_ip);
  return json;
}

/// By key and value: the services that set it. `spelt` is the value in JSON.
Json annotation_value(std::string_view spelt) {
  JsonCursor cursor(spelt);
  TextStore store;
  switch (cursor.peek()) {
    case '"':
      return {{"StringValue", cursor.string(store)}};
    case 't':
    case 'f':
      return {{"BooleanValue", cursor.boolean()}};
    default:
      return {{"NumberValue", cursor.number()}};
  }
}

/// X-Ray indexes keys of letters, digits and `_` only.
bool is_indexed(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// As a ServiceKey, without copies: there are many.
using ServiceView = std::tuple<std::string_view, std::string_view, std::string_view>;

ServiceView view_of(const Segment& segment) {
  return {segment.name, service_type(segment), segment.account};
}

Json annotations_json(const Trace& trace) {
  std::map<std::string_view, std::map<std::string_view, std::vector<ServiceView>>> all;
  std::map<ServiceView, NodeIndex> nodes;
  for (const TraceNode& node : trace.nodes) {
    for_each_annotation(*node.segment, [&](std::string_view key, std::string_view value) {
      if (!is_indexed(key) || value.empty() || value.front() == '{' || value.front() == '[') return;
      const ServiceView service = view_of(trace.at(node.owner));
      nodes.try_emplace(service, node.owner);
      auto& services = all[key][value];
      if (std::find(services.begin(), services.end(), service) == services.end()) {
        services.push_back(service);
      }
    });
  }
  Json json = Json::object();
  for (const auto& [key, values] : all) {
    Json& list = json[std::string(key)] = Json::array();
    for (const auto& [value, services] : values) {
      Json ids = Json::array();
      for (const ServiceView& service : services) {
        ids.push_back(service_id(trace.at(nodes.at(service))));
      }
      list.push_back(
          {{"AnnotationValue", annotation_value(value)}, {"ServiceIds", std::move(ids)}});
    }
  }
  return json;
}

/// Different texts of one kind among the segments, as objects with one member.
Json distinct(const Trace& trace, const char* member, std::string_view Segment::*field) {
  std::vector<std::string_view> seen;
  Json list = Json::array();
  for (const TraceNode& node : trace.nodes) {
    const std::string_view text = node.segment->*field;
    if (text.empty() || std::find(seen.begin(), seen.end(), text) != seen.end()) continue;
    seen.push_back(text);
    list.push_back({{member, text}});
  }
  return list;
}

Json users_json(const Trace& trace) {
  Json list = distinct(trace, "UserName", &Segment::user);
  for (Json& user : list) user["ServiceIds"] = Json::array();
  return list;
}

Json service_ids(const Trace& trace) {
  std::map<ServiceView, bool> seen;
  Json list = Json::array();
  for (const TraceNode& node : trace.nodes) {
    if (node.is_subsegment() || !seen.emplace(view_of(*node.segment), true).second) continue;
    list.push_back(service_id(*node.segment));
  }
  return list;
}

/// Of an inferred segment there is no document that anybody sent.
std::string document_of(const Trace& trace, const TraceNode& node) {
  const Segment& segment = *node.segment;
  if (!segment.document.empty()) return std::string(segment.document);
  Json json = {{"id", entity_id_text(segment.id)},
               {"name", segment.name},
               {"start_time", seconds(segment.start)},
               {"end_time", seconds(segment.end)},
               {"parent_id", entity_id_text(segment.parent)},
               {"inferred", true}};
  if (segment.status != 0) json["http"]["response"]["status"] = segment.status;
  json["trace_id"] = to_string(trace.id);
  put(json, "origin", segment.origin);
  if (segment.has_error) json["error"] = true;
  if (segment.has_throttle) json["throttle"] = true;
  if (segment.has_fault) json["fault"] = true;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Json root_causes_json(const Trace& trace, CauseKind kind) {
  Json list = Json::array();
  for (const RootCause& cause : root_causes(trace, kind)) {
    Json services = Json::array();
    for (const RootCauseService& service : cause.services) {
      services.push_back(cause_service(trace, service, kind));
    }
    list.push_back({{"Services", std::move(services)}, {"ClientImpacting", cause.hits_client}});
  }
  return list;
}

Json trace_summary(const Trace& trace) {
  const Segment& root = trace.root_segment();
  Json json = {{"Id", to_string(trace.id)},
               {"StartTime", seconds(trace.start())},
               {"Duration", seconds(trace.duration())},
               {"ResponseTime", seconds(root.duration())},
               {"HasFault", root.has_fault},
               {"HasError", root.has_error},
               {"HasThrottle",
                std::any_of(trace.nodes.begin(), trace.nodes.end(),
                            [](const TraceNode& node) { return node.segment->has_throttle; })},
               {"IsPartial", trace.is_partial()}};
  json["Http"] = http_json(root);
  json["Annotations"] = annotations_json(trace);
  json["Users"] = users_json(trace);
  json["ServiceIds"] = service_ids(trace);
  json["ResourceARNs"] = distinct(trace, "ARN", &Segment::resource_arn);
  json["InstanceIds"] = distinct(trace, "Id", &Segment::instance);
  json["AvailabilityZones"] = distinct(trace, "Name", &Segment::zone);
  json["EntryPoint"] = service_id(root);
  json["FaultRootCauses"] = root_causes_json(trace, CauseKind::fault);
  json["ErrorRootCauses"] = root_causes_json(trace, CauseKind::error);
  json["ResponseTimeRootCauses"] = root_causes_json(trace, CauseKind::response_time);
  json["Revision"] = 1;
  return json;
}

std::string trace_summaries_json(const std::vector<const Trace*>& traces, std::size_t processed) {
  // A line each: a tree of all of them would take longer than everything before it.
  std::string text = "{\n  \"TraceSummaries\": [";
  sim::Duration last{};
  for (const Trace* const trace : traces) {
    text += trace == traces.front() ? "\n    " : ",\n    ";
    text += trace_summary(*trace).dump(-1, ' ', false, Json::error_handler_t::replace);
    last = std::max(last, trace->root_segment().end);
  }
  text += traces.empty() ? "],\n" : "\n  ],\n";
  // "{", a newline and the rest of the members.
  return text + text_of({{"ApproximateTime", seconds(last)}, {"TracesProcessedCount", processed}})
                    .substr(2);
}

std::string traces_json(const std::vector<const Trace*>& traces,
                        const std::vector<std::string>& unprocessed) {
  Json list = Json::array();
  for (const Trace* trace : traces) {
    Json segments = Json::array();
    for (const TraceNode& node : trace->nodes) {
      const bool is_inside = node.segment->document.empty() && !node.segment->is_inferred;
      if (is_inside) continue;
      segments.push_back(
          {{"Id", entity_id_text(node.segment->id)}, {"Document", document_of(*trace, node)}});
    }
    list.push_back({{"Id", to_string(trace->id)},
                    {"Duration", seconds(trace->duration())},
                    {"LimitExceeded", false},
                    {"Segments", std::move(segments)}});
  }
  return text_of({{"Traces", std::move(list)}, {"UnprocessedTraceIds", unprocessed}});
}

}  // namespace hoplab::report::xray
