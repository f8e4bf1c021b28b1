#include "report/cli/live_session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "report/cli/console.hpp"

namespace hoplab::report::cli {
namespace {

using namespace std::chrono_literals;
using live::Wall;

constexpr auto signal_pause = 50ms;  ///< So long a Ctrl-C may wait.

}  // namespace

LiveSession::LiveSession(const LiveOptions& options, live::Emitters::Manner manner)
    : options_(options) {
  if (!options.emit.empty()) emitters_.emplace(options.emit, manner);
  if (!options.serve_port) return;
  server_ = std::make_unique<live::HttpServer>(
      *options.serve_port, [this](live::HttpRequest request, live::HttpServer::Respond respond) {
        questions_.put(std::move(request), std::move(respond));
      });
}

LiveSession::~LiveSession() = default;

sim::Duration LiveSession::look_every() const {
  constexpr auto real = 20ms;
  constexpr sim::Duration shortest = 1us;
  return options_.pace.is_max() ? sim::Duration::zero()
                                : std::max(shortest, options_.pace.simulated(real));
}

void LiveSession::open(live::EnvoyPages& pages) {
  pages_ = &pages;
  if (!server_) return;
  const auto count = pages.envoys().size();
  complain(
      fmt::format("serving {} Envoy{} at http://127.0.0.1:{}/ (for Prometheus: "
                  "http_sd_configs with http://127.0.0.1:{}/sd)",
                  count, count == 1 ? "" : "s", server_->port(), server_->port()));
}

void LiveSession::answer() {
  if (pages_ == nullptr || !server_) return;
  questions_.answer([this](const live::HttpRequest& request) {
    return live::answer(*pages_, server_->port(), request);
  });
}

bool LiveSession::keep_pace(sim::Duration simulated, const GoesOn& goes_on) {
  if (!started_) started_ = Wall::now();
  answer();
  if (!goes_on()) return false;
  if (options_.pace.is_max()) return true;
  const auto due = *started_ + options_.pace.real(simulated);
  while (true) {
    const auto now = Wall::now();
    if (now >= due) return true;
    questions_.wait_until(std::min<Wall::time_point>(due, now + signal_pause));
    answer();
    if (!goes_on()) return false;
  }
}

std::string LiveSession::finish_sending(bool is_cut_short, const GoesOn& goes_on) {
  if (!emitters_) return "";
  const auto outcomes = emitters_->finish(is_cut_short ? 0s : 5s, goes_on);
  for (const auto& outcome : outcomes) complain(live::to_text(outcome));
  return live::to_json(outcomes);
}

void LiveSession::linger(const GoesOn& goes_on) {
  if (!server_ || pages_ == nullptr || options_.linger == sim::Duration::zero()) return;
  complain(options_.linger
               ? fmt::format("it is over; its last state is served for {} more",
                             sim::format(*options_.linger))
               : "it is over; its last state is served until Ctrl-C (--linger TIME: so long)");
  const auto end = options_.linger ? Wall::now() + *options_.linger : Wall::time_point::max();
  while (goes_on() && Wall::now() < end) {
    questions_.wait_until(std::min<Wall::time_point>(end, Wall::now() + signal_pause));
    answer();
  }
}

}  // namespace hoplab::report::cli
