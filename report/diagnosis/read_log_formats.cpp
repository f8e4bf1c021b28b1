// config/virtual-nodes.jsonl and ecs/services.jsonl: where access logs go, and in which format.
#include <map>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/diagnosis/json_lines.hpp"
#include "report/diagnosis/reading.hpp"
#include "scenarios/schema/connect_words.hpp"

namespace hoplab::report::diagnosis {
namespace {

using Json = nlohmann::json;

/// `logging.accessLog.file` of a virtual node.
scenarios::AccessLogFile file_in(const Json& document) {
  scenarios::AccessLogFile result;
  const Json::json_pointer place("/virtualNode/spec/logging/accessLog/file");
  if (!document.contains(place)) return result;
  const Json& file = document.at(place);
  result.path = text_of(file, "path");
  const auto format = file.find("format");
  if (format == file.end()) return result;
  if (format->contains("text")) result.text = scenarios::FormatText{{}, text_of(*format, "text")};
  for (const Json& member : format->value("json", Json::array())) {
    result.json.emplace_back(text_of(member, "key"),
                             scenarios::FormatText{{}, text_of(member, "value")});
  }
  return result;
}

/// Of a service in Service Connect: the formats that AWS documents for the words it uses.
void take_connect_formats(const Json& service, std::set<std::string>& known, Reading& reading) {
  for (const Json& deployment : service.value("deployments", Json::array())) {
    const Json::json_pointer place("/serviceConnectConfiguration/accessLogConfiguration/format");
    if (!deployment.contains(place)) continue;
    const std::string word = deployment.at(place).get<std::string>();
    if (!known.insert(word).second) continue;
    scenarios::ServiceConnectLog log;
    if (word == "JSON") log.format = scenarios::ServiceConnectLog::Format::json;
    reading.log_readers.emplace_back(scenarios::connect_access_log({}, log),
                                     recording::AccessReader::Flags::dispensable);
  }
}

/// What is not in the logs of such a mesh, whatever happens.
void note_what_lacks(Reading& reading) {
  reading.evidence.missing.emplace_back(
      "response flags: Service Connect's access logs have none; the lengths of the proxies' own "
      "answers stand for them");
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

void read_log_formats(const std::filesystem::path& recording, Reading& reading) {
  std::set<std::string> formats;
  std::map<std::string, std::set<std::string>> nodes_by_trouble;
  for_each_document(
      recording, "config/virtual-nodes.jsonl", reading, [&](const Json& document, Place) {
        const auto node = document.find("virtualNode");
        if (node == document.end()) return;
        const scenarios::AccessLogFile file = file_in(document);
        const std::string name = text_of(*node, "virtualNodeName");
        if (!file.is_output()) {
          nodes_by_trouble["go to the file " + file.path + " in the container"].insert(name);
          return;
        }
        std::string format = file.text ? "text " + file.text->text : "";
        for (const auto& [key, value] : file.json) format += key + '\0' + value.text + '\0';
        recording::AccessReader reader(file);
        if (!reader.can_read()) {
          nodes_by_trouble["cannot be read, for their format " + reader.trouble()].insert(name);
        } else if (formats.insert(std::move(format)).second) {
          reading.log_readers.push_back(std::move(reader));
        }
      });
  std::set<std::string> words;
  for_each_document(recording, "ecs/services.jsonl", reading, [&](const Json& document, Place) {
    take_connect_formats(document, words, reading);
  });
  if (!words.empty()) note_what_lacks(reading);
  for (const auto& [trouble, nodes] : nodes_by_trouble) {
    reading.evidence.missing.push_back(
        fmt::format("Envoy access logs of {}, which {}", joined(nodes), trouble));
  }
  // No mesh has told its nodes: what there is will be in Envoy's own format.
  const bool has_none = reading.log_readers.empty() && nodes_by_trouble.empty();
  if (has_none) reading.log_readers.emplace_back(scenarios::AccessLogFile{});
}

}  // namespace hoplab::report::diagnosis
