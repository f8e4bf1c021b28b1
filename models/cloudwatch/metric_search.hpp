// SEARCH: which metrics fit '{AWS/EC2,InstanceId} MetricName="CPUUtilization"'.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/cloudwatch/metric.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::models::cloudwatch {

/// A search expression's first argument.
///
/// A bare word matches by its tokens (CustomCount1: custom, count, 1), a quoted one the whole name.
/// Source: CloudWatch User Guide, "CloudWatch search expression syntax".
class MetricSearch {
 public:
  /// Nothing when it is malformed; `diagnostics` then has the place, counted from `mark`.
  [[nodiscard]] static std::optional<MetricSearch> parse(std::string_view text,
                                                         const sim::SourceMark& mark,
                                                         sim::Diagnostics& diagnostics);

  [[nodiscard]] bool matches(const MetricId& metric) const;

  /// A schema, a term, or several of them.
  struct Term {
    enum class Kind { word, exact, all, any, none };
    Kind kind = Kind::all;
    std::string property;  ///< "MetricName", "Namespace", a dimension; "" for any.
    std::string text;
    std::vector<Term> parts;
  };

 private:
  bool has_schema_ = false;
  std::string name_space_;
  std::vector<std::string> dimensions_;  ///< Sorted.
  Term term_;
};

/// The tokens of a name in their order, lower case: "SDBFailure2" is sdb, failure, 2.
[[nodiscard]] std::vector<std::string> search_tokens(std::string_view name);

}  // namespace hoplab::models::cloudwatch
