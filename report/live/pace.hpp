// How fast simulated time passes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "report/live/outbox.hpp"
#include "sim/units.hpp"

namespace hoplab::report::live {

/// A factor between simulated and real time, or none: as fast as it can.
class Pace {
 public:
  Pace() = default;

  /// "1x", "10x", "0.5x", "max"; from 0.001x to 1000000x. Nothing where it is none of these.
  [[nodiscard]] static std::optional<Pace> parse(std::string_view text);

  [[nodiscard]] bool is_max() const { return thousandths_ == 0; }
  /// How much real time a span of simulated time takes. Requires a factor.
  [[nodiscard]] Wall::duration real(sim::Duration simulated) const;
  /// The span that passes in so much real time. Requires a factor.
  [[nodiscard]] sim::Duration simulated(Wall::duration real) const;

 private:
  std::int64_t thousandths_ = 0;
};

}  // namespace hoplab::report::live
