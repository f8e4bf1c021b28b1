#include <unistd.h>

#include <array>
#include <ctime>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "report/recording/json_text.hpp"
#include "report/suite/writers.hpp"
#include "report/writers/run_report.hpp"

namespace hoplab::report::suite {
namespace {

std::string in_seconds(std::chrono::nanoseconds span) {
  return fmt::format("{:.3f}", std::chrono::duration<double>(span).count());
}

/// Of what stands in the XML. An expectation that was not judged counts as skipped.
struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;

  void add(const Counts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
  }
};

/// XML 1.0 has no way to write most control characters, and no reader takes what is not UTF-8.
std::string clean(const std::string& text) {
  // A round trip through a JSON string puts U+FFFD for every byte that is not part of UTF-8.
  std::string out = recording::json_unquoted(recording::json_string(text)).value_or("");
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') c = '?';
  }
  return out;
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(clean(value).c_str());
}

pugi::xml_node add_text(pugi::xml_node parent, const char* name, const std::string& text) {
  pugi::xml_node node = parent.append_child(name);
  node.text().set(clean(text).c_str());
  return node;
}

void set_counts(pugi::xml_node node, const Counts& counts, std::chrono::nanoseconds wall) {
  set(node, "tests", fmt::format("{}", counts.tests));
  set(node, "failures", fmt::format("{}", counts.failures));
  set(node, "errors", fmt::format("{}", counts.errors));
  set(node, "skipped", fmt::format("{}", counts.skipped));
  set(node, "time", in_seconds(wall));
}

std::string iso8601(std::chrono::system_clock::time_point instant) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(instant);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

/// What all testcases of one file have in common.
struct Common {
  const FileReport& file;
  std::string classname;
  std::string time;  ///< An expectation takes no time of its own: each has its share of the file's.
};

pugi::xml_node add_testcase(pugi::xml_node suite, const Common& common, const std::string& name,
                            int line) {
  pugi::xml_node node = suite.append_child("testcase");
  set(node, "classname", common.classname);
  set(node, "name", name);
  set(node, "time", common.time);
  set(node, "file", common.file.file);
  set(node, "line", fmt::format("{}", line));
  return node;
}

void add_verdict(pugi::xml_node testcase, const char* kind, const std::string& type,
                 const std::string& message, const std::string& text) {
  pugi::xml_node node = add_text(testcase, kind, text);
  set(node, "message", message);
  set(node, "type", type);
}

Counts add_case(pugi::xml_node suite, const Common& common, const Case& item) {
  pugi::xml_node node = add_testcase(suite, common, item.name, item.line);
  if (!item.shown) {
    node.append_child("skipped").append_attribute("message").set_value(
        item.skipped.empty() ? "not judged" : item.skipped.c_str());
    return {1, 0, 0, 1};
  }
  if (item.held()) return {1, 0, 0, 0};
  std::string text;
  for (const auto& check : item.shown->checks) {
    text += (check.held ? "held    " : "failed  ") + check_text(check) + "\n";
  }
  add_verdict(node, "failure", "expectation", failure_line(item), text);
  add_text(node, "system-out", "again: " + replay_of(common.file, item) + "\n");
  return {1, 1, 0, 0};
}

Counts add_trouble(pugi::xml_node suite, const Common& common, const Trouble& trouble) {
  const FileReport& file = common.file;
  const bool is_failure = trouble.verdict == Verdict::no_expectations;
  std::string name = is_failure ? "it has expectations" : "it runs";
  if (trouble.seed && file.seeds.size() > 1) name += fmt::format(" with seed {}", *trouble.seed);
  std::string text = trouble.output;
  int line = 1;
  if (trouble.verdict == Verdict::bad_scenario) {
    if (!file.diagnostics.empty()) line = std::max(1, file.diagnostics.front().mark.line);
    for (const auto& it : file.diagnostics) text += sim::to_string(it) + "\n";
  }
  pugi::xml_node node = add_testcase(suite, common, name, line);
  add_verdict(node, is_failure ? "failure" : "error", to_string(trouble.verdict), trouble.message,
              text);
  if (trouble.seed) {
    add_text(node, "system-out", "again: " + writers::replay_line(file.file, *trouble.seed) + "\n");
  }
  return is_failure ? Counts{1, 1, 0, 0} : Counts{1, 0, 1, 0};
}

void add_properties(pugi::xml_node suite, const FileReport& file, const std::string& version) {
  pugi::xml_node properties = suite.append_child("properties");
  const auto add = [&properties](const char* name, const std::string& value) {
    pugi::xml_node property = properties.append_child("property");
    set(property, "name", name);
    set(property, "value", value);
  };
  if (file.seeds.size() == 1) add("seed", fmt::format("{}", file.seeds.front()));
  if (file.seeds.size() > 1) {
    add("seeds", fmt::format("{}..{}", file.seeds.front(), file.seeds.back()));
  }
  add("file", file.file);
  add("simulated", sim::format(file.simulated));
  add("version", version);
}

/// Scenarios that share a name are told apart by their file.
std::string classname_of(const FileReport& file, const std::map<std::string, int>& uses) {
  return uses.at(file.name) == 1 ? file.name : fmt::format("{} ({})", file.name, file.file);
}

Counts add_suite(pugi::xml_node root, const Common& common, const SuiteReport& report) {
  const FileReport& file = common.file;
  pugi::xml_node suite = root.append_child("testsuite");
  set(suite, "name", common.classname);
  add_properties(suite, file, report.version);
  Counts counts;
  for (const auto& trouble : file.troubles) counts.add(add_trouble(suite, common, trouble));
  for (const auto& item : file.cases) counts.add(add_case(suite, common, item));
  set_counts(suite, counts, file.wall);
  set(suite, "timestamp", iso8601(report.started));
  set(suite, "hostname", host_name());
  return counts;
}

}  // namespace

std::string junit_document(const SuiteReport& report) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  set(declaration, "version", "1.0");
  set(declaration, "encoding", "UTF-8");
  pugi::xml_node root = document.append_child("testsuites");
  set(root, "name", "hoplab");
  std::map<std::string, int> uses;
  for (const auto& file : report.files) ++uses[file.name];
  Counts counts;
  for (const auto& file : report.files) {
    const auto testcases = static_cast<std::int64_t>(file.cases.size() + file.troubles.size());
    const auto share = file.wall / std::max<std::int64_t>(1, testcases);
    counts.add(add_suite(root, {file, classname_of(file, uses), in_seconds(share)}, report));
  }
  set_counts(root, counts, report.wall);
  std::ostringstream out;
  document.save(out, "  ", pugi::format_default, pugi::encoding_utf8);
  return out.str();
}

}  // namespace hoplab::report::suite
