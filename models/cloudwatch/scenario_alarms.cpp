#include "models/cloudwatch/scenario_alarms.hpp"

#include <fmt/format.h>

#include "models/cloudwatch/alarm_document.hpp"

namespace hoplab::models::cloudwatch {
namespace {

/// "alarm 'b', e1, column 7: expected ..." where a part of an alarm's text is wrong.
std::string placed(const sim::Diagnostic& mistake) {
  if (mistake.mark.file.empty()) return mistake.message;  // The place is one in its JSON.
  constexpr std::string_view no_file = ": ";
  std::string part = mistake.mark.file;
  if (part.starts_with(no_file)) part.erase(0, no_file.size());
  return fmt::format("{}, column {}: {}", part, mistake.mark.column, mistake.message);
}

}  // namespace

std::vector<Alarm> alarms_of(const scenarios::Scenario& scenario, sim::Diagnostics& diagnostics) {
  std::vector<Alarm> alarms;
  std::vector<std::string> names;
  for (const scenarios::Alarm& given : scenario.alarms) names.push_back(given.name);
  for (const scenarios::Alarm& given : scenario.alarms) {
    sim::Diagnostics found;
    auto read = parse_alarms(given.json, "", {scenario.region, scenario.account}, found, names);
    for (const sim::Diagnostic& it : found.sorted()) {
      diagnostics.error(given.mark, it.code, placed(it), it.hint);
    }
    for (Alarm& alarm : read) alarms.push_back(std::move(alarm));
  }
  return alarms;
}

}  // namespace hoplab::models::cloudwatch
