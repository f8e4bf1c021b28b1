// Sees every log line and task document once, and counts for all that ask.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "report/expectations/log_check.hpp"
#include "report/expectations/parties.hpp"
#include "report/expectations/task_check.hpp"
#include "report/expectations/usage_check.hpp"
#include "report/recording/access_reader.hpp"
#include "report/recording/listener.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::expectations {

/// A line is taken apart once, then offered to the party it comes from and to the expectations
/// about its container. An Envoy line counts at the end of its request (START_TIME + DURATION), an
/// app line at its timestamp, both on the clock of the task's host, which may be a millisecond or
/// so off.
class Witness final : public recording::Listener {
 public:
  /// `scenario` outlives this.
  explicit Witness(const scenarios::Scenario& scenario);

  void stream_opened(models::telemetry::LogStreamId id, std::string_view group,
                     std::string_view stream) override;
  void line(models::telemetry::LogStreamId id, const models::telemetry::LogEvent& event) override;
  void task(sim::WallTime at, std::string_view json) override;

  [[nodiscard]] const Parties& parties() const { return parties_; }
  /// Nothing when the expectation is about something else.
  [[nodiscard]] const LogCheck* log_check(const scenarios::Expectation& expectation) const;
  [[nodiscard]] const TaskCheck* task_check(const scenarios::Expectation& expectation) const;
  [[nodiscard]] const UsageCheck* usage_check(const scenarios::Expectation& expectation) const;

 private:
  void usage_line(sim::WallTime timestamp, std::string_view message);
  struct Stream {
    std::optional<Origin> origin;
    bool tells_usage = false;         ///< Container Insights' performance events.
    std::vector<std::size_t> checks;  ///< Indices into log_checks_.
    Parties::Known known;
  };
  [[nodiscard]] Duration since_start(sim::WallTime instant) const {
    return instant - scenario_.start_time;
  }

  const scenarios::Scenario& scenario_;
  std::vector<CalledNames> called_by_;  ///< By service, and so are the next.
  std::vector<recording::AccessReader> readers_;
  Parties parties_;
  std::vector<LogCheck> log_checks_;
  std::vector<TaskCheck> task_checks_;
  std::vector<UsageCheck> usage_checks_;
  std::vector<Stream> streams_;
};

}  // namespace hoplab::report::expectations
