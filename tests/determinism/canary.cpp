// Prints a hash of libm's own answers. Where the C library picks another code path on another CPU
// (or under GLIBC_TUNABLES), this hash changes, and hoplab's bytes must not.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <initializer_list>

int main() {
  std::uint64_t hash = 1469598103934665603U;
  for (int i = 1; i <= 2'000'000; ++i) {
    const double x = 0.37 * i;
    for (const double answer : {std::log(x), std::exp(1e-6 * x), std::sin(x), std::pow(x, 0.37)}) {
      hash = (hash ^ std::bit_cast<std::uint64_t>(answer)) * 1099511628211U;
    }
  }
  std::printf("%016llx\n", static_cast<unsigned long long>(hash));
}
