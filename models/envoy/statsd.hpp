// Envoy's flush timer and its DogStatsD sink: what the counters did since the last flush, and each
// value of a histogram at once, as datagrams.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "models/envoy/stat_pages.hpp"
#include "models/envoy/stat_walk.hpp"
#include "models/envoy/stats.hpp"
#include "models/telemetry/log_driver.hpp"
#include "models/telemetry/statsd_receiver.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::envoy {

/// Every 5 s, of all that was ever used: for each counter its growth (0 too), for each gauge its
/// value; and histograms are merged, so that the pages show the interval. A value of a histogram
/// goes out when it is recorded, as `|ms` (what is no time, too). Names have their tags taken out,
/// as Envoy's default tag extraction does, and come with the tags that App Mesh adds.
///
/// Source: Envoy, source/extensions/stat_sinks/common/statsd/statsd.cc, well_known_names.cc;
///         stats_flush_interval 5 s; App Mesh agent, ENABLE_ENVOY_STATS_TAGS.
/// Limits: no datagram is lost; one metric a datagram.
class StatsdFlush final : private StatListener, private StatVisitor {
 public:
  struct Spec {
    bool sends = true;  ///< Off: histograms are merged in the same beat, and nobody is told.
    telemetry::StatsdId task;
    telemetry::HostClock clock;
    StatTags tags;
    Stats* stats = nullptr;  ///< Outlives this.
    Duration phase{};        ///< When in its 5 s this process flushes.
    /// Where a value is told at once; off: the pages know it, and no datagram.
    bool tells_values = true;
    /// Draining, memory: as the process stands.
    std::function<PageFacts()> facts;
    /// Listens on the port, besides the recording; null: nobody does. Outlives this.
    telemetry::StatsdReceiver* receiver = nullptr;
  };
  StatsdFlush(sim::Engine& engine, telemetry::Sink& sink, Spec spec);
  ~StatsdFlush() override;
  StatsdFlush(const StatsdFlush&) = delete;
  StatsdFlush& operator=(const StatsdFlush&) = delete;

  /// The process is gone. One that ends in good order tells the last interval first; one that is
  /// killed never does.
  void stop(bool flushes);
  /// Another process listens on the port from now on: its memos are new.
  void change_receiver(telemetry::StatsdReceiver* receiver);
  [[nodiscard]] std::uint64_t datagrams_sent() const { return datagrams_sent_; }

 private:
  /// What stands before and behind a value: all that does not change from one to the next.
  struct Frame {
    telemetry::StatsdSeriesId series;
    std::uint32_t memo = 0;
    std::string head;  ///< "envoy.cluster.upstream_rq_time:"
    std::string tail;  ///< "|ms|#appmesh.mesh:demo,..."
  };

  void on_timer();
  void flush();
  void merge();
  [[nodiscard]] std::string tag_text(const StatName& name) const;
  void append_tag_text(const StatName& name);
  void send(const StatName& name, std::uint64_t value, std::string_view type);
  void send_datagram();
  void frame(std::uint32_t channel, const StatName& name);
  void listen(Histogram& histogram, std::initializer_list<StatName> names);
  void listen_to_all();
  void listen_to_targets();

  void on_value(std::uint32_t channel, std::uint64_t value) override;
  void on_cluster_added(std::size_t index) override;
  void counter(const StatName& name, std::uint64_t value, std::uint64_t growth) override;
  void gauge(const StatName& name, std::uint64_t value, bool is_touched) override;

  sim::Engine& engine_;
  telemetry::Sink& sink_;
  Spec spec_;
  std::vector<StatTag> fixed_;
  sim::EventId timer_;
  bool is_running_ = true;
  StatCounts told_;  ///< The counts at the last flush.
  std::vector<std::vector<Frame>> channels_;
  std::vector<Histogram*> merged_;  ///< All histograms, by channel.
  std::size_t targets_ = 0;         ///< Of the metrics extension, that are heard.
  std::string datagram_;
  std::string tags_;  ///< Of the group whose names begin with tags_of_.
  std::string tags_of_;
  std::uint64_t datagrams_sent_ = 0;
};

}  // namespace hoplab::models::envoy
