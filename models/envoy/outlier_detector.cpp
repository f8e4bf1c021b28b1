#include "models/envoy/outlier_detector.hpp"

#include <algorithm>

namespace hoplab::models::envoy {

OutlierDetector::OutlierDetector(sim::Engine& engine, Suspension& suspension,
                                 const OutlierDetection& settings, bool forgets_ejections,
                                 HostSet& hosts, ClusterStats& stats)
    : engine_(engine),
      suspension_(suspension),
      settings_(settings),
      forgets_ejections_(forgets_ejections),
      hosts_(hosts),
      stats_(stats) {
  arm();
}

void OutlierDetector::arm() {
  sweep_ = engine_.after(settings_.interval, sim::call<&OutlierDetector::on_sweep>(*this));
}

void OutlierDetector::stop() {
  is_over_ = true;
  engine_.cancel(sweep_);
  for (HostIndex host = 0; host < records_.size(); ++host) forget(host);
}

void OutlierDetector::detect(HostIndex host) {
  Record& record = records_[host];
  record.errors_in_a_row = 0;
  if (is_over_ || !hosts_.at(host).is_member || hosts_.at(host).is_ejected) return;
  ++stats_.ejections_detected_consecutive_5xx;
  const bool is_first = stats_.ejections_active == 0;
  const std::size_t members = hosts_.members().size();
  if (!is_first && stats_.ejections_active * 100 >= members * settings_.max_ejection_percent) {
    ++stats_.ejections_overflow;
    return;
  }
  ++stats_.ejections_active;
  ++stats_.ejections_enforced_total;
  ++stats_.ejections_enforced_consecutive_5xx;
  record.ejected_at = engine_.now();
  ++record.ejections;
  hosts_.set_ejected(host, true);
  stats_.membership_healthy = hosts_.healthy().size();
}

Duration OutlierDetector::ejection_of(const Record& record) const {
  const Duration whole = settings_.base_ejection * record.ejections;
  if (!forgets_ejections_) return whole;
  return std::min(whole, std::max(settings_.max_ejection, settings_.base_ejection));
}

void OutlierDetector::on_sweep() {
  if (suspension_.is_on()) return suspension_.keep_timer([this] { on_sweep(); });
  if (is_over_) return;
  for (HostIndex host = 0; host < records_.size(); ++host) {
    Record& record = records_[host];
    if (!hosts_.at(host).is_ejected) {
      if (forgets_ejections_ && record.ejections > 0) --record.ejections;
    } else if (engine_.now() - record.ejected_at >= ejection_of(record)) {
      return_to_service(host);
    }
  }
  arm();
}

void OutlierDetector::return_to_service(HostIndex host) {
  records_[host].errors_in_a_row = 0;
  --stats_.ejections_active;
  hosts_.set_ejected(host, false);
  stats_.membership_healthy = hosts_.healthy().size();
}

void OutlierDetector::forget(HostIndex host) {
  if (host < records_.size() && hosts_.at(host).is_ejected) return_to_service(host);
}

}  // namespace hoplab::models::envoy
