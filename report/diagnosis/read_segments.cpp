// X-Ray's segments: the only times in telemetry that are finer than a millisecond.
#include <algorithm>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "report/diagnosis/json_lines.hpp"
#include "report/diagnosis/request_sampler.hpp"
#include "report/recording/json_text.hpp"

namespace hoplab::report::diagnosis {
namespace {

using Json = nlohmann::json;

/// Some twenty thousand segments are enough for every estimate; of more, traces are sampled.
constexpr std::uintmax_t bytes_enough = std::uintmax_t{16} << 20U;

std::uint64_t id_of(const Json& json, const char* member) {
  const std::string text = text_of(json, member);
  std::uint64_t id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id, 16);
  return id;
}

std::int64_t microseconds_of(const Json& json, const char* member) {
  return std::llround(json.at(member).get<double>() * 1e6);
}

Segment span_of(const Json& json) {
  Segment segment;
  segment.id = id_of(json, "id");
  segment.parent = id_of(json, "parent_id");
  segment.start_us = microseconds_of(json, "start_time");
  segment.end_us = microseconds_of(json, "end_time");
  segment.has_failed = json.value("fault", false) || json.value("error", false);
  return segment;
}

class SegmentReader {
 public:
  explicit SegmentReader(Reading& reading) : reading_(reading) {
    for (const auto& [service, node] : reading.evidence.node_of_service) {
      service_of_node_[node] = service;
    }
  }

  void take(const Json& json) {
    auto& segments = reading_.evidence.segments;
    if (!json.contains("end_time")) return;  // In progress: the daemon got it half done.
    Segment segment = span_of(json);
    if (text_of(json, "type") == "subsegment") {  // Of a segment that grew too large.
      segment.kind = Segment::Kind::call;
      segments.push_back(segment);
      return;
    }
    if (text_of(json, "origin") == "AWS::AppMesh::Proxy") {
      segment.service = service_of_proxy(json.at("aws").at("app_mesh"));
      const bool is_egress = text_of(json.at("annotations"), "direction") == "egress";
      segment.kind = is_egress ? Segment::Kind::egress : Segment::Kind::ingress;
      segments.push_back(segment);
      return;
    }
    segment.service = service_of_container(json);
    segments.push_back(segment);
    for (const Json& call : json.value("subsegments", Json::array())) {
      Segment part = span_of(call);
      part.parent = segment.id;
      part.service = segment.service;
      part.kind = Segment::Kind::call;
      segments.push_back(part);
    }
  }

 private:
  [[nodiscard]] Index service_of_proxy(const Json& mesh) const {
    const auto node = service_of_node_.find(text_of(mesh, "mesh_name") + "_" +
                                            text_of(mesh, "virtual_node_name"));
    return node == service_of_node_.end() ? none : node->second;
  }

  /// "arn:aws:ecs:...:container/<cluster>/<task>/<container>".
  [[nodiscard]] Index service_of_container(const Json& json) const {
    const std::string arn = text_of(json.at("aws").at("ecs"), "container_arn");
    const auto task = reading_.task_index.find(last_part(arn.substr(0, arn.rfind('/'))));
    return task == reading_.task_index.end() ? none : reading_.evidence.service_of(task->second);
  }

  Reading& reading_;
  std::map<std::string, Index> service_of_node_;
};

}  // namespace

void read_segments(const std::filesystem::path& recording, Reading& reading) {
  const char* const name = "xray/segments.jsonl";
  if (!std::filesystem::exists(recording / name)) {
    reading.evidence.missing.emplace_back(name);
    return;
  }
  const std::uintmax_t one_in = 1 + std::filesystem::file_size(recording / name) / bytes_enough;
  const auto is_wanted = [one_in](std::string_view line) {
    const auto trace = recording::json_member(line, "trace_id");
    return trace && request_hash(*trace) % one_in == 0;
  };
  SegmentReader reader(reading);
  for_each_document(
      recording, name, reading, [&](const Json& json, Place /*place*/) { reader.take(json); },
      is_wanted);
  auto& segments = reading.evidence.segments;
  std::stable_sort(segments.begin(), segments.end(),
                   [](const Segment& a, const Segment& b) { return a.id < b.id; });
}

}  // namespace hoplab::report::diagnosis
