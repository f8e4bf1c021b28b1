// One trace, from its first segment to its log lines.
#include <algorithm>

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
using xray::NodeIndex;
using xray::Segment;
using xray::Trace;

std::string kind_of(const Segment& segment) {
  if (segment.is_inferred) return "no segment";
  if (segment.is_subsegment) return segment.name_space.empty() ? "part" : "call";
  if (segment.is_egress) return "envoy out";
  if (segment.is_ingress) return "envoy in";
  return segment.is_proxy() ? "envoy" : "app";
}

std::string flags_of(const Segment& segment) {
  std::string text = segment.status == 0 ? "" : std::to_string(segment.status);
  if (segment.is_in_progress) text += " in progress";
  if (segment.has_throttle) text += " throttled";
  if (segment.has_fault && segment.status < 500) text += " fault";
  if (segment.has_error && segment.status < 400) text += " error";
  return text;
}

std::string bar(const Trace& trace, const Segment& segment, std::size_t width) {
  const sim::Duration first = trace.start();
  const double whole = std::max(1e-9, sim::in_seconds(trace.end() - first));
  const auto column = [&](sim::Duration instant) {
    const double part = sim::in_seconds(instant - first) / whole;
    return static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * static_cast<double>(width * 2));
  };
  // In halves of a column, so that short ones can be told from none.
  const std::size_t from = std::min(column(segment.start), width * 2 - 1);
  const std::size_t to = std::max(column(segment.end), from + 1);
  std::string out;
  for (std::size_t i = 0; i < width * 2; i += 2) {
    const bool has_left = from <= i && i < to;
    const bool has_right = from <= i + 1 && i + 1 < to;
    out += has_left ? (has_right ? "█" : "▌") : has_right ? "▐" : " ";
  }
  return out;
}

std::string head_text(const Trace& trace, const Ink& ink) {
  const Segment& root = trace.root_segment();
  std::string out = ink(Tone::bold, "Trace " + to_string(trace.id)) + "\n";
  out += fmt::format("{} {}  at {} UTC, took {}", root.method, root.url, clock_text(root.start),
                     sim::format_rounded(root.duration()));
  const std::string flags = flags_of(root);
  if (!flags.empty()) out += ", " + ink(root.is_ok() ? Tone::plain : Tone::bad, flags);
  if (trace.end() > root.end) {
    out += ", the last of it ended after " + sim::format_rounded(trace.end() - root.start);
  }
  out += "\n";
  const auto ids = xray::ids_of(trace);
  for (std::size_t i = 1; i < ids.size(); ++i) out += "transaction " + ids[i] + "\n";
  return out;
}

std::vector<NodeIndex> slow_path(const Trace& trace) {
  std::vector<NodeIndex> steps;
  for (const auto& cause : root_causes(trace, xray::CauseKind::response_time)) {
    for (const auto& service : cause.services) {
      for (const auto& entity : service.entities) steps.push_back(entity.node);
    }
  }
  return steps;
}

std::string rows_text(const Trace& trace, const Ink& ink) {
  constexpr std::size_t bar_width = 30;
  constexpr std::size_t indent_max = 18;
  std::size_t name_width = 12;
  const auto label = [&](const xray::TraceNode& node) {
    return std::string(std::min<std::size_t>(node.depth, indent_max), ' ') +
           std::string(node.segment->name);
  };
  for (const xray::TraceNode& node : trace.nodes) {
    name_width =
        std::max(name_width, std::min<std::size_t>(34, writers::display_width(label(node))));
  }
  std::string out = "\n" +
                    ink(Tone::dim, pad_right("segment", name_width) + pad_left("kind", 11) +
                                       pad_left("from", 9) + pad_left("took", 9)) +
                    "\n";
  const auto path = slow_path(trace);
  const auto on_path = [&](NodeIndex node) {
    return std::find(path.begin(), path.end(), node) != path.end();
  };
  for (NodeIndex i = 0; i < trace.nodes.size(); ++i) {
    const Segment& segment = trace.at(i);
    const Tone tone = segment.has_fault ? Tone::bad : on_path(i) ? Tone::bold : Tone::plain;
    out += ink(tone, pad_right(writers::shortened(label(trace.nodes[i]), name_width), name_width));
    out += ink(Tone::dim, pad_left(kind_of(segment), 11));
    out += pad_left(sim::format_rounded(segment.start - trace.root_segment().start), 9);
    out += pad_left(sim::format_rounded(segment.duration()), 9) + " ";
    out += ink(segment.has_fault ? Tone::bad : Tone::plain, bar(trace, segment, bar_width));
    out += " " + ink(segment.is_ok() ? Tone::dim : Tone::bad, flags_of(segment));
    if (!segment.version.empty()) out += ink(Tone::dim, " " + std::string(segment.version));
    while (out.ends_with(' ')) out.pop_back();
    out += "\n";
  }
  return out;
}

