#include "models/cloudwatch/statistic.hpp"

#include <algorithm>

namespace hoplab::models::cloudwatch {
namespace {

/// The values that are left between two ranks.
struct Kept {
  double count = 0;
  double sum = 0;
};

/// The smallest whole number that is not below; samples are counted in fractions where an agent
/// scaled them, and then a whole number of them is not what is meant.
double whole_up(double rank) {
  constexpr double exact_up_to = 9e15;
  constexpr double rounding = 1e-9;  // 0.99 * 100 is 99.00000000000001 in binary.
  if (!(rank < exact_up_to)) return rank;
  const auto below = static_cast<double>(static_cast<std::int64_t>(rank));
  return rank - below > rounding ? below + 1 : below;
}

/// The value of the rank, counted from just above 0.
double value_at(const std::vector<Sample>& values, double rank) {
  double seen = 0;
  for (const Sample& sample : values) {
    seen += sample.count;
    if (seen >= rank) return sample.value;
  }
  return values.back().value;
}

/// What has a rank above `from` and up to `to`.
Kept between_ranks(const std::vector<Sample>& values, double from, double to) {
  Kept kept;
  double seen = 0;
  for (const Sample& sample : values) {
    const double begin = std::max(seen, from);
    seen += sample.count;
    const double part = std::min(seen, to) - begin;
    if (part <= 0) continue;
    kept.count += part;
    kept.sum += part * sample.value;
  }
  return kept;
}

bool tells_values(const MetricDatum& datum) {
  return datum.samples == 1 ||
         (datum.minimum == datum.maximum && datum.sum == datum.minimum * datum.samples);
}

const GivenStatistic* find_given(const std::vector<GivenStatistic>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &GivenStatistic::name);
  return found == all.end() ? nullptr : &*found;
}

/// Of two periods together; nothing when the two figures do not tell.
std::optional<double> joined(std::string_view name, double a, double b) {
  if (name == "Sum" || name == "SampleCount") return a + b;
  if (name == "Minimum") return std::min(a, b);
  if (name == "Maximum") return std::max(a, b);
  return std::nullopt;
}

}  // namespace

void PeriodData::add_given(const std::vector<GivenStatistic>& given) {
  if (given_data_++ == 0) {
    given_ = given;
    return;
  }
  std::vector<GivenStatistic> both;
  for (const GivenStatistic& mine : given_) {
    const GivenStatistic* other = find_given(given, mine.name);
    if (other == nullptr) continue;
    if (const auto value = joined(mine.name, mine.value, other->value)) {
      both.push_back({mine.name, *value});
    }
  }
  given_ = std::move(both);
}

std::optional<double> PeriodData::given(std::string_view name) const {
  if (const GivenStatistic* it = find_given(given_, name)) return it->value;
  if (name != "Average") return std::nullopt;
  const GivenStatistic* sum = find_given(given_, "Sum");
  const GivenStatistic* samples = find_given(given_, "SampleCount");
  if (sum == nullptr || samples == nullptr || !(samples->value > 0)) return std::nullopt;
  return sum->value / samples->value;
}

void PeriodData::add(const MetricDatum& datum) {
  if (!datum.given.empty()) {
    add_given(datum.given);
    return;
  }
  minimum_ = is_empty() ? datum.minimum : std::min(minimum_, datum.minimum);
  maximum_ = is_empty() ? datum.maximum : std::max(maximum_, datum.maximum);
  samples_ += datum.samples;
  sum_ += datum.sum;
  if (!datum.values.empty()) {
    values_.insert(values_.end(), datum.values.begin(), datum.values.end());
  } else if (tells_values(datum)) {
    values_.push_back({datum.minimum, datum.samples});
  } else {
    is_whole_ = false;
  }
  is_sorted_ = false;
}

const std::vector<Sample>* PeriodData::values() const {
  if (!is_whole_ || values_.empty()) return nullptr;
  if (!is_sorted_) std::ranges::stable_sort(values_, {}, &Sample::value);
  is_sorted_ = true;
  return values_.front().value < 0 ? nullptr : &values_;
}

std::optional<double> Statistic::percentile() const {
  if (kind_ != Kind::percentile) return std::nullopt;
  return upper_->at;
}

Statistic::Fold Statistic::fold() const {
  switch (kind_) {
    case Kind::sum:
    case Kind::sample_count:
    case Kind::trimmed_count:
    case Kind::trimmed_sum:
      return Fold::sum;
    case Kind::minimum:
      return Fold::minimum;
    case Kind::maximum:
      return Fold::maximum;
    default:
      return Fold::mean;
  }
}

std::optional<double> Statistic::of(const PeriodData& data) const {
  if (data.is_empty()) return std::nullopt;
  if (data.is_given()) return data.given(name_);
  switch (kind_) {
    case Kind::average:
      return data.sum() / data.samples();
    case Kind::sum:
      return data.sum();
    case Kind::minimum:
      return data.minimum();
    case Kind::maximum:
      return data.maximum();
    case Kind::sample_count:
      return data.samples();
    default:
      break;
  }
  const auto* values = data.values();
  if (values == nullptr) return std::nullopt;
  double samples = 0;
  for (const Sample& sample : *values) samples += sample.count;
  return of_values(*values, samples);
}

std::optional<double> Statistic::of_values(const std::vector<Sample>& values,
                                           double samples) const {
  const auto rank = [&](const Bound& bound) {
    if (bound.is_percent) return whole_up(bound.at / 100 * samples);
    double below = 0;
    for (const Sample& sample : values) below += sample.value <= bound.at ? sample.count : 0;
    return below;
  };
  const double from = lower_ ? rank(*lower_) : 0;
  const double to = upper_ ? rank(*upper_) : samples;
  if (kind_ == Kind::percentile) return value_at(values, to);
  const Kept kept = between_ranks(values, from, to);
  switch (kind_) {
    case Kind::trimmed_count:
      return kept.count;
    case Kind::trimmed_sum:
      return kept.sum;
    case Kind::percentile_rank:
      return kept.count / samples * 100;
    default:
      break;
  }
  if (kept.count <= 0) return std::nullopt;
  if (kind_ == Kind::trimmed_mean) return kept.sum / kept.count;
  // What is outside is moved to the nearest value that is inside.
  constexpr double a_bit = 1e-9;
  const double low = value_at(values, from + a_bit);
  const double high = value_at(values, to);
  return (kept.sum + low * from + high * (samples - to)) / samples;
}

std::vector<std::string> statistic_examples() {
  return {"Average", "Sum",  "Minimum", "Maximum", "SampleCount", "IQM",
          "p99",     "tm99", "tc99",    "ts99",    "wm99",        "PR(:300)"};
}

}  // namespace hoplab::models::cloudwatch
