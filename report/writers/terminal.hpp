// The report that a person reads.
#pragma once

#include <string>

#include "report/writers/run_report.hpp"
#include "report/writers/text_layout.hpp"

namespace hoplab::report::writers {

/// The whole report: what was run, the hop table of every chain, what each party saw, the
/// expectations with what was measured, and where the recording is. Lines fit 100 columns as long
/// as names are of moderate length.
[[nodiscard]] std::string terminal_report(const RunReport& report, const Ink& ink);

// Its parts.
[[nodiscard]] std::string hop_tables(const RunReport& report, const Ink& ink);
[[nodiscard]] std::string party_tables(const RunReport& report, const Ink& ink);
[[nodiscard]] std::string expectation_list(const RunReport& report, const Ink& ink);

/// 6003 -> "6,003".
[[nodiscard]] std::string grouped(std::uint64_t number);
/// "1 fault", "2 faults".
[[nodiscard]] std::string counted(std::uint64_t number, const std::string& noun);

}  // namespace hoplab::report::writers
