#include "sim/random.hpp"

#include <cmath>

#include <xxhash.h>

#include "sim/diagnostic.hpp"

namespace hoplab::sim {
namespace {

__extension__ typedef unsigned __int128 Wide;

/// Source: Steele, Lea & Flood, "Fast splittable pseudorandom number generators" (2014).
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t state) : state_(state) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    return mixed(state_);
  }

 private:
  std::uint64_t state_;
};

}  // namespace

std::uint64_t stable_hash(std::string_view name) { return XXH3_64bits(name.data(), name.size()); }

std::uint64_t mixed(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

Rng Rng::stream(std::uint64_t seed, std::string_view name) {
  // The seed is mixed first: otherwise seed 1 with one name could meet seed 2 with another.
  SplitMix64 mix(SplitMix64(seed).next() ^ stable_hash(name));
  Rng rng;
  for (std::uint64_t& word : rng.state_) word = mix.next();
  return rng;
}

std::uint64_t Rng::below(std::uint64_t bound) {
  HOPLAB_ASSERT(bound > 0, "a number below zero was asked for");
  // Source: Lemire, "Fast random integer generation in an interval" (2019).
  Wide product = static_cast<Wide>(bits()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold) {
      product = static_cast<Wide>(bits()) * bound;
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

double Rng::exponential(double mean) { return -mean * portable_log(uniform_positive()); }

double Rng::standard_normal() {
  // The method yields two values; the second is dropped so that a stream has no hidden memory.
  while (true) {
    const double u = 2 * uniform() - 1;
    const double v = 2 * uniform() - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * portable_log(s) / s);  // IEEE rounds sqrt.
  }
}

}  // namespace hoplab::sim
