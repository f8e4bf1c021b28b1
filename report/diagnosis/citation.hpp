// What a statement of a diagnosis rests on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hoplab::report::diagnosis {

/// One line of one file of a recording.
struct Place {
  std::uint32_t file = 0;  ///< Index in Evidence::files.
  std::uint32_t line = 0;  ///< 1 is the first line; 0 the file as a whole.
};

/// What a machine can check about what is cited, without knowing how it was found.
struct Claim {
  /// The line's text holds each of them. Of a log event the message counts, with the application's
  /// own line unwrapped.
  std::vector<std::string> contains;
  /// Members of the line's JSON document by path ("containers[app].exitCode"), or fields of an
  /// access-log line by name ("code", "flags", "duration", "bytes_sent", "upstream_host").
  std::vector<std::pair<std::string, std::string>> fields;
  /// How many lines of the whole file hold all of `contains`; asked of the file, not of a line.
  std::optional<std::uint64_t> count;
};

struct Citation {
  std::string file;        ///< Path below the recording.
  std::uint32_t line = 0;  ///< 0: the file as a whole.
  std::string says;        ///< A sentence for people.
  Claim claim;
  std::string metric;  ///< Of a metric's datapoint: its name.
  std::string at;      ///< Of a metric's datapoint: its instant.
};

}  // namespace hoplab::report::diagnosis
