// What `hoplab map` and `hoplab traces` have in common.
#pragma once

#include "report/cli/options.hpp"
#include "report/xray/service_graph.hpp"
#include "report/xray/source.hpp"

namespace hoplab::report::cli {

/// Times since the first record count from the first trace.
[[nodiscard]] inline xray::TimeRange time_range(const StudyRange& asked,
                                                const xray::TraceStore& store) {
  const sim::Duration first =
      store.traces().empty() ? sim::Duration{} : store.traces().front().id.instant();
  const auto instant = [&](const diagnosis::Instant& wanted) {
    const sim::Duration value = std::chrono::milliseconds(wanted.value_ms);
    return wanted.is_since_first ? first + value : value;
  };
  xray::TimeRange range;
  if (asked.from) range.from = instant(*asked.from);
  if (asked.to) range.to = instant(*asked.to);
  return range;
}

}  // namespace hoplab::report::cli
