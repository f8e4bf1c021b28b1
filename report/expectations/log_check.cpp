#include "report/expectations/log_check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/recording/access_reader.hpp"

namespace hoplab::report::expectations {
namespace {

/// A service that calls others is asked about its calls, one that does not about its requests.
bool default_is_egress(const scenarios::Scenario& scenario, const scenarios::Expectation& asked) {
  if (!asked.to.empty()) return true;
  for (const auto& service : scenario.services) {
    if (asked.container.substr(0, asked.container.find('.')) == service.name) {
      return !service.calls.empty();
    }
  }
  return false;
}

std::string trouble_of(const scenarios::Scenario& scenario, const scenarios::Expectation& asked) {
  if (asked.kind != scenarios::Expectation::Kind::access_log) return "";
  for (const auto& service : scenario.services) {
    if (asked.container.substr(0, asked.container.find('.')) != service.name) continue;
    const auto file = service.node.access_log.value_or(scenarios::AccessLogFile{});
    if (!file.is_output()) return "goes to the file " + file.path + " in the container";
    const std::string of_format = access_reader(scenario, service).trouble();
    return of_format.empty() ? "" : "has a format that " + of_format;
  }
  return "";
}

}  // namespace

LogCheck::LogCheck(const scenarios::Scenario& scenario, const scenarios::Expectation& expectation)
    : expectation_(expectation),
      egress_(expectation.egress.value_or(default_is_egress(scenario, expectation))),
      trouble_(trouble_of(scenario, expectation)) {
  if (expectation.to.empty() || !egress_) return;
  to_.insert(expectation.to);
  for (const auto& it : scenario.virtual_services) {
    if (it.name == expectation.to) to_.insert(it.hostname);
  }
}

bool LogCheck::is_about(const scenarios::Service& service, std::string_view container) const {
  const std::string_view wanted = expectation_.container;
  const std::size_t length = service.name.size();
  return wanted.size() == length + 1 + container.size() &&
         wanted.substr(0, length) == service.name && wanted[length] == '.' &&
         wanted.substr(length + 1) == container;
}

bool LogCheck::in_window(Duration instant) const {
  const auto& window = expectation_.window;
  return !window || (window->from <= instant && instant < window->to);
}

void LogCheck::access_line(const recording::AccessLine& line, bool is_egress, Duration ended) {
  if (!in_window(ended) || is_egress != egress_) return;
  if (!to_.empty() && !is_addressed_to(line, to_)) return;
  ++selected_;
  if (!expectation_.response_flags.empty() && !line.has_flag(expectation_.response_flags)) return;
  if (expectation_.code && line.code_number != *expectation_.code) return;
  ++matched_;
  durations_.add(line.duration_ms);
}

void LogCheck::app_line(const AppLine& line, Duration at) {
  if (!in_window(at)) return;
  ++selected_;
  if (!expectation_.stream.empty() && line.source != expectation_.stream) return;
  if (expectation_.code && line.status != expectation_.code) return;
  if (line.text.find(expectation_.contains) == std::string::npos) return;
  ++matched_;
  if (line.duration) {
    durations_.add(std::chrono::floor<std::chrono::milliseconds>(*line.duration).count());
  }
}

std::string LogCheck::description() const {
  const auto& asked = expectation_;
  std::string text = asked.container;
  if (asked.kind == scenarios::Expectation::Kind::access_log) {
    text += egress_ ? " egress" : " ingress";
    if (!asked.to.empty()) text += " to " + asked.to;
    if (!asked.response_flags.empty()) text += ", flag " + asked.response_flags;
  }
  if (asked.code) text += fmt::format(", code {}", *asked.code);
  if (!asked.stream.empty()) text += ", " + asked.stream;
  if (!asked.contains.empty()) text += ", text \"" + asked.contains + "\"";
  return text;
}

}  // namespace hoplab::report::expectations
