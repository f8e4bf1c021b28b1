#include "models/http/trace_start.hpp"

namespace hoplab::models::http {

void start_trace(Request& request, const Names& names, telemetry::Sampler& sampler,
                 sim::WallTime now) {
  Trace& trace = request.trace;
  if (trace.decision != Trace::Decision::absent) return;
  const bool is_sampled = sampler.samples(names.text(request.authority), names.text(request.method),
                                          names.text(request.path), now);
  trace.epoch = static_cast<std::uint32_t>(sim::epoch_milliseconds(now) / 1000);
  trace.decision = is_sampled ? Trace::Decision::sampled : Trace::Decision::not_sampled;
}

}  // namespace hoplab::models::http
