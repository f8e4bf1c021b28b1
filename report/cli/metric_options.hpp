// What `hoplab metrics` and `hoplab alarms` are asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "report/cli/option_kinds.hpp"

namespace hoplab::report::cli {

/// What a band does not learn from.
struct ExcludedRange {
  diagnosis::Instant from;
  diagnosis::Instant to;
};

struct MetricsOptions {
  std::string source;  ///< A recording, or a file of data.
  std::string action;  ///< "list" or "get".
  std::string name_space;
  std::string name;
  std::vector<std::string> dimensions;   ///< "NAME=VALUE".
  std::vector<std::string> metrics;      ///< "[ID=]NAMESPACE,NAME[,DIMENSION=VALUE]...".
  std::vector<std::string> expressions;  ///< "[ID=]EXPRESSION".
  std::string search;
  std::string statistic = "Average";
  std::uint64_t period_seconds = 60;
  std::optional<diagnosis::Instant> from;
  std::optional<diagnosis::Instant> to;
  std::vector<ExcludedRange> excluded;
  bool json = false;
};

struct AlarmsOptions {
  std::string source;
  std::string file;  ///< Of alarms; "" for the recording's own.
  std::vector<ExcludedRange> excluded;
  bool history = false;
  bool detectors = false;  ///< Of bands, in place of the alarms.
  bool json = false;
  bool fail_on_alarm = false;
};

/// Add the commands; what they are told goes to `options`.
CLI::App* add_metrics(CLI::App& app, MetricsOptions& options);
CLI::App* add_alarms(CLI::App& app, AlarmsOptions& options);

}  // namespace hoplab::report::cli
