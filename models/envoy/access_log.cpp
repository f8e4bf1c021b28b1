#include "models/envoy/access_log.hpp"

#include <string_view>
#include <utility>

namespace hoplab::models::envoy {
namespace {

using namespace std::chrono_literals;

constexpr Duration flush_interval = 10s;
constexpr std::size_t flush_size = std::size_t{64} * 1024;
constexpr std::size_t driver_line_max = std::size_t{16} * 1024;

}  // namespace

AccessLog::AccessLog(sim::Engine& engine, LogFormat format, telemetry::LogDriver& driver,
                     Output output, Duration phase)
    : engine_(engine),
      format_(std::move(format)),
      driver_(driver),
      output_(output),
      phase_(phase) {}

void AccessLog::write(const AccessLogEntry& entry) {
  format_.append(buffer_, entry);
  if (buffer_.size() >= flush_size) return flush();
  arm();
}

void AccessLog::arm() {
  if (armed_) return;
  armed_ = true;
  const Duration since_tick = (engine_.now().time_since_epoch() - phase_) % flush_interval;
  const Duration wait = since_tick < 0ns ? -since_tick : flush_interval - since_tick;
  engine_.after(wait, sim::call<&AccessLog::on_flush_timer>(*this));
}

void AccessLog::on_flush_timer() {
  armed_ = false;
  if (is_paused_) return arm();
  flush();
}

void AccessLog::flush() {
  std::string joined;
  if (!unfinished_.empty()) joined = std::exchange(unfinished_, {}) + std::string(buffer_.view());
  std::string_view rest = joined.empty() ? buffer_.view() : joined;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    driver_.write(output_, rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  for (; rest.size() >= driver_line_max; rest.remove_prefix(driver_line_max)) {
    driver_.write(output_, rest.substr(0, driver_line_max));
  }
  unfinished_ = rest;
  buffer_.clear();
}

void AccessLog::finish() {
  flush();
  if (!unfinished_.empty()) driver_.write(output_, std::exchange(unfinished_, {}));
}

// The end of the pipe ends the line that the driver holds.
void AccessLog::lose_buffer() {
  buffer_.clear();
  finish();
}

}  // namespace hoplab::models::envoy
