// Counts for one accessLog or appLog expectation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "report/expectations/app_line.hpp"
#include "report/expectations/origin.hpp"
#include "report/expectations/tally.hpp"
#include "report/recording/access_line.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::expectations {

/// Two nested sets of lines. `selected`: of the container, in the window, and in the direction and
/// to the service that are asked about. `matched`: those of them with the flag, code, stream and
/// text that are asked about. A share is matched of selected; count and duration are of matched.
class LogCheck {
 public:
  /// Both outlive this. The kind is access_log or app_log.
  LogCheck(const scenarios::Scenario& scenario, const scenarios::Expectation& expectation);

  [[nodiscard]] bool is_about(const scenarios::Service& service, std::string_view container) const;
  void access_line(const recording::AccessLine& line, bool is_egress, Duration ended);
  void app_line(const AppLine& line, Duration at);

  [[nodiscard]] const scenarios::Expectation& expectation() const { return expectation_; }
  [[nodiscard]] std::uint64_t selected() const { return selected_; }
  [[nodiscard]] std::uint64_t matched() const { return matched_; }
  [[nodiscard]] const MillisecondCounts& durations() const { return durations_; }
  /// Why nothing of this access log can be read: "has no %DURATION%"; empty when it can.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// "a.envoy egress to b, flag UF, code 503".
  [[nodiscard]] std::string description() const;

 private:
  [[nodiscard]] bool in_window(Duration instant) const;

  const scenarios::Expectation& expectation_;
  bool egress_ = false;
  std::string trouble_;
  CalledNames to_;  ///< What `to` is called; of egress lines.
  std::uint64_t selected_ = 0;
  std::uint64_t matched_ = 0;
  MillisecondCounts durations_;
};

}  // namespace hoplab::report::expectations
