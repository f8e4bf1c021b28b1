// Lets somebody see the metrics that go into a sink.
#pragma once

#include <functional>
#include <string_view>

#include "models/telemetry/sink.hpp"

namespace hoplab::models {

/// Hands everything on as it is.
class MetricTap final : public telemetry::Sink {
 public:
  /// `take` sees each metric before the sink does.
  MetricTap(telemetry::Sink& to, std::function<void(std::string_view json)> take)
      : to_(to), take_(std::move(take)) {}

  telemetry::LogStreamId open_log_stream(std::string_view group, std::string_view stream) override {
    return to_.open_log_stream(group, stream);
  }
  void log(telemetry::LogStreamId stream, const telemetry::LogEvent& event) override {
    to_.log(stream, event);
  }
  telemetry::FireLensId declare_firelens(std::string_view members) override {
    return to_.declare_firelens(members);
  }
  void ecs_event(std::string_view json) override { to_.ecs_event(json); }
  void ecs_task(sim::WallTime at, std::string_view json) override { to_.ecs_task(at, json); }
  void ecs_service(sim::WallTime at, std::string_view json) override { to_.ecs_service(at, json); }
  void ecs_container_instance(sim::WallTime at, std::string_view json) override {
    to_.ecs_container_instance(at, json);
  }
  void task_stats(std::string_view task_id, sim::WallTime at, std::string_view json) override {
    to_.task_stats(task_id, at, json);
  }
  void config(sim::WallTime at, std::string_view kind, std::string_view json) override {
    to_.config(at, kind, json);
  }
  void xray_segment(std::string_view json) override { to_.xray_segment(json); }
  telemetry::StatsdId open_statsd(std::string_view task_id) override {
    return to_.open_statsd(task_id);
  }
  void statsd(telemetry::StatsdId task, sim::WallTime at, std::string_view datagram) override {
    to_.statsd(task, at, datagram);
  }
  telemetry::StatsdSeriesId declare_statsd_series(telemetry::StatsdId task, std::string_view head,
                                                  std::string_view tail) override {
    return to_.declare_statsd_series(task, head, tail);
  }
  void statsd_value(telemetry::StatsdSeriesId series, sim::WallTime at,
                    std::uint64_t value) override {
    to_.statsd_value(series, at, value);
  }
  void metric(std::string_view json) override {
    take_(json);
    to_.metric(json);
  }
  void flow_log(std::string_view line) override { to_.flow_log(line); }
  void otlp(telemetry::OtlpSignal signal, std::string_view json) override {
    to_.otlp(signal, json);
  }
  telemetry::HopId declare_hop(std::string_view name) override { return to_.declare_hop(name); }
  void declare_chain(const telemetry::Chain& chain) override { to_.declare_chain(chain); }
  void hop(telemetry::HopId hop, sim::SimTime ended, sim::Duration took, bool failed) override {
    to_.hop(hop, ended, took, failed);
  }
  telemetry::SeriesId declare_series(std::string_view name) override {
    return to_.declare_series(name);
  }
  void request(telemetry::SeriesId series, sim::SimTime ended, sim::Duration took, int status,
               bool failed) override {
    to_.request(series, ended, took, status, failed);
  }
  void fault(sim::SimTime instant, std::string_view name, std::string_view action,
             std::string_view target, bool begins) override {
    to_.fault(instant, name, action, target, begins);
  }
  void envoy_page(std::string_view task_id, std::string_view name, std::string_view text) override {
    to_.envoy_page(task_id, name, text);
  }

 private:
  telemetry::Sink& to_;
  std::function<void(std::string_view)> take_;
};

}  // namespace hoplab::models
