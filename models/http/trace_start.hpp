// Giving a request a trace.
#pragma once

#include "models/http/message.hpp"
#include "models/telemetry/sampler.hpp"

namespace hoplab::models::http {

/// Gives a request that carries no trace one of its own, beginning in the second that the host's
/// clock says, sampled or not as the sampler decides. One that has a trace keeps it.
void start_trace(Request& request, const Names& names, telemetry::Sampler& sampler,
                 sim::WallTime now);

}  // namespace hoplab::models::http
