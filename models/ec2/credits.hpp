// CPU credits of burstable instances.
#pragma once

#include <cstdint>

#include "sim/cpu_share.hpp"
#include "sim/engine.hpp"
#include "sim/units.hpp"

namespace hoplab::models::ec2 {

/// What a burstable type earns. 1 credit is 1 vCPU at 100 % for one minute.
struct CreditPlan {
  double per_hour = 0;       ///< Credits; 0: the type is not burstable.
  double maximum = 0;        ///< What it can save up: 24 hours of earnings.
  int baseline_percent = 0;  ///< Of each vCPU.
  [[nodiscard]] bool is_burstable() const { return per_hour > 0; }
};

/// A machine that may burst as long as it has credits. They are earned all the time and spent by
/// every vCPU that is busy.
///
///   standard:   full speed --balance is 0--> baseline --balance grows: less than the baseline was
///                    ^                          |     used--+
///                    +--------------------------------------+
///   unlimited:  always full speed; what it has not earned yet is surplus, paid back from later
///               earnings, and charged where it is more than a day's earnings.
///
/// Source: Amazon EC2 User Guide, "Key concepts and definitions for burstable performance
///         instances", "Unlimited mode".
/// Limits: at the baseline the machine has fewer cores, evenly; a hypervisor takes them away slice
///         by slice. AWS slows down over some minutes; here it is at once, within 100 ms.
class CpuCredits {
 public:
  struct Spec {
    CreditPlan plan;
    sim::CpuUnits cpu{0};  ///< Of the type.
    double balance = 0;    ///< At the start, 0 to the maximum.
    bool is_unlimited = true;
  };

  CpuCredits(sim::Engine& engine, sim::CpuShare& cpu, Spec spec);
  CpuCredits(const CpuCredits&) = delete;
  CpuCredits& operator=(const CpuCredits&) = delete;

  // All in credits, as of now.
  [[nodiscard]] double balance();
  [[nodiscard]] double surplus();
  [[nodiscard]] double charged();
  [[nodiscard]] double spent();  ///< Since the start.
  [[nodiscard]] bool is_unlimited() const { return spec_.is_unlimited; }
  [[nodiscard]] bool is_throttled() const { return is_throttled_; }

 private:
  void settle();
  void check();

  sim::Engine& engine_;
  sim::CpuShare& cpu_;
  Spec spec_;
  double balance_;  ///< Below 0: surplus, or what a check was late by.
  double charged_ = 0;
  double spent_ = 0;
  sim::SimTime settled_at_{};
  sim::Duration used_{};  ///< By the machine, when it was settled.
  bool is_throttled_ = false;
};

}  // namespace hoplab::models::ec2
