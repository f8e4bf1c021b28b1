// Traces of which nothing is known but GetTraceSummaries' answer.
#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "report/recording/file_trouble.hpp"
#include "report/xray/aws_json.hpp"
#include "report/xray/source.hpp"

namespace hoplab::report::xray {
namespace {

using Json = nlohmann::ordered_json;

class SummaryReader {
 public:
  SummaryReader(const Json& json, TraceStore& store) : json_(json), store_(store) {}

  void read() {
    const auto id = parse_trace_id(json_.at("Id").get<std::string>());
    if (!id) throw recording::BadRecording("a trace summary's Id is none");
    trace_ = *id;
    const double began = json_.value("StartTime", 0.0);
    start_ = began > 0 ? read_seconds(began) : trace_.instant();
    add_root();
    for (const char* const causes : {"FaultRootCauses", "ErrorRootCauses"}) {
      for (const Json& cause : list(causes)) add_cause(cause, causes[0] == 'F');
    }
    for (const Json& service : list("ServiceIds")) {
      if (!members_.contains(key_of(service))) add(service, root_id);
    }
    for (const auto& [key, segment] : members_) store_.add_segment(segment);
    add_what_goes_on();
  }

 private:
  static constexpr std::uint64_t root_id = 1;

  [[nodiscard]] Json list(const char* member) const { return json_.value(member, Json::array()); }
  std::string_view keep(std::string text) { return store_.texts().keep(std::move(text)); }
  static std::string key_of(const Json& service) {
    return service.value("Name", "?") + '\n' + service.value("Type", "");
  }

  Segment& add(const Json& service, std::uint64_t parent) {
    const auto [found, is_new] = members_.try_emplace(key_of(service));
    Segment& segment = found->second;
    if (!is_new) return segment;
    segment.trace = trace_;
    segment.id = next_id_++;
    segment.parent = parent;
    segment.start = segment.end = start_;
    segment.name = keep(service.value("Name", "?"));
    segment.origin = keep(service.value("Type", ""));
    segment.account = keep(service.value("AccountId", ""));
    segment.is_inferred = service.value("Inferred", false);
    return segment;
  }

  void add_root() {
    const Json http = json_.value("Http", Json::object());
    Json entry = json_.value("EntryPoint", Json::object());
    if (entry.empty()) entry = {{"Name", http.value("HttpURL", "?")}};
    Segment& root = add(entry, 0);
    root.end = root.start + read_seconds(json_.value("ResponseTime", 0.0));
    root.has_fault = json_.value("HasFault", false);
    root.has_error = json_.value("HasError", false);
    root.has_throttle = json_.value("HasThrottle", false);
    root.is_in_progress = json_.value("IsPartial", false);
    root.url = keep(http.value("HttpURL", ""));
    root.method = keep(http.value("HttpMethod", ""));
    root.user_agent = keep(http.value("UserAgent", ""));
    root.client_ip = keep(http.value("ClientIp", ""));
    root.status = static_cast<int>(std::min<std::uint64_t>(999, whole_number(http, "HttpStatus")));
    root.annotations = keep(annotations());
    root.user = keep(first("Users", "UserName"));
    root.instance = keep(first("InstanceIds", "Id"));
    root.zone = keep(first("AvailabilityZones", "Name"));
    root.resource_arn = keep(first("ResourceARNs", "ARN"));
  }

  [[nodiscard]] std::string first(const char* member, const char* name) const {
    const Json all = list(member);
    return all.empty() ? "" : all.front().value(name, "");
  }

  /// As a segment has them: of a key with several values the first.
  [[nodiscard]] std::string annotations() const {
    Json plain = Json::object();
    const Json all = json_.value("Annotations", Json::object());
    for (const auto& [key, values] : all.items()) {
      if (values.empty()) continue;
      for (const auto& [kind, value] : values.front().at("AnnotationValue").items()) {
        plain[key] = value;
      }
    }
    return plain.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  void add_cause(const Json& cause, bool is_fault) {
    std::uint64_t parent = root_id;
    for (const Json& service : cause.value("Services", Json::array())) {
      Segment& segment = add(service, parent);
      parent = segment.id;
      (is_fault ? segment.has_fault : segment.has_error) = true;
      for (const Json& entity : service.value("EntityPath", Json::array())) {
        add_exceptions(entity.value("Exceptions", Json::array()), segment);
      }
    }
  }

  void add_exceptions(const Json& exceptions, Segment& segment) {
    if (exceptions.empty()) return;
    Json cause;
    for (const Json& exception : exceptions) {
      cause["exceptions"].push_back(
          {{"type", exception.value("Name", "")}, {"message", exception.value("Message", "")}});
    }
    segment.cause = keep(cause.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  /// Work behind the answer makes the duration longer than the response time.
  void add_what_goes_on() {
    const auto end = start_ + read_seconds(json_.value("Duration", 0.0));
    if (end <= start_ + read_seconds(json_.value("ResponseTime", 0.0))) return;
    Segment rest;
    rest.trace = trace_;
    rest.id = next_id_++;
    rest.parent = root_id;
    rest.start = start_;
    rest.end = end;
    rest.name = "after the answer";
    rest.is_subsegment = true;
    store_.add_segment(rest);
  }

  const Json& json_;
  TraceStore& store_;
  TraceId trace_;
  sim::Duration start_{};
  std::uint64_t next_id_ = root_id;
  std::map<std::string, Segment> members_;
};

}  // namespace

void read_trace_summaries(std::string_view text, TraceStore& store) {
  try {
    const Json document = Json::parse(text);
    for (const Json& summary : document.at("TraceSummaries")) SummaryReader(summary, store).read();
  } catch (const Json::exception& error) {
    throw recording::BadRecording(std::string("no trace summaries: ") + error.what());
  }
}

}  // namespace hoplab::report::xray
