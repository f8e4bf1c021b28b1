// The door: reads the command line, hands over to a command, turns exceptions into exit codes.
#include <csignal>
#include <exception>
#include <filesystem>
#include <string>
#include <variant>

#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/cli/options.hpp"
#include "report/live/network_trouble.hpp"
#include "report/recording/file_trouble.hpp"
#include "scenarios/schema/load.hpp"

namespace {

using namespace hoplab::report::cli;  // This file is the program; it names nothing of its own.

struct Dispatch {
  int operator()(const Answered& answered) const { return answered.exit_code; }
  int operator()(const RunOptions& options) const { return run_command(options); }
  int operator()(const ReplayOptions& options) const { return replay_command(options); }
  int operator()(const ReportOptions& options) const { return report_command(options); }
  int operator()(const ValidateOptions& options) const { return validate_command(options); }
  int operator()(const InitOptions& options) const { return init_command(options); }
  int operator()(const ExplainOptions& options) const { return explain_command(options); }
  int operator()(const TestOptions& options) const { return test_command(options); }
  int operator()(const SchemaOptions& options) const { return schema_command(options); }
  int operator()(const FaultsOptions& options) const { return faults_command(options); }
  int operator()(const DiagnoseOptions& options) const { return diagnose_command(options); }
  int operator()(const LogsOptions& options) const { return logs_command(options); }
  int operator()(const MapOptions& options) const { return map_command(options); }
  int operator()(const TracesOptions& options) const { return traces_command(options); }
  int operator()(const MetricsOptions& options) const { return metrics_command(options); }
  int operator()(const AlarmsOptions& options) const { return alarms_command(options); }
};

int dispatch(int argc, char** argv) {
  try {
    return std::visit(Dispatch{}, parse_options(argc, argv));
  } catch (const hoplab::report::recording::FileTrouble& error) {
    complain(error.what());
    return exit_file_trouble;
  } catch (const hoplab::scenarios::FileError& error) {
    complain(error.what());
    return exit_file_trouble;
  } catch (const std::filesystem::filesystem_error& error) {
    complain(error.what());
    return exit_file_trouble;
  } catch (const hoplab::report::live::NetworkTrouble& error) {
    complain(error.what());
    return exit_file_trouble;
  } catch (const hoplab::report::live::BadTarget& error) {
    complain(error.what());
    return exit_usage;
  } catch (const hoplab::report::recording::BadRecording& error) {
    complain(error.what());
    return exit_bad_input;
  }
}

}  // namespace

int main(int argc, char** argv) {
  // A file that may not grow is a write that fails, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return dispatch(argc, argv);
  } catch (const std::exception& error) {
    complain(std::string("internal error: ") + error.what());
    return exit_internal_error;
  }
}
