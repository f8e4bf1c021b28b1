// Histograms as Envoy keeps them: log-linear bins of two significant digits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hoplab::models::envoy {

/// Counts of whole numbers in bins of two significant digits: 0; [1, 1.1) to [9, 9.1); [10, 11) to
/// [99, 100); [100, 110) and so on. Bins are there from the lowest to the highest one that was hit.
///
/// Source: libcircllhist, circllhist.c (int_scale_to_hist_bucket, hist_approx_quantile,
///         hist_approx_count_below, hist_approx_sum), which Envoy's histograms are.
class LogLinearBins {
 public:
  /// Cheap once the bin is there: two divisions at most for values below 10,000.
  void add(std::uint64_t value) {
    const std::uint32_t bin = bin_of(value);
    const std::uint32_t place = bin - first_;
    if (place >= counts_.size()) return add_outside(bin);
    ++counts_[place];
  }
  void add(const LogLinearBins& other);
  void clear() { counts_.clear(); }
  [[nodiscard]] bool is_empty() const { return counts_.empty(); }
  [[nodiscard]] std::uint64_t count() const;
  /// Of the middles of the bins: what Prometheus is told, too.
  [[nodiscard]] double sum() const;
  /// How many lie in bins that end at `limit` or below it.
  [[nodiscard]] std::uint64_t count_below(double limit) const;
  /// The values below which these shares lie, in rising order, each interpolated inside its bin.
  /// Requires that there are any.
  template <std::size_t size>
  [[nodiscard]] std::array<double, size> quantiles(const std::array<double, size>& shares) const {
    std::array<double, size> values{};
    quantiles(shares, values);
    return values;
  }

 private:
  static constexpr std::uint32_t singles = 10;  ///< Bins of 0 to 9.
  static constexpr std::uint32_t decade = 90;   ///< Bins of 10 to 99, and of each decade above.
  [[nodiscard]] static std::uint32_t bin_of(std::uint64_t value) {
    if (value < singles + decade) return static_cast<std::uint32_t>(value);
    std::uint32_t bin = 0;
    for (; value >= singles + decade; value /= 10) bin += decade;
    return bin + static_cast<std::uint32_t>(value);
  }
  void add_outside(std::uint32_t bin);
  void make_room(std::uint32_t low, std::uint32_t high);
  void quantiles(std::span<const double> shares, std::span<double> values) const;

  std::uint32_t first_ = 0;  ///< The bin of counts_[0].
  std::vector<std::uint64_t> counts_;
};

/// Who hears of each value of some histograms, at once.
class ValueListener {
 public:
  virtual ~ValueListener() = default;
  virtual void on_value(std::uint32_t channel, std::uint64_t value) = 0;
};

/// One histogram of an Envoy: what came since the last flush, in the interval before it, and ever.
/// Source: Envoy, thread_local_store.cc (mergeHistograms): readers see what the last flush merged.
class Histogram {
 public:
  void record(std::uint64_t value) {
    since_flush_.add(value);
    if (listener_ != nullptr) listener_->on_value(channel_, value);
  }
  /// From now on `listener` hears of each value, under this number; null: nobody does.
  void tell(ValueListener* listener, std::uint32_t channel) {
    listener_ = listener;
    channel_ = channel;
  }
  /// The flush timer's part, every stats_flush_interval.
  void merge() {
    interval_.clear();
    if (since_flush_.is_empty()) return;
    interval_ = since_flush_;
    cumulative_.add(since_flush_);
    since_flush_.clear();
  }
  [[nodiscard]] const LogLinearBins& interval() const { return interval_; }
  [[nodiscard]] const LogLinearBins& cumulative() const { return cumulative_; }

 private:
  LogLinearBins since_flush_;
  LogLinearBins interval_;
  LogLinearBins cumulative_;
  ValueListener* listener_ = nullptr;
  std::uint32_t channel_ = 0;
};

}  // namespace hoplab::models::envoy
