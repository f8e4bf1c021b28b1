// What `hoplab map` and `hoplab traces` are asked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/cli/option_kinds.hpp"
#include "report/drawing/trace_text.hpp"

namespace hoplab::report::cli {

struct MapOptions {
  std::string recording;
  bool json = false;
  bool dot = false;
  bool matrix = false;
  StudyRange range;
};

struct TracesOptions {
  std::string recording;
  std::string filter;
  std::vector<std::string> ids;
  bool json = false;
  drawing::TraceOrder order = drawing::TraceOrder::slowest;
  std::uint64_t limit = 20;
  StudyRange range;
};

/// Add the commands; what they are told goes to `options`.
CLI::App* add_map(CLI::App& app, MapOptions& options);
CLI::App* add_traces(CLI::App& app, TracesOptions& options);

}  // namespace hoplab::report::cli
