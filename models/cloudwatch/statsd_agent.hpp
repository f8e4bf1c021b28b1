// The CloudWatch agent of a task: datagrams on port 8125 become CloudWatch metrics.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/telemetry/log_driver.hpp"
#include "models/telemetry/sink.hpp"
#include "models/telemetry/statsd_receiver.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::cloudwatch {

/// Values and how often each came.
/// Source: aws/amazon-cloudwatch-agent, metric/distribution/regular.
class Distribution {
 public:
  void add(double value, double weight) { counts_[value] += weight; }
  void clear() { counts_.clear(); }
  [[nodiscard]] bool is_empty() const { return counts_.empty(); }
  [[nodiscard]] const std::map<double, double>& counts() const { return counts_; }

 private:
  std::map<double, double> counts_;
};

/// The timings of ten seconds: most are a few milliseconds, and there are many.
class Timings {
 public:
  void add(std::uint64_t value) {
    if (value < few_.size()) {
      ++few_[value];
    } else {
      ++others_[value];
    }
  }
  /// Adds them all to `minute`, and is empty.
  void move_to(Distribution& minute);

 private:
  std::array<std::uint32_t, 128> few_{};
  std::map<std::uint64_t, std::uint32_t> others_;
};

/// Sums counters, keeps the last value of gauges and every timing for 10 s; what these 10 s came to
/// is an entry of the minute in which they end; at each full minute, by the clock of its host, the
/// last one is published: Values and Counts, at most 150 a datum, and a statistic set.
///
/// A metric's name has `_` for each dot; its dimensions are the tags, sorted by name, with
/// `metric_type`.
///
/// Source: aws/amazon-cloudwatch-agent, plugins/inputs/statsd (statsd.go),
///         plugins/outputs/cloudwatch (aggregator.go, util.go), metric/distribution/seh1.
/// Limits: what the agent publishes it puts in bins of 10 % first, and writes their middles:
///         Values, and percentiles with them, are up to 4.9 % off, in this program as in the real
///         one. Statistic sets are exact. Nothing is dropped; PutMetricData takes no time; sets and
///         sample rates are not read, for Envoy sends none.
class StatsdAgent final : public telemetry::StatsdReceiver {
 public:
  struct Spec {
    std::string name_space = "CWAgent";
    telemetry::HostClock clock;
  };
  /// What a sender may keep with a datagram that it sends again and again; 0: nothing yet.
  using Memo = std::uint32_t;

  StatsdAgent(sim::Engine& engine, telemetry::Sink& sink, Spec spec);
  StatsdAgent(const StatsdAgent&) = delete;
  StatsdAgent& operator=(const StatsdAgent&) = delete;

  /// "envoy.cluster.upstream_rq:363|c|#envoy.response_code:200,...". What cannot be read is passed
  /// over, as the agent does. `memo`: of datagrams that differ in their value alone.
  void receive(std::string_view datagram, Memo& memo) override;
  void receive_value(std::uint64_t value, Memo memo) override;
  /// The run is over: what the running minute has so far is published.
  void finish();
  /// Its process is gone; one that ends in good order publishes what it has aggregated.
  void stop(bool publishes);

 private:
  enum class Kind : std::uint8_t { counter, gauge, timing };
  struct Series {
    Kind kind = Kind::counter;
    bool is_set = false;  ///< Something came in these 10 s.
    std::string metric;
    std::string dimensions;  ///< JSON.
    std::int64_t sum = 0;
    double last = 0;
    std::unique_ptr<Timings> timings;  ///< Of a timing.
    Distribution minute;
  };
  static void take(Series& series, std::uint64_t value);
  [[nodiscard]] Series* find(std::string_view datagram, Memo& memo);
  void on_tick();
  void arm();
  void collect();
  void publish();
  void publish(const Series& series);

  sim::Engine& engine_;
  telemetry::Sink& sink_;
  Spec spec_;
  std::map<std::string, Memo, std::less<>> index_;  ///< By the datagram without its value.
  std::vector<Series> series_;
  std::string key_;
  sim::WallTime minute_{};  ///< That entries belong to.
  sim::EventId timer_;
  bool is_running_ = true;
};

/// What the agent writes of a distribution: for each datum, bins of 10 % by their middles.
/// Source: aws/amazon-cloudwatch-agent, plugins/outputs/cloudwatch/util.go (resize).
struct Binned {
  std::vector<double> values;
  std::vector<double> counts;
  double minimum = 0;
  double maximum = 0;
  double sum = 0;
  double samples = 0;
};
[[nodiscard]] std::vector<Binned> in_bins(const Distribution& distribution, std::size_t values_max);

}  // namespace hoplab::models::cloudwatch
