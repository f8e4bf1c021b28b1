// Percentiles of any number of values in bounded memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <vector>

namespace hoplab::report::insights {

/// Exact for the first values; then they are counted in bins, 256 for each power of two, and a
/// percentile is the middle of a bin: within 0.2 %, and never outside of the values; 0 and 100 are
/// the smallest and the largest. The answer depends on the values alone, not on their order or on
/// what was merged with what.
///
/// Between two values the answer lies on the line between them (Assumed: the service does not say).
class Quantiles {
 public:
  void add(double value);
  void merge(const Quantiles& other);
  /// `percent` in [0, 100]. Requires that there is a value.
  [[nodiscard]] double percentile(double percent);
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr std::size_t exact_max = 4096;
  static constexpr std::size_t bins_per_power = 256;
  using Bins = std::array<std::uint64_t, bins_per_power>;

  void count_in_bin(double value);
  void use_bins();
  [[nodiscard]] double value_at(std::uint64_t rank);

  std::vector<double> values_;
  std::map<int, std::unique_ptr<Bins>> bins_;  ///< By sign and exponent, in the order of values.
  std::uint64_t count_ = 0;
  double smallest_ = std::numeric_limits<double>::infinity();
  double largest_ = -std::numeric_limits<double>::infinity();
  bool is_exact_ = true;
  bool is_sorted_ = true;
};

}  // namespace hoplab::report::insights
