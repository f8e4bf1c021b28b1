#include "models/ec2/network_allowance.hpp"

#include <algorithm>
#include <array>

namespace hoplab::models::ec2 {
namespace {

constexpr sim::Duration interval = std::chrono::milliseconds(100);
constexpr double bucket_seconds = 300;
constexpr double packet_bytes = 1500;

struct Row {
  std::string_view type;
  std::int64_t baseline_mbps;
  std::int64_t burst_mbps;
};

constexpr auto rows = std::to_array<Row>({
    {"t2.micro", 64, 720},       {"t2.small", 128, 720},     {"m3.medium", 300, 300},
    {"t3.micro", 64, 5000},      {"t3.small", 128, 5000},    {"t3.medium", 256, 5000},
    {"t3.large", 512, 5000},     {"t3.xlarge", 1024, 5000},  {"t3.2xlarge", 2048, 5000},
    {"m5.large", 750, 10000},    {"m5.xlarge", 1250, 10000}, {"m5.2xlarge", 2500, 10000},
    {"m5.4xlarge", 5000, 10000}, {"m6i.large", 781, 12500},  {"m6i.xlarge", 1562, 12500},
    {"c5.large", 750, 10000},    {"c5.xlarge", 1250, 10000}, {"c5.2xlarge", 2500, 10000},
    {"c5.4xlarge", 5000, 10000}, {"r5.large", 750, 10000},   {"r5.xlarge", 1250, 10000},
    {"t4g.medium", 256, 5000},   {"m6g.large", 750, 10000},  {"c6i.large", 781, 12500},
    {"r6i.large", 781, 12500},
});

constexpr sim::BytesPerSecond of_mbps(std::int64_t mbps) {
  return sim::BytesPerSecond(mbps * 125'000);
}

}  // namespace

std::optional<NetworkPerformance> network_performance(std::string_view type) {
  const auto row = std::ranges::find(rows, type, &Row::type);
  if (row == rows.end()) return std::nullopt;
  return NetworkPerformance{of_mbps(row->baseline_mbps), of_mbps(row->burst_mbps)};
}

NetworkAllowance::NetworkAllowance(sim::Engine& engine, sim::HostId host,
                                   NetworkPerformance performance, double credits)
    : engine_(engine), host_(host), performance_(performance) {
  // A link that the scenario makes narrower than the type's is what there is.
  performance_.burst = std::min(performance_.burst, engine.platform().bandwidth(host));
  performance_.baseline = std::min(performance_.baseline, performance_.burst);
  const auto beyond = performance_.burst.count() - performance_.baseline.count();
  capacity_ = static_cast<double>(beyond) * bucket_seconds;
  credits_ = capacity_ * credits;
  engine_.platform().set_bandwidth(host_, performance_.burst);
  throttle(credits_ <= 0);
  engine_.after(interval, sim::call<&NetworkAllowance::look>(*this));
}

void NetworkAllowance::throttle(bool is_throttled) {
  if (is_throttled_ == is_throttled) return;
  is_throttled_ = is_throttled;
  engine_.platform().set_bandwidth(host_,
                                   is_throttled ? performance_.baseline : performance_.burst);
}

void NetworkAllowance::look() {
  engine_.after(interval, sim::call<&NetworkAllowance::look>(*this));
  sim::Platform& platform = engine_.platform();
  const auto sent =
      static_cast<double>(platform.message_rate(host_).count() + platform.flow_rate(host_).count());
  const auto baseline = static_cast<double>(performance_.baseline.count());
  const double seconds = sim::in_seconds(interval);
  credits_ = std::clamp(credits_ + (baseline - sent) * seconds, 0.0, capacity_);
  // At the baseline all that is sent has waited for its turn.
  constexpr double nearly = 0.99;
  if (is_throttled_ && sent >= nearly * baseline) {
    exceeded_ += static_cast<std::uint64_t>(sent * seconds / packet_bytes);
  }
  throttle(credits_ <= 0);
}

}  // namespace hoplab::models::ec2
