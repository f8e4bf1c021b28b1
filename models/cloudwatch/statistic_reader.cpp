// Reads a statistic's name.
#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "models/cloudwatch/statistic.hpp"

namespace hoplab::models::cloudwatch {

/// One pass over a name; the first mistake ends it.
class StatisticReader {
 public:
  StatisticReader(std::string_view text, const sim::SourceMark& mark, sim::Diagnostics& diagnostics)
      : text_(text), mark_(mark), diagnostics_(diagnostics) {}

  std::optional<Statistic> read() {
    statistic_.name_ = text_;
    if (read_plain()) return statistic_;
    const bool is_read = text_.find('(') == std::string_view::npos ? read_short() : read_range();
    if (!is_read) return std::nullopt;
    return statistic_;
  }

 private:
  using Kind = Statistic::Kind;
  struct Row {
    std::string_view name;
    Kind kind;
  };

  bool read_plain() {
    static constexpr std::array<Row, 5> rows{{{"Average", Kind::average},
                                              {"Sum", Kind::sum},
                                              {"Minimum", Kind::minimum},
                                              {"Maximum", Kind::maximum},
                                              {"SampleCount", Kind::sample_count}}};
    const auto* row = std::ranges::find(rows, text_, &Row::name);
    if (row != rows.end()) {
      statistic_.kind_ = row->kind;
      return true;
    }
    if (text_ != "IQM" && text_ != "iqm") return false;
    statistic_.kind_ = Kind::trimmed_mean;
    statistic_.lower_ = Statistic::Bound{25, true};
    statistic_.upper_ = Statistic::Bound{75, true};
    return true;
  }

  /// p99, tm90, tc90, ts90, wm90.
  bool read_short() {
    static constexpr std::array<Row, 5> rows{{{"tm", Kind::trimmed_mean},
                                              {"tc", Kind::trimmed_count},
                                              {"ts", Kind::trimmed_sum},
                                              {"wm", Kind::winsorized_mean},
                                              {"p", Kind::percentile}}};
    for (const Row& row : rows) {
      if (!text_.starts_with(row.name)) continue;
      const std::string_view figure = text_.substr(row.name.size());
      if (figure.empty() || figure[0] < '0' || figure[0] > '9') continue;
      at_ = row.name.size();
      statistic_.kind_ = row.kind;
      const auto bound = read_figure();
      if (!bound) return false;
      if (at_ != text_.size()) return refuse("expected the end of the statistic");
      if (*bound > 100) return refuse_at(row.name.size(), "a percentile is from 0 to 100");
      statistic_.upper_ = Statistic::Bound{*bound, true};
      return true;
    }
    const auto near = sim::nearest_name(text_, statistic_examples());
    diagnostics_.error(mark_, "E0907", fmt::format("there is no statistic '{}'", text_),
                       near.empty() ? "write Average, Sum, Minimum, Maximum, SampleCount, IQM, "
                                      "p99, tm99, TM(10%:90%), PR(:300)"
                                    : fmt::format("did you mean '{}'?", near));
    return false;
  }

  /// TM(10%:90%), PR(:300).
  bool read_range() {
    static constexpr std::array<Row, 5> rows{{{"TM(", Kind::trimmed_mean},
                                              {"TC(", Kind::trimmed_count},
                                              {"TS(", Kind::trimmed_sum},
                                              {"WM(", Kind::winsorized_mean},
                                              {"PR(", Kind::percentile_rank}}};
    const auto* row =
        std::ranges::find_if(rows, [&](const Row& it) { return text_.starts_with(it.name); });
    if (row == rows.end()) return refuse("expected TM(, TC(, TS(, WM( or PR(");
    statistic_.kind_ = row->kind;
    at_ = row->name.size();
    if (!read_bound(':', statistic_.lower_)) return false;
    if (peek() != ':') return refuse("expected ':' between the bounds");
    ++at_;
    if (!read_bound(')', statistic_.upper_)) return false;
    if (peek() != ')') return refuse("expected ')'");
    if (++at_ != text_.size()) return refuse("expected the end of the statistic");
    return are_bounds_good();
  }

  bool are_bounds_good() {
    const auto& [lower, upper] = std::tie(statistic_.lower_, statistic_.upper_);
    if (!lower && !upper) return refuse_at(3, "expected a bound");
    const bool is_mixed = lower && upper && lower->is_percent != upper->is_percent;
    if (is_mixed) return refuse_at(3, "one bound is a percentage and the other a value");
    if (lower && upper && lower->at >= upper->at) {
      return refuse_at(3, "the lower bound is not below the upper one");
    }
    const bool is_percent = (lower && lower->is_percent) || (upper && upper->is_percent);
    if (is_percent && statistic_.kind_ == Kind::percentile_rank) {
      return refuse_at(3, "the bounds of PR are values, not percentages");
    }
    if (is_percent && ((lower && lower->at > 100) || (upper && upper->at > 100))) {
      return refuse_at(3, "a percentage is from 0 to 100");
    }
    return true;
  }

  /// True and nothing where the bound is left out.
  bool read_bound(char end, std::optional<Statistic::Bound>& bound) {
    if (peek() == end) return true;
    const auto figure = read_figure();
    if (!figure) return false;
    bound = Statistic::Bound{*figure, peek() == '%'};
    if (peek() == '%') ++at_;
    return true;
  }

  /// Digits with at most ten decimals.
  std::optional<double> read_figure() {
    const std::size_t begin = at_;
    const auto is_digit = [this] { return peek() >= '0' && peek() <= '9'; };
    while (is_digit()) ++at_;
    if (at_ > begin && peek() == '.') {
      const std::size_t point = at_++;
      while (is_digit()) ++at_;
      if (at_ - point > 11) {
        refuse_at(point, "at most ten decimals");
        return std::nullopt;
      }
    }
    if (at_ == begin || text_[at_ - 1] == '.') {
      refuse("expected a number");
      return std::nullopt;
    }
    double value = 0;
    std::from_chars(text_.data() + begin, text_.data() + at_, value);
    return value;
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool refuse(const std::string& why) { return refuse_at(at_, why); }
  bool refuse_at(std::size_t offset, const std::string& why) {
    sim::SourceMark mark = mark_;
    mark.column += static_cast<int>(offset);
    diagnostics_.error(mark, "E0907", fmt::format("statistic '{}': {}", text_, why),
                       "write p99, tm99, TM(10%:90%), TC(80:500) or PR(:300)");
    return false;
  }

  std::string_view text_;
  sim::SourceMark mark_;
  sim::Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  Statistic statistic_;
};

std::optional<Statistic> Statistic::parse(std::string_view text, const sim::SourceMark& mark,
                                          sim::Diagnostics& diagnostics) {
  return StatisticReader(text, mark, diagnostics).read();
}

}  // namespace hoplab::models::cloudwatch
