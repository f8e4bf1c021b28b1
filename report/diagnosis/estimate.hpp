// How long each hop usually takes, as far as traces and logs tell.
#pragma once

#include <vector>

#include "report/diagnosis/diagnosis.hpp"
#include "report/diagnosis/symptoms.hpp"

namespace hoplab::report::diagnosis {

/// One ladder for each edge. Clocks of two hosts are never compared: of two spans, one within the
/// other, the difference of their lengths is what lies between, there and back together, and half
/// of it stands for each direction.
///
/// From the segments of traces, in microseconds, where there are any. Else from the logs, of calls
/// without a symptom: the application's own word for its own time, and the mean of differences of
/// whole milliseconds for the rest.
/// Limits: traces are samples; of a time that varies by much, the median of few is off. What a
/// request waits for a worker is in no log and no segment of the application: it shows as part of
/// the way there.
[[nodiscard]] std::vector<LadderEstimate> estimate_ladders(const Evidence& evidence,
                                                           const Symptoms& symptoms);

}  // namespace hoplab::report::diagnosis
