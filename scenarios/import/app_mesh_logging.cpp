#include "scenarios/import/app_mesh_parts.hpp"

#include <utility>

// Source: botocore appmesh 2019-01-25, Logging.
namespace hoplab::scenarios {
namespace {

void read_format(AwsReading& reading, AwsObject& format, AccessLogFile& result) {
  if (auto text = format.text("text")) {
    result.text = FormatText{format.child("text")->mark, *std::move(text)};
  }
  format.each("json", [&](const Node& item, std::string path) {
    AwsObject member(reading, item, std::move(path));
    auto key = member.required_text("key", "a member of the access log's JSON");
    auto value = member.required_text("value", "a member of the access log's JSON");
    member.finish();
    if (!key || !value) return;
    result.json.emplace_back(*std::move(key),
                             FormatText{member.child("value")->mark, *std::move(value)});
  });
  const Node* json = format.child("json");
  if (result.text && json != nullptr) {
    format.complain(*json, "E0302", format.path_of("json") + " does not go with text",
                    "App Mesh takes one of the two");
  } else if (!result.text && json == nullptr) {
    format.complain_of_absence("text", "an access log's format");
  }
}

}  // namespace

void read_logging(AwsReading& reading, AwsObject& spec, VirtualNodeSettings& settings) {
  with_child(reading, spec, "logging", [&](AwsObject& logging) {
    with_child(reading, logging, "accessLog", [&](AwsObject& access_log) {
      with_child(reading, access_log, "file", [&](AwsObject& file) {
        AccessLogFile result;
        result.mark = file.mark();
        if (auto path = file.required_text("path", "an access log's file")) {
          result.mark = file.child("path")->mark;
          result.path = *std::move(path);
        }
        with_child(reading, file, "format",
                   [&](AwsObject& format) { read_format(reading, format, result); });
        settings.access_log = std::move(result);
      });
    });
  });
}

}  // namespace hoplab::scenarios
