// Elementary functions from + - * / and bit operations: IEEE 754 defines those to the last bit,
// so every machine and compiler (with -ffp-contract=off) computes the same result.
#include <array>
#include <bit>
#include <cstdint>

#include "sim/diagnostic.hpp"
#include "sim/random.hpp"

namespace hoplab::sim {
namespace {

// ln 2 in two parts: the first has 32 significant bits, so its product with an exponent is exact.
constexpr double ln2_high = 0x1.62e42feep-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;
constexpr double log2_e = 0x1.71547652b82fep+0;

// pi/2 in three parts; the first two have 33 bits, so products with up to 20 bits are exact.
constexpr double half_pi_1 = 0x1.921fb544p+0;
constexpr double half_pi_2 = 0x1.0b4611a6p-34;
constexpr double half_pi_3 = 0x1.3198a2e037073p-69;
constexpr double two_over_pi = 0x1.45f306dc9c883p-1;

/// c[0] + x (c[1] + x (c[2] + ...)).
template <std::size_t N>
double horner(const std::array<double, N>& c, double x) {
  double sum = c[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

/// 2 (atanh(s) - s) / s = 2/3 z + 2/5 z^2 + ..., with z = s^2 <= 0.0295: eleven terms reach 2^-60.
/// Summed in pairs, since every exponential draw waits for this: the order of the operations is
/// part of the result.
double log_series(double z) {
  const double z2 = z * z;
  const double z4 = z2 * z2;
  const double a = (2.0 / 3 + 2.0 / 5 * z) + (2.0 / 7 + 2.0 / 9 * z) * z2;
  const double b = (2.0 / 11 + 2.0 / 13 * z) + (2.0 / 15 + 2.0 / 17 * z) * z2;
  const double c = (2.0 / 19 + 2.0 / 21 * z) + 2.0 / 23 * z2;
  return z * (a + (b + c * z4) * z4);
}

double sine_series(double r) {  // |r| <= pi/4
  static constexpr std::array<double, 8> c = {-1.0 / 6,
                                              1.0 / 120,
                                              -1.0 / 5040,
                                              1.0 / 362880,
                                              -1.0 / 39916800,
                                              1.0 / 6227020800.0,
                                              -1.0 / 1307674368000.0,
                                              1.0 / 355687428096000.0};
  const double z = r * r;
  return r + r * (z * horner(c, z));
}

double cosine_series(double r) {  // |r| <= pi/4
  static constexpr std::array<double, 8> c = {1.0 / 24,
                                              -1.0 / 720,
                                              1.0 / 40320,
                                              -1.0 / 3628800,
                                              1.0 / 479001600,
                                              -1.0 / 87178291200.0,
                                              1.0 / 20922789888000.0,
                                              -1.0 / 6402373705728000.0};
  const double z = r * r;
  return 1 - (0.5 * z - z * (z * horner(c, z)));
}

std::int64_t nearest(double x) { return static_cast<std::int64_t>(x < 0 ? x - 0.5 : x + 0.5); }

}  // namespace

double portable_log(double x) {
  HOPLAB_ASSERT(x > 0 && x <= 0x1.fffffffffffffp+1023, "a logarithm needs a positive number");
  int exponent = 0;
  if (x < 0x1p-1022) {  // Subnormal: bring the leading bit to where the next lines expect it.
    x *= 0x1p54;
    exponent = -54;
  }
  // x = m * 2^exponent with m in [sqrt(1/2), sqrt(2)): adding the distance from sqrt(1/2) to 1
  // carries into the exponent exactly when the mantissa is above sqrt(2).
  constexpr std::uint64_t one = 0x3ff0000000000000;
  constexpr std::uint64_t root_half = 0x3fe6a09e667f3bcd;
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x) + (one - root_half);
  exponent += static_cast<int>(bits >> 52) - 1023;
  const double m = std::bit_cast<double>((bits & 0x000fffffffffffff) + root_half);
  const double f = m - 1;  // Exact.
  const double s = f / (2 + f);
  // log(1+f) = 2 atanh(s) = f - (f^2/2 - s (f^2/2 + R)): the largest term, f, has no error.
  const double half_square = 0.5 * f * f;
  const double series = log_series(s * s);
  const double k = exponent;
  return k * ln2_high - ((half_square - (s * (half_square + series) + k * ln2_low)) - f);
}

double portable_exp(double x) {
  HOPLAB_ASSERT(x > -700 && x < 700, "the exponential is defined here for |x| < 700");
  static constexpr std::array<double, 13> c = {1.0 / 2,
                                               1.0 / 6,
                                               1.0 / 24,
                                               1.0 / 120,
                                               1.0 / 720,
                                               1.0 / 5040,
                                               1.0 / 40320,
                                               1.0 / 362880,
                                               1.0 / 3628800,
                                               1.0 / 39916800,
                                               1.0 / 479001600,
                                               1.0 / 6227020800.0,
                                               1.0 / 87178291200.0};
  const std::int64_t k = nearest(x * log2_e);
  const double whole = static_cast<double>(k);
  const double high = x - whole * ln2_high;
  const double low = whole * ln2_low;
  const double r = high - low;
  const double r_error = (high - r) - low;  // What rounding r lost.
  const double value = 1 + (r + (r * r * horner(c, r) + r_error));
  return value * std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}

double portable_pow(double x, double y) { return portable_exp(y * portable_log(x)); }

double portable_sin(double x) {
  HOPLAB_ASSERT(x > -1e6 && x < 1e6, "the sine is defined here for |x| < 1e6");
  const std::int64_t quarter = nearest(x * two_over_pi);
  const double n = static_cast<double>(quarter);
  const double r = ((x - n * half_pi_1) - n * half_pi_2) - n * half_pi_3;
  switch (quarter & 3) {
    case 0:
      return sine_series(r);
    case 1:
      return cosine_series(r);
    case 2:
      return -sine_series(r);
    default:
      return -cosine_series(r);
  }
}

}  // namespace hoplab::sim
