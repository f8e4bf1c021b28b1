// What `hoplab test` is to run: from paths to scenarios, read but not yet run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/cli/options.hpp"
#include "report/suite/suite_report.hpp"

namespace hoplab::report::cli {

/// Scenario files by path, each once. A folder stands for every *.yaml and *.yml below it but for
/// what is hidden; a glob that the shell left alone for what it matches. A path that leads nowhere
/// stays in the list: it is told when it is read.
[[nodiscard]] std::vector<std::string> find_scenarios(const std::vector<std::string>& paths);

/// Whether a glob fits the whole path, the file's name, or that without its extension. A star also
/// stands for slashes.
[[nodiscard]] bool is_selected(const std::string& file, const std::string& glob);

/// The report of a file as it stands before it is run: its name, its seeds, its expectations, and
/// as a trouble whatever keeps it from being run.
[[nodiscard]] suite::FileReport plan_file(const std::string& file, const TestOptions& options);

}  // namespace hoplab::report::cli
