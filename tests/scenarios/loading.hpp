// Loads a scenario from text and shows its diagnostics in a form that reads well in a test.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "models/faults/registry.hpp"
#include "scenarios/schema/load.hpp"

namespace hoplab::scenarios {

struct Loaded {
  std::optional<Scenario> scenario;
  sim::Diagnostics diagnostics;

  /// "5:20 E0401" of each diagnostic, in the order of the file.
  [[nodiscard]] std::vector<std::string> places() const {
    std::vector<std::string> all;
    for (const sim::Diagnostic& it : diagnostics.sorted()) {
      all.push_back(fmt::format("{}:{} {}", it.mark.line, it.mark.column, it.code));
    }
    return all;
  }
  /// "message | hint" of each.
  [[nodiscard]] std::vector<std::string> messages() const {
    std::vector<std::string> all;
    for (const sim::Diagnostic& it : diagnostics.sorted()) {
      all.push_back(it.message + " | " + it.hint);
    }
    return all;
  }
  [[nodiscard]] std::string only_message() const {
    const std::vector<std::string> all = messages();
    return all.size() == 1 ? all.front() : fmt::format("{} diagnostics", all.size());
  }
};

inline Loaded load_text(std::string_view text, const std::string& file = "folder/s.yaml") {
  Loaded loaded;
  loaded.scenario = parse_scenario(text, file, models::faults::catalogue(), loaded.diagnostics);
  return loaded;
}

/// A scenario of two services, a calls b, and `more` behind it.
inline Loaded load_with(std::string_view more) {
  return load_text(
      fmt::format("hoplab: 1\n"
                  "duration: 5m\n"
                  "services: {{a: {{calls: [{{to: b}}]}}, b: {{serviceTime: 7ms}}}}\n"
                  "workload: [{{name: users, rate: 20/s, to: a}}]\n"
                  "{}\n",
                  more));
}

/// A scenario with one service that is written as `service`, at 3:15.
inline Loaded load_service(std::string_view service) {
  return load_text(fmt::format("hoplab: 1\nduration: 5m\nservices: {{s: {}}}\n", service));
}

/// A scenario whose one load is written as `load`, at 4:12.
inline Loaded load_workload(std::string_view load) {
  return load_text(
      fmt::format("hoplab: 1\nduration: 5m\nservices: {{a: {{}}}}\nworkload: [{}]\n", load));
}

}  // namespace hoplab::scenarios
