// Outlier detection: hosts that answer with errors in a row are left out for a while.
#pragma once

#include <cstdint>
#include <vector>

#include "models/envoy/config.hpp"
#include "models/envoy/host_set.hpp"
#include "models/envoy/stats.hpp"
#include "models/suspension.hpp"
#include "sim/engine.hpp"

namespace hoplab::models::envoy {

/// Watches the answers of one cluster's hosts. 5xx answers count, and so do attempts without an
/// answer (connect failures, resets, time-outs), for external and local errors are not split.
///
///     in service --n errors in a row, and not too many ejected--> ejected
///         ^                                                          |
///         +------ a sweep (each interval) finds its time over -------+
///
/// An ejection is immediate; its end waits for a sweep. It lasts base x how often the host was
/// ejected (see Profile::forgets_ejections). At most `max_ejection_percent` of the hosts are
/// ejected at once, but one may be whatever it says.
///
/// Source: Envoy, outlier_detection_impl.cc (v1.15 to v1.29); App Mesh API, OutlierDetection.
/// Limits: consecutive 5xx only: no success rate, no gateway failures, no jitter.
class OutlierDetector {
 public:
  OutlierDetector(sim::Engine& engine, Suspension& suspension, const OutlierDetection& settings,
                  bool forgets_ejections, HostSet& hosts, ClusterStats& stats);
  ~OutlierDetector() { stop(); }
  OutlierDetector(const OutlierDetector&) = delete;
  OutlierDetector& operator=(const OutlierDetector&) = delete;

  /// From now on; the sweeps go on as they were timed.
  void set(const OutlierDetection& settings) { settings_ = settings; }
  /// For good: whoever is ejected returns, nobody is ejected any more.
  void stop();
  /// How an attempt at a host ended.
  void put(HostIndex host, bool is_error) {
    if (records_.size() <= host) records_.resize(hosts_.size());
    if (!is_error) {
      records_[host].errors_in_a_row = 0;
    } else if (++records_[host].errors_in_a_row == settings_.consecutive_5xx) {
      detect(host);
    }
  }
  /// The host has left: an ejection ends with it.
  void forget(HostIndex host);

 private:
  struct Record {
    std::uint32_t errors_in_a_row = 0;
    std::uint32_t ejections = 0;
    SimTime ejected_at{};
  };
  void detect(HostIndex host);
  void arm();
  void on_sweep();
  void return_to_service(HostIndex host);
  [[nodiscard]] Duration ejection_of(const Record& record) const;

  sim::Engine& engine_;
  Suspension& suspension_;
  OutlierDetection settings_;
  bool forgets_ejections_;
  HostSet& hosts_;
  ClusterStats& stats_;
  std::vector<Record> records_;  ///< By HostIndex.
  sim::EventId sweep_;
  bool is_over_ = false;
};

}  // namespace hoplab::models::envoy
