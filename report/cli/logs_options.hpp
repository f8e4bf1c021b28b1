// What `hoplab logs` is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/cli/option_kinds.hpp"

namespace hoplab::report::cli {

struct LogsOptions {
  enum class Action { query, tail, groups };
  enum class Output { table, json, csv };
  Action action = Action::query;
  std::string path;   ///< A recording, or a folder of other log files.
  std::string query;  ///< "-": from stdin.
  std::vector<std::string> groups;
  std::optional<diagnosis::Instant> start;
  std::optional<diagnosis::Instant> end;
  Output output = Output::table;
  std::optional<std::uint64_t> limit;
  std::string filter;  ///< tail: a text that lines have.
  bool json = false;   ///< tail, groups.
};

/// Adds the command; what it is told goes to `options`.
CLI::App* add_logs(CLI::App& app, LogsOptions& options);

}  // namespace hoplab::report::cli
