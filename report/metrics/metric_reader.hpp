// Reads metrics: of a recording, and of what people have saved from CloudWatch.
#pragma once

#include <cstdint>
#include <filesystem>

#include "models/cloudwatch/metric_store.hpp"
#include "report/diagnosis/diagnose.hpp"

namespace hoplab::report::metrics {

struct MetricFile {
  models::cloudwatch::MetricStore store;
  std::uint64_t unreadable = 0;  ///< Lines or entries that are no data.
};

/// Reads `cloudwatch/metrics.jsonl` of a recording's folder (whole or not), and the past of its
/// metrics where `cloudwatch/history.jsonl` has one; or a file: lines of
/// MetricDatum with a Namespace, the answer of `aws cloudwatch get-metric-data` or of
/// `get-metric-statistics`. In answers each value counts as one sample, each series is a metric
/// called by its label, without namespace and dimensions.
///
/// Lines that break off, come twice or in another order are read as they are.
/// Errors: FileTrouble (not there, cannot be read), BadRecording (no metrics in it at all).
[[nodiscard]] MetricFile read_metrics(const std::filesystem::path& path);

/// An instant that is asked for, of data that begin at `first`.
[[nodiscard]] sim::WallTime instant_of(const diagnosis::Instant& asked, sim::WallTime first);

}  // namespace hoplab::report::metrics
