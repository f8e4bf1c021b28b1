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
    const auto id = parse_trace_id(text_member(json_, "Id"));
    if (!id) throw recording::BadRecording("Id is no trace id");
    trace_ = *id;
    const sim::Duration began = instant_member(json_, "StartTime");
    start_ = began > sim::Duration{} ? began : trace_.instant();
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

  [[nodiscard]] const Json& list(const char* member) const { return list_member(json_, member); }
  std::string_view keep(std::string text) { return store_.texts().keep(std::move(text)); }
  static std::string key_of(const Json& service) {
    return text_member(service, "Name", "?") + '\n' + text_member(service, "Type");
  }

  Segment& add(const Json& service, std::uint64_t parent) {
    const auto [found, is_new] = members_.try_emplace(key_of(service));
    Segment& segment = found->second;
    if (!is_new) return segment;
    segment.trace = trace_;
    segment.id = next_id_++;
    segment.parent = parent;
    segment.start = segment.end = start_;
    segment.name = keep(text_member(service, "Name", "?"));
    segment.origin = keep(text_member(service, "Type"));
    segment.account = keep(text_member(service, "AccountId"));
    segment.is_inferred = flag_member(service, "Inferred");
    return segment;
  }

  void add_root() {
    const Json& http = object_member(json_, "Http");
    Json entry = object_member(json_, "EntryPoint");
    if (entry.empty()) entry = {{"Name", text_member(http, "HttpURL", "?")}};
    Segment& root = add(entry, 0);
    root.end = root.start + read_seconds(number_member(json_, "ResponseTime"));
    root.has_fault = flag_member(json_, "HasFault");
    root.has_error = flag_member(json_, "HasError");
    root.has_throttle = flag_member(json_, "HasThrottle");
    root.is_in_progress = flag_member(json_, "IsPartial");
    root.url = keep(text_member(http, "HttpURL"));
    root.method = keep(text_member(http, "HttpMethod"));
    root.user_agent = keep(text_member(http, "UserAgent"));
    root.client_ip = keep(text_member(http, "ClientIp"));
    root.status = static_cast<int>(std::min<std::uint64_t>(999, whole_number(http, "HttpStatus")));
    root.annotations = keep(annotations());
    root.user = keep(first("Users", "UserName"));
    root.instance = keep(first("InstanceIds", "Id"));
    root.zone = keep(first("AvailabilityZones", "Name"));
    root.resource_arn = keep(first("ResourceARNs", "ARN"));
  }

  [[nodiscard]] std::string first(const char* member, const char* name) const {
    const Json& all = list(member);
    return all.empty() ? "" : text_member(all.front(), name);
  }

  /// As a segment has them: of a key with several values the first.
  [[nodiscard]] std::string annotations() const {
    Json plain = Json::object();
    const Json& all = object_member(json_, "Annotations");
    for (const auto& entry : all.items()) {
      const Json& values = list_member(all, entry.key().c_str());
      if (values.empty()) continue;
      for (const auto& [kind, value] : object_member(values.front(), "AnnotationValue").items()) {
        plain[entry.key()] = value;
      }
    }
    return plain.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  void add_cause(const Json& cause, bool is_fault) {
    std::uint64_t parent = root_id;
    for (const Json& service : list_member(cause, "Services")) {
      Segment& segment = add(service, parent);
      parent = segment.id;
      (is_fault ? segment.has_fault : segment.has_error) = true;
      for (const Json& entity : list_member(service, "EntityPath")) {
        add_exceptions(list_member(entity, "Exceptions"), segment);
      }
    }
  }

  void add_exceptions(const Json& exceptions, Segment& segment) {
    if (exceptions.empty()) return;
    Json cause;
    for (const Json& exception : exceptions) {
      cause["exceptions"].push_back({{"type", text_member(exception, "Name")},
                                     {"message", text_member(exception, "Message")}});
    }
    segment.cause = keep(cause.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  /// Work behind the answer makes the duration longer than the response time.
  void add_what_goes_on() {
    const auto end = start_ + read_seconds(number_member(json_, "Duration"));
    if (end <= start_ + read_seconds(number_member(json_, "ResponseTime"))) return;
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
    const Json document = read_document(text);
    for (const Json& summary : list_member(document, "TraceSummaries")) {
      SummaryReader(summary, store).read();
    }
  } catch (const recording::BadRecording& error) {
    throw recording::BadRecording(std::string("damaged trace summaries: ") + error.what());
  }
}

}  // namespace hoplab::report::xray
