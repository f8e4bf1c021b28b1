// The commands; each returns the exit code.
#pragma once

#include "report/cli/options.hpp"

namespace hoplab::report::cli {

// FileTrouble, scenarios::FileError, BadRecording and what live/ throws pass through to main.
[[nodiscard]] int run_command(const RunOptions& options);
[[nodiscard]] int replay_command(const ReplayOptions& options);
[[nodiscard]] int report_command(const ReportOptions& options);
[[nodiscard]] int validate_command(const ValidateOptions& options);
[[nodiscard]] int init_command(const InitOptions& options);
[[nodiscard]] int explain_command(const ExplainOptions& options);
[[nodiscard]] int test_command(const TestOptions& options);
[[nodiscard]] int schema_command(const SchemaOptions& options);
[[nodiscard]] int faults_command(const FaultsOptions& options);
[[nodiscard]] int diagnose_command(const DiagnoseOptions& options);
[[nodiscard]] int logs_command(const LogsOptions& options);
[[nodiscard]] int map_command(const MapOptions& options);
[[nodiscard]] int traces_command(const TracesOptions& options);
[[nodiscard]] int metrics_command(const MetricsOptions& options);
[[nodiscard]] int alarms_command(const AlarmsOptions& options);

}  // namespace hoplab::report::cli
