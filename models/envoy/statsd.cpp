#include "models/envoy/statsd.hpp"

#include <fmt/format.h>

#include <utility>

namespace hoplab::models::envoy {
namespace {

using namespace std::chrono_literals;

constexpr Duration flush_interval = 5s;

}  // namespace

StatsdFlush::StatsdFlush(sim::Engine& engine, telemetry::Sink& sink, Spec spec)
    : engine_(engine), sink_(sink), spec_(std::move(spec)), fixed_(spec_.tags.fixed) {
  listen_to_all();
  spec_.stats->listener = this;
  timer_ = engine_.after(spec_.phase % flush_interval, sim::call<&StatsdFlush::on_timer>(*this));
}

StatsdFlush::~StatsdFlush() = default;

void StatsdFlush::stop(bool flushes) {
  if (!std::exchange(is_running_, false)) return;
  engine_.cancel(timer_);
  if (flushes) flush();
  merge();
  spec_.stats->listener = nullptr;
  for (Histogram* histogram : merged_) histogram->tell(nullptr, 0);
}

void StatsdFlush::on_timer() {
  if (!spec_.stats->is_paused) flush();
  timer_ = engine_.after(flush_interval, sim::call<&StatsdFlush::on_timer>(*this));
}

// --- Histograms -------------------------------------------------------------------------------

void StatsdFlush::listen_to_all() {
  Stats& stats = *spec_.stats;
  for (std::size_t index = 0; index < stats.clusters.size(); ++index) on_cluster_added(index);
  for (const Direction direction : {Direction::ingress, Direction::egress}) {
    const auto index = static_cast<std::size_t>(direction);
    const StatGroup http = http_group(direction);
    const StatGroup listener = listener_group(stats, direction);
    listen(stats.http_times[index].cx_length_ms, {{http, "downstream_cx_length_ms"}});
    listen(stats.http_times[index].rq_time, {{http, "downstream_rq_time"}});
    listen(stats.listener_cx_length_ms[index], {{listener, "downstream_cx_length_ms"}});
  }
  listen_to_targets();
  // Recorded once, when the process became ready, or for each configuration.
  listen(stats.update_duration, {});
  listen(stats.initialization_time_ms, {});
}

// A later configuration may name new ones.
void StatsdFlush::listen_to_targets() {
  Stats& stats = *spec_.stats;
  for (; targets_ < stats.targets.size(); ++targets_) {
    const StatGroup target = target_group(*spec_.tags.extension, stats.targets[targets_]);
    listen(stats.target_times[targets_], {{target, "TargetResponseTime"}});
  }
}

void StatsdFlush::on_cluster_added(std::size_t index) {
  Stats& stats = *spec_.stats;
  ClusterTimes& times = stats.cluster_times[index];
  const StatGroup group = cluster_group(stats.clusters[index].name);
  const StatGroup external = cluster_group(stats.clusters[index].name, "external.");
  listen(times.cx_connect_ms, {{group, "upstream_cx_connect_ms"}});
  listen(times.cx_length_ms, {{group, "upstream_cx_length_ms"}});
  listen(times.rq_per_cx, {{group, "upstream_rq_per_cx"}});
  listen(times.rq_time, {{group, "upstream_rq_time"}, {external, "upstream_rq_time"}});
}

void StatsdFlush::listen(Histogram& histogram, std::initializer_list<StatName> names) {
  const auto channel = static_cast<std::uint32_t>(merged_.size());
  merged_.push_back(&histogram);
  if (!spec_.tells_values) return;
  channels_.emplace_back();
  for (const StatName& name : names) frame(channel, name);
  histogram.tell(this, channel);
}

void StatsdFlush::frame(std::uint32_t channel, const StatName& name) {
  Frame& frame = channels_[channel].emplace_back();
  frame.head = "envoy.";
  name.append_extracted(frame.head);
  frame.head += ':';
  frame.tail = "|ms|#" + tag_text(name);
  frame.series = sink_.declare_statsd_series(spec_.task, frame.head, frame.tail);
}

void StatsdFlush::on_value(std::uint32_t channel, std::uint64_t value) {
  const sim::WallTime now = spec_.clock.at(engine_.now());
  for (Frame& frame : channels_[channel]) {
    ++datagrams_sent_;
    sink_.statsd_value(frame.series, now, value);
    if (spec_.receiver == nullptr) continue;
    if (frame.memo != 0) {
      spec_.receiver->receive_value(value, frame.memo);
    } else {
      spec_.receiver->receive(fmt::format("{}{}{}", frame.head, value, frame.tail), frame.memo);
    }
  }
}

void StatsdFlush::change_receiver(telemetry::StatsdReceiver* receiver) {
  spec_.receiver = receiver;
  for (auto& frames : channels_) {
    for (Frame& frame : frames) frame.memo = 0;
  }
}

void StatsdFlush::merge() {
  for (Histogram* histogram : merged_) histogram->merge();
}

// --- Counters and gauges ----------------------------------------------------------------------

void StatsdFlush::flush() {
  listen_to_targets();
  if (!spec_.sends) return merge();
  walk(*spec_.stats, told_, spec_.facts(), *this);
  told_ = *spec_.stats;
  merge();
}

void StatsdFlush::counter(const StatName& name, std::uint64_t value, std::uint64_t growth) {
  if (value != 0) send(name, growth, "|c|#");
}

void StatsdFlush::gauge(const StatName& name, std::uint64_t value, bool is_touched) {
  if (is_touched) send(name, value, "|g|#");
}

std::string StatsdFlush::tag_text(const StatName& name) const {
  std::vector<StatTag> tags;
  append_tags(tags, fixed_, name);
  std::string text;
  for (const StatTag& tag : tags) {
    if (!text.empty()) text += ',';
    text += tag.name + ":" + tag.value;
  }
  return text;
}

// Most statistics come behind another one of their group, with the same tags.
void StatsdFlush::append_tag_text(const StatName& name) {
  if (name.code != 0 || name.code_class != 0) {
    datagram_ += tag_text(name);
    return;
  }
  if (name.group.full != tags_of_) {
    tags_of_ = name.group.full;
    tags_ = tag_text(name);
  }
  datagram_ += tags_;
}

void StatsdFlush::send(const StatName& name, std::uint64_t value, std::string_view type) {
  const fmt::format_int digits(value);
  datagram_ = "envoy.";
  name.append_extracted(datagram_);
  datagram_ += ':';
  datagram_.append(digits.data(), digits.size());
  datagram_ += type;
  append_tag_text(name);
  send_datagram();
}

void StatsdFlush::send_datagram() {
  ++datagrams_sent_;
  sink_.statsd(spec_.task, spec_.clock.at(engine_.now()), datagram_);
  std::uint32_t memo = 0;
  if (spec_.receiver != nullptr) spec_.receiver->receive(datagram_, memo);
}

}  // namespace hoplab::models::envoy
