#include "models/workload/load.hpp"

#include <algorithm>
#include <utility>

#include "models/app/draw.hpp"

namespace hoplab::models::workload {
namespace {

constexpr sim::Duration refusal_pause = std::chrono::milliseconds(1);

}  // namespace

using Executor = scenarios::Load::Executor;

Load::Load(sim::Engine& engine, vpc::Network& network, Timeouts& timeouts, telemetry::Sink& sink,
           LoadSpec spec)
    : engine_(engine),
      sink_(sink),
      spec_(std::move(spec)),
      client_(engine, network, timeouts, *this, spec_.target) {
  const double rate = spec_.load->rate.value();
  if (rate > 0) mean_gap_ = sim::seconds_to_duration(1.0 / rate);
  if (!spec_.load->ramp_to && !spec_.load->diurnal) return;
  const sim::Duration length = spec_.load->duration.value_or(spec_.end - spec_.start);
  arrivals_.emplace(*spec_.load, length, spec_.wall_start);
}

void Load::start() {
  if (spec_.load->executor == Executor::constant_vus) {
    for (std::uint32_t vu = 0; vu < spec_.load->vus; ++vu) {
      engine_.at(spec_.start, sim::call<&Load::on_thought>(*this));
    }
    return;
  }
  // The first evenly spaced request comes at once; the first Poisson one after a gap.
  engine_.at(spec_.start, spec_.load->executor == Executor::poisson
                              ? sim::call<&Load::schedule_arrival>(*this)
                              : sim::call<&Load::on_arrival>(*this));
}

bool Load::is_over() const {
  const auto limit = spec_.load->requests_max;
  return engine_.now() >= spec_.end || (limit && issued_ >= *limit);
}

void Load::schedule_arrival() {
  if (arrivals_) {
    const double due = spec_.load->executor == Executor::poisson ? spec_.rng.exponential(1.0) : 1.0;
    const auto wait = arrivals_->wait_for(due, engine_.now() - spec_.start);
    if (wait) engine_.after(*wait, sim::call<&Load::on_arrival>(*this));
    return;
  }
  const sim::Duration gap =
      spec_.load->executor == Executor::poisson
          ? sim::seconds_to_duration(spec_.rng.exponential(sim::in_seconds(mean_gap_)))
          : mean_gap_;
  engine_.after(gap, sim::call<&Load::on_arrival>(*this));
}

void Load::on_arrival() {
  if (is_over()) return;
  issue();
  schedule_arrival();
}

void Load::think(bool was_answered) {
  // No client turns a refused connection round in no time: without this, one without think time
  // would spin on RST, millions of times a second.
  const sim::Duration least = was_answered ? sim::Duration::zero() : refusal_pause;
  const sim::Duration pause = std::max(least, app::draw(spec_.load->think_time, spec_.rng));
  engine_.after(pause, sim::call<&Load::on_thought>(*this));
}

void Load::on_thought() {
  if (!is_over()) issue();
}

void Load::issue() {
  ++issued_;
  client_.call(0, spec_.request, spec_.load->abandon_after);
}

void Load::on_call_done(std::uint64_t /*word*/, const app::CallResult& result) {
  const bool has_failed = result.has_failed();
  ++(has_failed ? failed_ : answered_);
  sink_.request(spec_.series, engine_.now(), engine_.now() - result.began, result.status,
                has_failed);
  if (result.timed_out) ++gave_up_;
  const bool comes_back = !result.timed_out;
  if (spec_.load->executor == Executor::constant_vus && comes_back) think(result.status != 0);
}

}  // namespace hoplab::models::workload
