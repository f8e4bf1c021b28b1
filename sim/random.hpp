// Chance. One named stream per entity, so that adding an entity or a fault never shifts the draws
// of another. Own distributions and own log/exp: the standard ones differ between libraries, and
// libm differs between CPUs.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/units.hpp"

namespace hoplab::sim {

/// A stable 64-bit hash of a name (XXH3-64 of the bytes), the same on every machine.
[[nodiscard]] std::uint64_t stable_hash(std::string_view name);

/// A one-to-one scrambling of 64 bits; neighbours come out unrelated.
/// Source: the finalizer of SplitMix64 (Steele, Lea & Flood 2014).
[[nodiscard]] std::uint64_t mixed(std::uint64_t bits);

/// xoshiro256++ seeded by SplitMix64 from (seed, name).
/// Source: Blackman & Vigna, "Scrambled linear pseudorandom number generators" (2021).
class Rng {
 public:
  /// The stream that belongs to `name` in the run of `seed`; independent of every other name.
  [[nodiscard]] static Rng stream(std::uint64_t seed, std::string_view name);

  /// The next 64 random bits.
  std::uint64_t bits() {
    const std::uint64_t result = rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  /// Uniform in (0, 1], for logarithms.
  double uniform_positive() { return (static_cast<double>(bits() >> 11) + 1.0) * 0x1.0p-53; }
  /// Uniform whole number in [0, bound). Requires bound > 0. Unbiased (Lemire's method).
  std::uint64_t below(std::uint64_t bound);
  /// True with probability `p`.
  bool chance(Ratio p) { return uniform() < p.value(); }

  double exponential(double mean);
  /// Box-Muller would need sin/cos; this is Marsaglia's polar method. Mean 0, sd 1.
  double standard_normal();

 private:
  static std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  std::uint64_t state_[4] = {};
};

/// Natural logarithm from + - * / only; relative error below 4e-16. Requires x > 0 and finite.
[[nodiscard]] double portable_log(double x);
/// Exponential from + - * / only; relative error below 1e-15. Requires |x| < 700.
[[nodiscard]] double portable_exp(double x);
/// x^y for x > 0, by exp(y log x).
[[nodiscard]] double portable_pow(double x, double y);
/// Sine by range reduction and polynomial, absolute error below 1e-14 for |x| < 1e6.
[[nodiscard]] double portable_sin(double x);

}  // namespace hoplab::sim
