#include "report/live/pace.hpp"

#include <charconv>
#include <cmath>

namespace hoplab::report::live {

std::optional<Pace> Pace::parse(std::string_view text) {
  constexpr double factor_max = 1e6;
  constexpr double per_unit = 1000;
  Pace pace;
  if (text == "max") return pace;
  if (!text.ends_with('x')) return std::nullopt;
  text.remove_suffix(1);
  double factor = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, factor, std::chars_format::fixed);
  if (error != std::errc() || at != end || !(factor <= factor_max)) return std::nullopt;
  pace.thousandths_ = std::llround(factor * per_unit);
  return pace.thousandths_ > 0 ? std::optional(pace) : std::nullopt;
}

Wall::duration Pace::real(sim::Duration simulated) const {
  const double factor = static_cast<double>(thousandths_) / 1000;
  return Wall::duration(static_cast<std::int64_t>(static_cast<double>(simulated.count()) / factor));
}

sim::Duration Pace::simulated(Wall::duration real) const {
  const double factor = static_cast<double>(thousandths_) / 1000;
  return sim::Duration(static_cast<std::int64_t>(
      static_cast<double>(std::chrono::nanoseconds(real).count()) * factor));
}

}  // namespace hoplab::report::live
