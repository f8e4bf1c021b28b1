// What is usual for one part of the way, and from where on it is slow.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "report/diagnosis/ladder.hpp"

namespace hoplab::report::diagnosis {

struct Sample {
  std::int64_t at_ms = 0;
  std::int64_t us = 0;
};

/// Half-open, in milliseconds since 1970.
struct Span {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  [[nodiscard]] bool holds(std::int64_t instant) const {
    return instant >= from_ms && instant < to_ms;
  }
};

/// The usual time of a part of the way, taken from the quietest fifth of the recording, so that a
/// fault that lasts for most of it does not become the usual.
struct Normal {
  std::uint64_t samples = 0;  ///< Of the quiet fifth.
  std::int64_t p50_us = 0;
  std::int64_t p95_us = 0;
  std::int64_t slow_us = 0;  ///< From here on a sample is slow at any time.
  std::int64_t far_us = 0;   ///< From here on it is slower than a queue makes it now and then.

  /// Spans in which half of the samples are over `shifted_us`: there, every such sample is slow.
  std::vector<Span> shifted;
  std::int64_t shifted_us = 0;

  [[nodiscard]] bool is_slow(std::int64_t us, std::int64_t at_ms) const;
};

/// Requires at least one sample; sorts them by time.
[[nodiscard]] Normal normal_of(std::vector<Sample>& samples);

using Edge = std::pair<Index, Index>;  ///< Caller and callee; caller none: from outside.

/// The way of a call between two Envoys. Within one machine it is another than between two.
struct Wire {
  Index caller = none;
  Index callee = none;
  bool is_local = false;
  auto operator<=>(const Wire&) const = default;
};

[[nodiscard]] Wire wire_of(const Evidence& evidence, const Call& call);

struct Normals {
  std::map<Wire, Normal> wire;
  std::map<Index, Normal> own;    ///< By callee.
  std::map<Index, Normal> proxy;  ///< By callee.
  std::map<Index, Normal> whole;  ///< By callee: answered calls as its Envoy saw them.
};

[[nodiscard]] Normals normals_of(const Evidence& evidence);

}  // namespace hoplab::report::diagnosis
