// Events in a file's bytes, without copying them. What the query engine reads with; others use
// LogStore::for_each_event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/log_store.hpp"

namespace hoplab::report::insights {

/// An event as it stands in a file.
struct RawEvent {
  std::int64_t timestamp_ms = 0;
  std::int64_t ingestion_ms = 0;
  std::string_view message;  ///< As it is spelt there.
  bool is_spelt = false;     ///< A JSON string with its quotes; else the text itself.
  std::string_view stream;   ///< Spelt as well; empty: the file's.
  std::uint64_t offset = 0;  ///< Of the event in the file.
};

/// The text of an event's message, in the event itself or in `buffer`. False when it is no text.
[[nodiscard]] bool message_text(const RawEvent& event, std::string& buffer,
                                std::string_view& message);

/// A part of a file whose events can be read on their own.
struct Chunk {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Files of lines are cut into parts of `size_max` bytes; a line belongs to the part in which it
/// begins. A document is one part.
[[nodiscard]] std::vector<Chunk> chunks_of(std::string_view text, LogForm form,
                                           std::size_t size_max);

struct ScanCounts {
  std::uint64_t events = 0;      ///< In the range.
  std::uint64_t bytes = 0;       ///< Of their lines.
  std::uint64_t unreadable = 0;  ///< Lines that are no event.
  std::uint64_t cut_off = 0;     ///< Documents that end before their list does.
  ScanCounts& operator+=(const ScanCounts& other);
};

/// Hands over each event of the part that is in the range. Stops when `take` returns false.
void for_each_raw_event(std::string_view text, LogForm form, Chunk chunk, const TimeRange& range,
                        ScanCounts& counts, const std::function<bool(const RawEvent&)>& take);

/// The form that a file's beginning shows.
[[nodiscard]] LogForm form_of(std::string_view beginning);

/// An instant that a line of text begins with or has in a member; false when there is none.
[[nodiscard]] bool instant_in_line(std::string_view line, std::int64_t& at_ms);

}  // namespace hoplab::report::insights
