#include "models/envoy/access_log.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace hoplab::models::envoy {
namespace {

using namespace std::chrono_literals;

constexpr Duration flush_interval = 10s;
constexpr std::size_t flush_size = std::size_t{64} * 1024;

void append_upstream_host(std::string& out, const std::optional<Endpoint>& host) {
  if (!host) {
    out += "-";
    return;
  }
  fmt::format_to(std::back_inserter(out), "{}:{}", vpc::to_string(host->address), host->port);
}

}  // namespace

AccessLog::AccessLog(sim::Engine& engine, const http::Names& names, telemetry::HostClock clock,
                     telemetry::LogDriver& driver, Duration phase)
    : engine_(engine), names_(names), clock_(clock), driver_(driver), phase_(phase) {}

void AccessLog::append_start_time(SimTime start) {
  const std::int64_t ms = sim::epoch_milliseconds(clock_.at(start));
  if (ms / 1000 != second_) {
    second_ = ms / 1000;
    second_text_ = sim::format_iso8601(sim::WallTime(std::chrono::seconds(second_)));
    second_text_.resize(second_text_.size() - 4);  // Without "000Z".
  }
  buffer_ += second_text_;
  fmt::format_to(std::back_inserter(buffer_), "{:03}Z", ms % 1000);
}

void AccessLog::write(const AccessLogEntry& entry) {
  const http::Request& request = *entry.request;
  buffer_.push_back('[');
  append_start_time(entry.start);
  fmt::format_to(std::back_inserter(buffer_), "] \"{} {} HTTP/1.1\" {} ",
                 names_.text(request.method), names_.text(request.path), entry.status);
  append_flags(buffer_, entry.flags);
  fmt::format_to(std::back_inserter(buffer_), " {} {} {} ", request.body.count(),
                 entry.sent.count(),
                 std::chrono::duration_cast<std::chrono::milliseconds>(entry.duration).count());
  if (entry.upstream_service_time_ms < 0) {
    buffer_.push_back('-');
  } else {
    fmt::format_to(std::back_inserter(buffer_), "{}", entry.upstream_service_time_ms);
  }
  fmt::format_to(std::back_inserter(buffer_), " \"-\" \"{}\" \"", names_.text(request.user_agent));
  http::append_uuid(buffer_, request.id);
  fmt::format_to(std::back_inserter(buffer_), "\" \"{}\" \"", names_.text(request.authority));
  append_upstream_host(buffer_, entry.upstream_host);
  buffer_ += "\"\n";
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
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    driver_.write(telemetry::LogDriver::Source::standard_output, rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  buffer_.clear();
}

}  // namespace hoplab::models::envoy
