// Units as types: no bare double crosses an interface for a time, a size or a rate.
#pragma once

#include <chrono>
#include <compare>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hoplab::sim {

/// A span of simulated time in whole nanoseconds. Negative spans are legal in arithmetic only.
using Duration = std::chrono::nanoseconds;

/// The simulated clock. It starts at zero and moves only when the engine moves it.
struct SimClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<SimClock>;
  static constexpr bool is_steady = true;
};

/// An instant of simulated time: nanoseconds since the start of the run.
using SimTime = SimClock::time_point;

/// The instant `since_start` after the start of the run.
[[nodiscard]] constexpr SimTime at(Duration since_start) { return SimTime(since_start); }

/// An instant as a host's clock tells it: nanoseconds since 1970-01-01T00:00:00Z.
using WallTime = std::chrono::sys_time<Duration>;

/// A count of one thing. Two quantities mix only when their tags are the same.
template <typename Tag, std::signed_integral Rep = std::int64_t>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(Rep count) : count_(count) {}
  [[nodiscard]] constexpr Rep count() const { return count_; }

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator+(Quantity other) const { return Quantity(count_ + other.count_); }
  constexpr Quantity operator-(Quantity other) const { return Quantity(count_ - other.count_); }
  constexpr Quantity& operator+=(Quantity other) { return *this = *this + other; }

 private:
  Rep count_ = 0;
};

using Bytes = Quantity<struct BytesTag>;
using BytesPerSecond = Quantity<struct BytesPerSecondTag>;
using CpuUnits = Quantity<struct CpuUnitsTag>;  ///< ECS units: 1024 is one vCPU.

/// A share or probability in [0, 1].
class Ratio {
 public:
  constexpr Ratio() = default;
  constexpr explicit Ratio(double value) : value_(value) {}
  [[nodiscard]] constexpr double value() const { return value_; }
  constexpr auto operator<=>(const Ratio&) const = default;

 private:
  double value_ = 0;
};

/// Occurrences per second of simulated time; may be fractional ("0.5/s").
class PerSecond {
 public:
  constexpr PerSecond() = default;
  constexpr explicit PerSecond(double value) : value_(value) {}
  [[nodiscard]] constexpr double value() const { return value_; }
  constexpr auto operator<=>(const PerSecond&) const = default;

 private:
  double value_ = 0;
};

/// Time to push `size` through `rate`, rounded up: a started nanosecond is a spent one.
/// Requires rate > 0 and 0 <= size <= 9 GB (the loader's limit), so nothing overflows.
[[nodiscard]] constexpr Duration operator/(Bytes size, BytesPerSecond rate) {
  constexpr std::int64_t ns_per_s = 1'000'000'000;
  return Duration((size.count() * ns_per_s + rate.count() - 1) / rate.count());
}

/// Seconds, as a double, for arithmetic inside one function only.
[[nodiscard]] constexpr double in_seconds(Duration span) {
  return static_cast<double>(span.count()) / 1e9;
}

/// The nearest whole nanosecond (ties away from zero). Requires |seconds| < 9.2e9.
[[nodiscard]] constexpr Duration seconds_to_duration(double seconds) {
  const double ns = seconds * 1e9;
  return Duration(static_cast<std::int64_t>(ns < 0 ? ns - 0.5 : ns + 0.5));
}

// Quantities as people write them. Every parser wants the unit, takes no sign, no exponent and no
// surrounding space, and returns nothing for anything else (the caller owns the error message).

/// "250ms", "1.5s", "2m", "1h", "2m20s", "10us", "7ns", "1d" and ISO-8601 "PT1M30S".
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
/// "512MiB", "64KiB", "1GiB", "1MB", "100B" (KiB = 1024, kB/KB = 1000).
[[nodiscard]] std::optional<Bytes> parse_bytes(std::string_view text);
/// "5Gbps", "8Mbps", "100kbps" (bits) and "1MiB/s", "1MB/s" (bytes). Rounded down to whole B/s.
[[nodiscard]] std::optional<BytesPerSecond> parse_bandwidth(std::string_view text);
/// "20/s", "0.5/s", "90/m", "3600/h".
[[nodiscard]] std::optional<PerSecond> parse_rate(std::string_view text);
/// "90%", "0.1%", or a plain number in [0, 1] such as "0.05".
[[nodiscard]] std::optional<Ratio> parse_ratio(std::string_view text);

/// The shortest exact spelling: "7ms", "2m20s", "1h", "1.5ms", "0s". Reads back to the same value.
[[nodiscard]] std::string format(Duration span);
/// For tables: three significant digits with a fitting unit: "7.02 ms", "15.0 s", "190 us".
[[nodiscard]] std::string format_rounded(Duration span);
/// "512MiB" when whole in a binary unit, else "1000B".
[[nodiscard]] std::string format(Bytes size);
/// ISO-8601 UTC with milliseconds, rounded down: "2026-01-05T12:00:00.000Z".
[[nodiscard]] std::string format_iso8601(WallTime instant);
/// "2026-01-05T12:00:00Z" or with fraction; nothing when malformed or not UTC ("Z").
[[nodiscard]] std::optional<WallTime> parse_iso8601(std::string_view text);
/// Milliseconds since 1970, rounded down.
[[nodiscard]] constexpr std::int64_t epoch_milliseconds(WallTime instant) {
  return std::chrono::floor<std::chrono::milliseconds>(instant).time_since_epoch().count();
}

inline namespace literals {
constexpr Bytes operator""_B(unsigned long long n) { return Bytes(static_cast<std::int64_t>(n)); }
constexpr Bytes operator""_KiB(unsigned long long n) {
  return Bytes(static_cast<std::int64_t>(n) * 1024);
}
constexpr Bytes operator""_MiB(unsigned long long n) {
  return Bytes(static_cast<std::int64_t>(n) * 1024 * 1024);
}
}  // namespace literals

}  // namespace hoplab::sim
