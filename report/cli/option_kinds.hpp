// Values that several commands take, and how they are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "report/diagnosis/diagnose.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace hoplab::report::cli {

/// What began from `from` on and before `to`; either side may be open.
struct StudyRange {
  std::optional<diagnosis::Instant> from;
  std::optional<diagnosis::Instant> to;
};

/// Digits only; CLI11 itself would take "-1" for the largest number there is.
[[nodiscard]] std::optional<std::uint64_t> number_in(std::string_view text);

/// A time since the first record (2m), or an ISO 8601 instant.
void add_instant(CLI::App& app, const std::string& name, std::optional<diagnosis::Instant>& target,
                 const std::string& meaning);

/// `--window`: "2m,3m" since the first record, or two instants; either side may be left out.
CLI::Option* add_window(CLI::App& app, StudyRange& range, const std::string& meaning);

}  // namespace hoplab::report::cli
