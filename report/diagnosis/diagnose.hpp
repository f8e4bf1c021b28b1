// The door: a verdict from telemetry alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "report/diagnosis/diagnosis.hpp"

namespace hoplab::report::diagnosis {

/// An instant as it is asked for: ISO 8601, or a time since the first record.
struct Instant {
  std::int64_t value_ms = 0;
  bool is_since_first = false;
};

/// "2m", "2026-01-05T12:02:00Z"; nothing for other text.
[[nodiscard]] std::optional<Instant> parse_instant(std::string_view text);

struct Question {
  std::optional<Instant> from;  ///< Only what began then or later is judged.
  std::optional<Instant> to;    ///< Only what began before.
  /// Records of requests that are held at once; more are sampled by request.
  std::size_t records_max = 2'000'000;
};

/// Reads logs, counters, metrics, ECS documents and configuration of a recording, and nothing else:
/// neither the answer key nor what the real system would not have. The same answer on a copy
/// without those, and whatever its services are called.
///
/// Errors: FileTrouble (cannot be read), BadRecording (no recording).
/// Limits: a fault that lasts from the first record to the last has nothing to be compared with;
///         then only failures are seen, not slowness.
[[nodiscard]] Diagnosis diagnose(const std::filesystem::path& recording, const Question& question);

}  // namespace hoplab::report::diagnosis
