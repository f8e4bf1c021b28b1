// expectations.json: results as they are kept in a recording.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/expectations/evaluate.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/json_text.hpp"

namespace hoplab::report::expectations {
namespace {

constexpr std::string_view schema = "hoplab.expectations/1";

std::string check_json(const Check& check) {
  return fmt::format("{{\"what\":{},\"expected\":{},\"measured\":{},\"held\":{}}}",
                     recording::json_string(check.what), recording::json_string(check.expected),
                     recording::json_string(check.measured), check.held);
}

/// A document that holds results.
struct Source {
  const char* name;
  std::string_view schema;
  const char* key;
};

std::vector<Result> read_results(std::string_view text, const Source& source) {
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("schema") != source.schema) {
      throw recording::BadRecording(fmt::format("{}: not {}", source.name, source.schema));
    }
    std::vector<Result> results;
    for (const auto& entry : json.at(source.key)) {
      Result result{entry.at("name"),
                    entry.at("window"),
                    entry.at("file"),
                    entry.at("line"),
                    entry.at("held"),
                    {},
                    entry.value("skipped", std::string())};
      for (const auto& check : entry.at("checks")) {
        result.checks.push_back(
            {check.at("what"), check.at("expected"), check.at("measured"), check.at("held")});
      }
      results.push_back(std::move(result));
    }
    return results;
  } catch (const nlohmann::json::exception& error) {
    throw recording::BadRecording(fmt::format("{}: {}", source.name, error.what()));
  }
}

}  // namespace

std::string to_json(const std::vector<Result>& results) {
  std::string out = fmt::format("{{\n\"schema\":\"{}\",\n\"allHeld\":{},\n\"results\":[", schema,
                                all_held(results));
  const char* separator = "\n";
  for (const auto& result : results) {
    out += fmt::format(
        "{}{{\"name\":{},\"held\":{},\"window\":{},\"file\":{},\"line\":{},"
        "\"checks\":[",
        separator, recording::json_string(result.name), result.held,
        recording::json_string(result.window), recording::json_string(result.file), result.line);
    for (std::size_t i = 0; i < result.checks.size(); ++i) {
      if (i > 0) out += ',';
      out += check_json(result.checks[i]);
    }
    out += ']';
    if (!result.skipped.empty()) out += ",\"skipped\":" + recording::json_string(result.skipped);
    out += '}';
    separator = ",\n";
  }
  return out + "\n]\n}\n";
}

std::vector<Result> results_from_json(std::string_view text) {
  return read_results(text, {"expectations.json", schema, "results"});
}

std::vector<Result> results_from_run(std::string_view text) {
  return read_results(text, {"the result of the run", "hoplab.result/1", "expectations"});
}

}  // namespace hoplab::report::expectations
