// The list of traces.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "report/drawing/figures.hpp"
#include "report/drawing/trace_text.hpp"
#include "report/writers/terminal.hpp"
#include "report/xray/root_cause.hpp"

namespace hoplab::report::drawing {
namespace {

using writers::Ink;
using writers::pad_left;
using writers::pad_right;
using writers::Tone;
using xray::Trace;

sim::Duration response_time(const Trace& trace) { return trace.root_segment().duration(); }

/// Beyond Tukey's outer fence: three interquartile ranges above the third quartile.
sim::Duration fence_of(const xray::TimeHistogram& times) {
  const sim::Duration low = times.quantile(0.25);
  const sim::Duration high = times.quantile(0.75);
  return high + 3 * (high - low);
}

/// 1, 2, 5, 10, ... microseconds: the bounds of the bars.
sim::Duration next_bound(sim::Duration bound) {
  sim::Duration power = std::chrono::microseconds(1);
  while (power * 10 <= bound) power *= 10;
  return bound < 2 * power ? 2 * power : bound < 5 * power ? 5 * power : 10 * power;
}

std::string bars(const xray::TimeHistogram& times, sim::Duration fence, const Ink& ink) {
  struct Bar {
    sim::Duration from, to;
    std::uint64_t count = 0;
  };
  std::vector<Bar> all;
  sim::Duration from{};
  sim::Duration to = std::chrono::microseconds(1);
  for (const auto& [time, count] : times.bins()) {
    while (time >= to) {
      if (!all.empty()) all.push_back({to, next_bound(to)});
      from = to;
      to = next_bound(to);
    }
    if (all.empty()) all.push_back({from, to});
    all.back().count += count;
  }
  std::uint64_t most = 1;
  for (const Bar& bar : all) most = std::max(most, bar.count);
  std::string out;
  constexpr std::size_t width = 40;
  for (const Bar& bar : all) {
    const auto length = static_cast<std::size_t>(
        std::ceil(xray::share(bar.count, most) * static_cast<double>(width)));
    std::string drawn;
    for (std::size_t i = 0; i < length; ++i) drawn += "█";
    const Tone tone = bar.from >= fence ? Tone::bad : Tone::plain;
    out += "  " + pad_left(sim::format(bar.from), 6) + " to " + pad_left(sim::format(bar.to), 6) +
           "  " + ink(tone, pad_right(drawn, width)) + pad_left(writers::grouped(bar.count), 8) +
           "\n";
  }
  return out;
}

/// "reviews-v2.app (reviews:2)".
std::string place_text(const Trace& trace, const xray::RootCause& cause) {
  const xray::RootCauseService& last = cause.services.back();
  const xray::Segment& segment = trace.at(last.node);
  std::string text = party_of(segment);
  const xray::Segment& entity = trace.at(last.entities.back().node);
  if (&entity != &segment) text += " calling " + std::string(entity.name);
  if (!segment.version.empty()) text += " (" + std::string(segment.version) + ")";
  return text;
}

std::string exception_text(const Trace& trace, const xray::RootCause& cause) {
  xray::TextStore store;
  std::string text;
  const xray::NodeIndex last = cause.services.back().entities.back().node;
  for_each_exception(trace.at(last), store, [&](const xray::Exception& exception) {
    if (text.empty()) text = std::string(exception.type) + ": " + std::string(exception.message);
  });
  return text;
}

/// What most likely is wrong with this trace, in a few words.
std::string cause_text(const Trace& trace) {
  for (const auto kind : {xray::CauseKind::fault, xray::CauseKind::error}) {
    const auto causes = root_causes(trace, kind);
    if (causes.empty()) continue;
    const std::string thrown = exception_text(trace, causes.front());
    return (kind == xray::CauseKind::fault ? "fault of " : "error of ") +
           place_text(trace, causes.front()) + (thrown.empty() ? "" : ": " + thrown);
  }
  const auto slow = root_causes(trace, xray::CauseKind::response_time);
  if (slow.empty()) return "";
  return fmt::format("{:.0f} % in {}", 100 * slow.front().services.back().entities.back().coverage,
                     place_text(trace, slow.front()));
}

/// How often each text came, most often first.
std::string tally(const std::map<std::string, std::size_t>& counts, const Ink& ink, Tone tone) {
  std::vector<std::pair<std::size_t, std::string>> rows;
  for (const auto& [text, count] : counts) rows.emplace_back(count, text);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  constexpr std::size_t rows_max = 8;
  std::string out;
  for (std::size_t i = 0; i < std::min(rows.size(), rows_max); ++i) {
    out += "  " + pad_left(writers::grouped(rows[i].first), 6) + "  " +
           ink(tone, writers::shortened(rows[i].second, writers::page_width - 10)) + "\n";
  }
  if (rows.size() > rows_max) out += fmt::format("          and {} more\n", rows.size() - rows_max);
  return out;
}

std::string root_cause_text(const TraceList& list, sim::Duration fence, const Ink& ink) {
  std::map<std::string, std::size_t> slow;
  std::map<std::string, std::size_t> faults;
  for (const Trace* const trace : list.traces) {
    for_each_root_cause(*trace, xray::CauseKind::fault, [&](const xray::RootCause& cause) {
      const std::string thrown = exception_text(*trace, cause);
      ++faults[place_text(*trace, cause) + (thrown.empty() ? "" : ": " + thrown)];
      return true;
    });
    if (response_time(*trace) <= fence) continue;
    for (const auto& cause : root_causes(*trace, xray::CauseKind::response_time)) {
      ++slow[place_text(*trace, cause)];
    }
  }
  std::string out;
  if (!faults.empty()) {
    out += "\n" + ink(Tone::bold, "Where faults begin") + "\n" + tally(faults, ink, Tone::bad);
  }
  if (!slow.empty() && !list.has_summaries) {
    out += "\n" + ink(Tone::bold, "Where outliers spend their time") + "\n" +
           tally(slow, ink, Tone::bad);
  }
  return out;
}

std::string row(const Trace& trace, sim::Duration fence, const Ink& ink) {
  const xray::Segment& root = trace.root_segment();
  const bool is_far_out = response_time(trace) > fence;
  std::string status = root.status == 0 ? "-" : std::to_string(root.status);
  std::string out = to_string(trace.id) + "  " + clock_text(root.start);
  out += ink(is_far_out ? Tone::bad : Tone::plain,
             pad_left(sim::format_rounded(response_time(trace)), 9));
  out += ink(root.has_fault ? Tone::bad
             : root.is_ok() ? Tone::plain
                            : Tone::bold,
             pad_left(status, 5));
  return out + "  " + writers::shortened(cause_text(trace), 36) + "\n";
}

}  // namespace

std::vector<const Trace*> ordered(const TraceList& list) {
  auto traces = list.traces;
  const auto before = [&](const Trace* a, const Trace* b) {
    switch (list.order) {
      case TraceOrder::slowest:
        return response_time(*a) > response_time(*b);
      case TraceOrder::fastest:
        return response_time(*a) < response_time(*b);
      case TraceOrder::newest:
        return a->root_segment().start > b->root_segment().start;
      case TraceOrder::oldest:
        return a->root_segment().start < b->root_segment().start;
    }
    return false;
  };
  std::stable_sort(traces.begin(), traces.end(), before);
  return traces;
}

std::string trace_list_text(const TraceList& list, const Ink& ink) {
  std::string out =
      ink(Tone::bold, "Traces") + fmt::format("  {} of {}", writers::grouped(list.traces.size()),
                                              writers::grouped(list.processed));
  out += list.filter.empty() ? "\n" : " fit " + list.filter + "\n";
  if (list.has_summaries) {
    out += ink(Tone::dim,
               "Of summaries: services inside have no times, and faults only as the root "
               "causes tell.") +
           "\n";
  }
  if (list.traces.empty()) return out;
  xray::TimeHistogram times;
  for (const Trace* const trace : list.traces) times.add(response_time(*trace));
  const sim::Duration fence = fence_of(times);
  out += "\n" + ink(Tone::bold, "Response times");
  for (const auto& [name, q] : {std::pair("p50", 0.5), std::pair("p95", 0.95),
                                std::pair("p99", 0.99), std::pair("max", 1.0)}) {
    out += fmt::format("  {} {}", name, quantile_text(times, q));
  }
  const auto far_out = static_cast<std::size_t>(
      std::count_if(list.traces.begin(), list.traces.end(),
                    [&](const Trace* trace) { return response_time(*trace) > fence; }));
  if (far_out > 0) {
    out += ink(Tone::bad, fmt::format("  {} beyond {}", writers::counted(far_out, "outlier"),
                                      sim::format_rounded(fence)));
  }
  out += "\n" + bars(times, fence, ink) + root_cause_text(list, fence, ink);
  out += "\n" +
         ink(Tone::dim, pad_right("id", 37) + pad_right("began (UTC)", 12) + pad_left("took", 9) +
                            pad_left("code", 5) + "  most of it") +
         "\n";
  const auto traces = ordered(list);
  const std::size_t shown = list.limit == 0 ? traces.size() : std::min(list.limit, traces.size());
  for (std::size_t i = 0; i < shown; ++i) out += row(*traces[i], fence, ink);
  if (shown < traces.size()) {
    out += ink(Tone::dim,
               fmt::format("{} more (--limit 0: all)", writers::grouped(traces.size() - shown))) +
           "\n";
  }
  out += ink(Tone::dim, "next: hoplab traces " + shell_word(list.recording) + " --id " +
                            to_string(traces.front()->id)) +
         "\n";
  return out;
}

}  // namespace hoplab::report::drawing
