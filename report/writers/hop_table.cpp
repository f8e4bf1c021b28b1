// The hop table: every hop of a chain, there and back, beside itself in each window.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "report/writers/terminal.hpp"

namespace hoplab::report::writers {
namespace {

constexpr std::size_t time_width = 9;
constexpr std::size_t failed_width = 8;
constexpr std::size_t group_width = 3 * time_width + failed_width;
constexpr const char* arrow = " \u2192 ";
constexpr const char* arrow_back = " \u2190 ";

std::string with_arrow(const std::string& hop) {
  for (const auto& [written, shown] : {std::pair{"->", arrow}, std::pair{"<-", arrow_back}}) {
    const auto at = hop.find(written);
    if (at != std::string::npos) return hop.substr(0, at) + shown + hop.substr(at + 2);
  }
  return hop;
}

/// "a -> b" is the series "a->b" of a's calls, as is "a -> b (b-v1)"; "users -> a" is the load's
/// series "a".
std::string series_of(const RunReport& report, const std::string& chain) {
  const auto at = chain.find(" -> ");
  if (at == std::string::npos) return "";
  const std::string callee = chain.substr(at + 4, chain.find(" (", at) - (at + 4));
  const std::string call = chain.substr(0, at) + "->" + callee;
  const auto names = report.book.series_names();
  return std::find(names.begin(), names.end(), call) != names.end() ? call : callee;
}

std::string chain_title(const std::string& chain) {
  const auto at = chain.find(" -> ");
  return at == std::string::npos ? chain : chain.substr(0, at) + arrow + chain.substr(at + 4);
}

/// p50, p95, p99 and failures of one cell group.
std::string figures(const sim::Histogram& times, std::uint64_t failed, const Ink& ink) {
  std::string out;
  for (const double p : {0.5, 0.95, 0.99}) {
    const std::string text =
        times.empty() ? "-" : sim::format_rounded(times.quantile(sim::Ratio(p)));
    out += pad_left(text, time_width);
  }
  return out + ink(failed > 0 ? Tone::bad : Tone::dim, pad_left(grouped(failed), failed_width));
}

/// One block of the table: the windows from `first` up to `last`, side by side.
struct Block {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t name_width = 0;
};

std::string block_header(const RunReport& report, const Block& block, const Ink& ink) {
  std::string titles = pad_right("", block.name_width);
  std::string columns = pad_right("  hop", block.name_width);
  for (std::size_t i = block.first; i < block.last; ++i) {
    const auto& [kind, name, window] = report.windows[i];
    const std::string title = name + ", " + recording::span_text(window);
    titles += pad_left(shortened(title, group_width - 2), group_width);
    columns += pad_left("p50", time_width) + pad_left("p95", time_width) +
               pad_left("p99", time_width) + pad_left("failed", failed_width);
  }
  return ink(Tone::dim, titles) + "\n" + ink(Tone::dim, columns) + "\n";
}

std::string block_rows(const RunReport& report, const recording::ChainOfHops& chain,
                       const Block& block, const Ink& ink) {
  std::string out;
  for (const auto& hop : chain.hops) {
    out += pad_right("  " + with_arrow(hop), block.name_width);
    for (std::size_t i = block.first; i < block.last; ++i) {
      const auto cell = report.book.hop(hop, report.windows[i].window);
      out += figures(cell.crossed, cell.failed.count(), ink);
    }
    out += '\n';
  }
  // The caller cannot tell which version answered it.
  const bool is_shared = chain.name.ends_with(')');
  out += pad_right(is_shared ? "  round trip of all" : "  round trip", block.name_width);
  const std::string series = series_of(report, chain.name);
  for (std::size_t i = block.first; i < block.last; ++i) {
    const auto cell = report.book.requests(series, report.windows[i].window);
    out += figures(cell.all, cell.failed, ink);
  }
  return out + "\n";
}

/// A failed crossing has a time of its own: how long it took to be given up.
std::string failure_notes(const RunReport& report, const recording::ChainOfHops& chain) {
  std::string out;
  for (const auto& hop : chain.hops) {
    for (const auto& [kind, name, window] : report.windows) {
      const auto failed = report.book.hop(hop, window).failed;
      if (failed.empty()) continue;
      out += fmt::format("  {}: {} not crossed in \"{}\", given up after {} (median)\n",
                         with_arrow(hop), grouped(failed.count()), name,
                         sim::format_rounded(failed.quantile(sim::Ratio(0.5))));
    }
  }
  return out;
}

}  // namespace

std::string hop_tables(const RunReport& report, const Ink& ink) {
  std::string out;
  for (const auto& chain : report.book.chains()) {
    std::size_t name_width = 0;
    for (const auto& hop : chain.hops) {
      name_width = std::max(name_width, display_width(with_arrow(hop)) + 3);
    }
    const std::size_t side_by_side = name_width + 2 * group_width <= page_width ? 2 : 1;
    if (!out.empty()) out += '\n';
    out += ink(Tone::bold, chain_title(chain.name)) + "\n";
    for (std::size_t i = 0; i < report.windows.size(); i += side_by_side) {
      const Block block{i, std::min(i + side_by_side, report.windows.size()), name_width};
      out += block_header(report, block, ink) + block_rows(report, chain, block, ink);
    }
    out += failure_notes(report, chain);
  }
  return out;
}

}  // namespace hoplab::report::writers
