// When and where symptoms crowd together: an episode is one span of trouble at one callee.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "report/diagnosis/symptoms.hpp"

namespace hoplab::report::diagnosis {

struct Episode {
  Index callee = none;
  std::int64_t first_ms = 0;      ///< The first bad call began.
  std::int64_t last_ms = 0;       ///< The last bad call began.
  std::int64_t last_end_ms = 0;   ///< The last bad call ended.
  std::int64_t last_good_ms = 0;  ///< The last good call before began; 0: there was none.
  std::uint64_t calls = 0;        ///< To the callee, from the first to the last bad one.
  std::vector<Symptom> symptoms;  ///< By start.
  std::array<std::uint64_t, signs> counts{};

  [[nodiscard]] std::uint64_t count(Sign sign) const {
    return counts.at(static_cast<std::size_t>(sign));
  }
};

/// The episodes of all callees, by first instant. A stray failure is none, and neither are slow
/// calls that are no more frequent than at other times.
[[nodiscard]] std::vector<Episode> episodes_of(const Symptoms& symptoms, const Span& judged);

}  // namespace hoplab::report::diagnosis
