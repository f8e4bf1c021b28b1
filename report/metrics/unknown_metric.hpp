// A metric that is asked for and not there: what was meant.
#pragma once

#include <string>

#include "models/cloudwatch/metric_store.hpp"

namespace hoplab::report::metrics {

/// What to write instead of `metric`, which the store does not know: another set of dimensions, a
/// name that is near, or how to see what there is.
[[nodiscard]] std::string hint_of_unknown(const models::cloudwatch::MetricId& metric,
                                          const models::cloudwatch::MetricStore& store);

}  // namespace hoplab::report::metrics
