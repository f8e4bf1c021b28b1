// Whether an alarm's expressions work out, told before there are data.
#pragma once

#include "models/cloudwatch/alarm.hpp"

namespace hoplab::models::cloudwatch {

/// Works out the expressions of `alarm` once, without data: what they name, whether their functions
/// take what they are given, and what comes out does not hang on data. Requires a request; `mark`
/// is what MetricRequest::make() was told.
///
/// Mistakes: those of metric math (E0904, E0905, E0906), SEARCH, a watched query that is no single
/// time series, a ThresholdMetricId whose query is no ANOMALY_DETECTION_BAND.
/// Source: CloudWatch User Guide, "Using metric math" ("You can't create an alarm based on a SEARCH
///         expression"; an alarm watches one time series); PutMetricAlarm, ThresholdMetricId.
void try_expressions(const MetricAlarm& alarm, const sim::SourceMark& mark,
                     sim::Diagnostics& diagnostics);

}  // namespace hoplab::models::cloudwatch