/// A segment's time that none of its children covers.
sim::Duration own_time(const Trace& trace, NodeIndex node) {
  const Segment& segment = trace.at(node);
  sim::Duration covered{};
  sim::Duration reached = segment.start;
  trace.for_each_child(node, [&](NodeIndex child) {  // In the order of their starts.
    const sim::Duration from = std::max(reached, trace.at(child).start);
    const sim::Duration to = std::min(segment.end, trace.at(child).end);
    if (to <= from) return;
    covered += to - from;
    reached = to;
  });
  return segment.duration() - covered;
}

std::string step_name(const Segment& segment) {
  std::string name = party_of(segment);
  if (segment.is_egress) return name + " (out)";
  if (segment.is_ingress) return name + " (in)";
  return segment.is_subsegment ? name + " (call)" : name;
}

constexpr std::size_t step_width = 34;
constexpr std::size_t time_width = 11;

std::string step_text(const Trace& trace, NodeIndex node, bool is_most, const Ink& ink) {
  const NodeIndex parent = trace.nodes[node].parent;
  const Segment& segment = trace.at(node);
  const auto own = std::max(sim::Duration{}, own_time(trace, node));
  std::string there = "-";
  std::string back = "-";
  if (parent != xray::no_node) {
    there = sim::format_rounded(segment.start - trace.at(parent).start);
    back = sim::format_rounded(trace.at(parent).end - segment.end);
  }
  const double whole = std::max(1e-9, sim::in_seconds(trace.root_segment().duration()));
  const Tone tone = is_most ? Tone::bad : Tone::plain;
  const std::string name = writers::shortened(step_name(segment), step_width);
  return ink(tone, pad_right(name, step_width)) + pad_left(there, time_width) +
         pad_left(back, time_width) +
         pad_left(sim::format_rounded(segment.duration()), time_width) +
         ink(tone, pad_left(sim::format_rounded(own), time_width) +
                       pad_left(fmt::format("{:.1f} %", 100 * sim::in_seconds(own) / whole), 8)) +
         "\n";
}

/// Along the slowest path: how long the way to each step and back took, and what the step itself.
std::string path_text(const Trace& trace, const Ink& ink) {
  const std::vector<NodeIndex> steps = slow_path(trace);
  if (steps.empty()) return "";
  const NodeIndex most = *std::max_element(
      steps.begin(), steps.end(),
      [&](NodeIndex a, NodeIndex b) { return own_time(trace, a) < own_time(trace, b); });
  std::string head = pad_right("step", step_width);
  for (const char* const name : {"way there", "way back", "took", "by itself"}) {
    head += pad_left(name, time_width);
  }
  std::string out = "\n" + ink(Tone::bold, "Where the time went") + "\n" +
                    ink(Tone::dim, head + pad_left("share", 8)) + "\n";
  for (const NodeIndex step : steps) out += step_text(trace, step, step == most, ink);
  return out +
         ink(Tone::dim,
             "A way between two hosts is by two clocks. What an Envoy (out) takes by itself "
             "is the wire.") +
         "\n";
}

std::string log_line_text(const xray::TraceLogLine& line, const Ink& ink) {
  const Tone tone = line.source == "stderr" ? Tone::bad : Tone::plain;
  std::string out = clock_text(std::chrono::milliseconds(line.timestamp_ms)) + "  " + line.group;
  if (!line.source.empty()) out += "  " + line.source;
  if (!line.task_definition.empty()) out += "  task definition " + line.task_definition;
  return ink(tone == Tone::bad ? tone : Tone::dim, out) + "\n    " + ink(tone, line.text) + "\n";
}

/// What went to stderr first: it is what one looks for.
std::string logs_text(const std::vector<xray::TraceLogLine>& logs, const Ink& ink) {
  std::string errors;
  std::string others;
  std::size_t count = 0;
  for (const xray::TraceLogLine& line : logs) {
    const bool is_error = line.source == "stderr";
    (is_error ? errors : others) += log_line_text(line, ink);
    if (is_error) ++count;
  }
  const auto title = [&](const char* what, std::size_t lines) {
    return "\n" + ink(Tone::bold, what) + "  " + writers::counted(lines, "line") + "\n";
  };
  std::string out;
  if (count > 0) out += title("Standard error", count) + errors;
  return out + title(count > 0 ? "Other log lines" : "Log lines", logs.size() - count) + others;
}

}  // namespace

std::string waterfall_text(const Trace& trace, const std::vector<xray::TraceLogLine>& logs,
                           const Ink& ink) {
  return head_text(trace, ink) + rows_text(trace, ink) + path_text(trace, ink) +
         logs_text(logs, ink);
}

}  // namespace hoplab::report::drawing
