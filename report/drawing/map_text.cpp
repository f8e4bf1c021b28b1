#include "report/drawing/map_text.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "report/drawing/figures.hpp"
#include "report/writers/terminal.hpp"

namespace hoplab::report::drawing {
namespace {

using writers::Ink;
using writers::pad_left;
using writers::pad_right;
using writers::Tone;
using xray::MapEdge;
using xray::MapNode;
using xray::ServiceMap;

/// From this share on a person wants to know; below it a few requests in ten thousand failed.
constexpr double alarming = 0.001;

/// Most requests are quick, and the slowest twentieth is not: what a median hides.
bool has_slow_tail(const xray::TimeHistogram& times) {
  if (times.empty()) return false;
  const sim::Duration tail = times.quantile(0.95);
  return tail >= std::chrono::milliseconds(100) && tail > 10 * times.quantile(0.5);
}

enum class State { well, passes_on, faulty, silent };

State state_of(const MapNode& node) {
  if (!node.has_segments && !node.is_client) return State::silent;
  const auto total = node.statistics.total();
  if (xray::share(node.own_faults, total) >= alarming) return State::faulty;
  return node.statistics.faults > 0 ? State::passes_on : State::well;
}

Tone tone_of(State state) {
  switch (state) {
    case State::faulty:
      return Tone::bad;
    case State::well:
      return Tone::good;
    default:
      return Tone::bold;
  }
}

const char* mark_of(State state) {
  switch (state) {
    case State::faulty:
      return "●";
    case State::passes_on:
      return "◐";
    case State::silent:
      return "?";
    default:
      return "○";
  }
}

/// Faults between the caller and the service, which the service knows nothing of.
bool is_losing(const MapEdge* edge) {
  return edge != nullptr && xray::share(edge->lost, edge->requester.total()) >= alarming;
}

struct Row {
  std::string tree;  ///< "├─ "
  std::size_t node = 0;
  const MapEdge* edge = nullptr;  ///< Null for a client.
  bool is_again = false;          ///< Drawn above already.
};

/// The tree of calls, one row a call.
class Tree {
 public:
  explicit Tree(const ServiceMap& map) : map_(map), is_drawn_(map.nodes.size(), false) {
    std::vector<bool> is_called(map.nodes.size(), false);
    for (const MapNode& node : map.nodes) {
      for (const MapEdge& edge : node.edges) is_called[edge.to] = true;
    }
    for (std::size_t i = 0; i < map.nodes.size(); ++i) {
      if (!is_called[i]) draw({"", i, nullptr, false}, "", 0);
    }
    for (std::size_t i = 0; i < map.nodes.size(); ++i) {  // Of circles that nobody calls into.
      if (!is_drawn_[i]) draw({"", i, nullptr, false}, "", 0);
    }
  }
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

 private:
  /// What lies deeper than a page is wide begins a tree of its own.
  static constexpr int depth_max = 100;

  void draw(Row row, const std::string& below, int depth) {
    row.is_again = is_drawn_[row.node];
    rows_.push_back(row);
    if (row.is_again) return;
    is_drawn_[row.node] = true;
    if (depth == depth_max) return;
    const auto& edges = map_.nodes[row.node].edges;
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const bool is_last = i + 1 == edges.size();
      draw({below + (is_last ? "└─ " : "├─ "), edges[i].to, &edges[i], false},
           below + (is_last ? "   " : "│  "), depth + 1);
    }
  }

  const ServiceMap& map_;
  std::vector<bool> is_drawn_;
  std::vector<Row> rows_;
};

std::string note_of(const MapNode& node, const Row& row) {
  if (row.is_again) return "(above)";
  if (node.is_client) return "";
  std::string note;
  switch (state_of(node)) {
    case State::faulty:
      note = "faults start here";
      break;
    case State::passes_on:
      note = "passes faults on";
      break;
    case State::silent:
      note = "sends no segments";
      break;
    case State::well:
      break;
  }
  if (has_slow_tail(node.statistics.times)) note += note.empty() ? "slow tail" : ", slow tail";
  if (row.edge != nullptr && row.edge->lost > 0) {
    note +=
        (note.empty() ? "" : ", ") + writers::counted(row.edge->lost, "call") + " lost on the way";
  }
  return note;
}

class MapText {
 public:
  MapText(const ServiceMap& map, const Ink& ink) : map_(map), ink_(ink), tree_(map) {
    for (const Row& row : tree_.rows()) {
      const std::string label = row.tree + map.nodes[row.node].name;
      name_width_ = std::max(name_width_, std::min<std::size_t>(40, writers::display_width(label)));
    }
    for (const MapNode& node : map.nodes) {
      if (node.statistics.errors() > 0) has_errors_ = true;
    }
    span_s_ = std::max(1e-9, sim::in_seconds(map.end - map.start));
  }

  [[nodiscard]] std::string text() const {
    std::string out = head();
    for (const Row& row : tree_.rows()) out += line(row);
    return out;
  }

 private:
  static constexpr std::size_t column = 10;

  [[nodiscard]] std::string head() const {
    std::string above(name_width_ + 2 + column * (has_errors_ ? 3 : 2), ' ');
    above += pad_left("caller", column) + pad_left("sees", column) + pad_left("service", column) +
             pad_left("itself", column);
    std::string names = "  " + pad_right("service", name_width_) + pad_left("traced", column) +
                        pad_left("faults", column);
    if (has_errors_) names += pad_left("errors", column);
    for (const char* const name : {"p50", "p95", "p50", "p95"}) names += pad_left(name, column);
    return ink_(Tone::dim, above) + "\n" + ink_(Tone::dim, names) + "\n";
  }

  [[nodiscard]] std::string line(const Row& row) const {
    const MapNode& node = map_.nodes[row.node];
    const State state = state_of(node);
    const std::size_t room = name_width_ - std::min(name_width_, writers::display_width(row.tree));
    const std::string name = writers::shortened(node.name, std::max<std::size_t>(room, 4));
    std::string out = node.is_client ? "  " : ink_(tone_of(state), mark_of(state)) + " ";
    out += row.tree + ink_(node.is_client ? Tone::dim : tone_of(state),
                           node.is_client ? name : pad_right(name, room));
    if (!node.is_client) out += figures(row, node, state);
    const std::string note = note_of(node, row);
    const bool is_bad =
        state == State::faulty || is_losing(row.edge) || has_slow_tail(node.statistics.times);
    if (!note.empty()) out += "  " + ink_(is_bad ? Tone::bad : Tone::dim, note);
    return out + "\n";
  }

  [[nodiscard]] std::string figures(const Row& row, const MapNode& node, State state) const {
    const auto& seen = row.edge != nullptr ? row.edge->requester : node.statistics;
    const auto& own =
        row.edge != nullptr && row.edge->callee.total() > 0 ? row.edge->callee : node.statistics;
    const double rate = static_cast<double>(seen.total()) / span_s_;
    std::string out = pad_left(per_second(rate), column);
    const bool is_bad = state == State::faulty || is_losing(row.edge);
    const Tone tone = seen.faults == 0 ? Tone::dim : is_bad ? Tone::bad : Tone::plain;
    out += ink_(tone, pad_left(percent(seen.faults, seen.total()), column));
    if (has_errors_) out += pad_left(percent(seen.errors(), seen.total()), column);
    for (const auto* const times : {&seen.times, &own.times}) {
      const Tone tail = has_slow_tail(*times) ? Tone::bad : Tone::plain;
      out += pad_left(quantile_text(*times, 0.5), column);
      out += ink_(tail, pad_left(quantile_text(*times, 0.95), column));
    }
    return out;
  }

  const ServiceMap& map_;
  const Ink& ink_;
  Tree tree_;
  std::size_t name_width_ = 12;
  bool has_errors_ = false;
  double span_s_ = 1;
};

/// The service with the largest share of faults of its own; null when there is none to speak of.
const MapNode* worst(const ServiceMap& map) {
  const MapNode* found = nullptr;
  double most = alarming;
  for (const MapNode& node : map.nodes) {
    const double share = xray::share(node.own_faults, node.statistics.total());
    if (share < most) continue;
    most = share;
    found = &node;
  }
  return found;
}

/// Calls that were lost between two services: a sentence for each such pair.
std::string losses(const ServiceMap& map) {
  std::string out;
  for (const MapNode& node : map.nodes) {
    for (const MapEdge& edge : node.edges) {
      if (!is_losing(&edge)) continue;
      out += fmt::format("{} -> {}: {} of {} calls failed and never came to {}.\n", node.name,
                         map.nodes[edge.to].name, writers::grouped(edge.lost),
                         writers::grouped(edge.requester.total()), map.nodes[edge.to].name);
    }
  }
  return out;
}

std::string what_next(const ServiceMap& map, const std::string& recording, const NextSteps& next,
                      const Ink& ink) {
  const std::string target = shell_word(recording);
  const MapNode* const node = worst(map);
  std::string out = losses(map);
  std::string filter = out.empty() ? "" : " fault";
  if (node != nullptr) {
    out +=
        fmt::format("{}: {} of its requests are faults of its own ({} of {}).\n", node->name,
                    percent(node->own_faults, node->statistics.total()),
                    writers::grouped(node->own_faults), writers::grouped(node->statistics.total()));
    filter = " 'service(\"" + node->name + "\") { fault }'";
  } else if (out.empty()) {
    out += "No service has faults of its own.\n";
  }
  std::vector<std::string> steps;
  if (next.has_matrix) {
    steps.push_back("hoplab map " + target + " --matrix     all requests, by Envoy");
  }
  if (next.has_traces) steps.push_back("hoplab traces " + target + filter);
  for (const std::string& step : steps) {
    out += ink(Tone::dim, (&step == steps.data() ? "next: " : "      ") + step) + "\n";
  }
  return out;
}

std::string dot_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// What was counted, and "in" where a time span follows.
std::string what_of(const ServiceMap& map) {
  if (!map.is_of_graph) return writers::counted(map.traces, "trace") + " in ";
  if (map.traces == 0) return "as a service graph has it, ";
  return writers::counted(map.traces, "traced request") + " in ";
}

}  // namespace

std::string map_text(const ServiceMap& map, const std::string& recording, const NextSteps& next,
                     const Ink& ink) {
  if (map.nodes.empty()) return map.is_of_graph ? "No services.\n" : "No traces.\n";
  const std::string span = sim::format_rounded(map.end - map.start);
  std::string out =
      ink(Tone::bold, "Service map") + fmt::format("  {}{}, {} to {} UTC\n", what_of(map), span,
                                                   clock_text(map.start), clock_text(map.end));
  out += "\n" + MapText(map, ink).text() + "\n";
  return out + what_next(map, recording, next, ink);
}

std::string map_dot(const ServiceMap& map) {
  std::string out = "digraph map {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\"];\n";
  const double span_s = std::max(1e-9, sim::in_seconds(map.end - map.start));
  for (std::size_t i = 0; i < map.nodes.size(); ++i) {
    const MapNode& node = map.nodes[i];
    static constexpr const char* colours[] = {"#dff0d8", "#fcf8e3", "#f2aaaa", "#eeeeee"};
    const auto& figures = node.statistics;
    std::string label = node.name;
    if (figures.total() > 0) {
      label += fmt::format("\n{} faults {}\np50 {} p95 {}",
                           per_second(static_cast<double>(figures.total()) / span_s),
                           percent(figures.faults, figures.total()),
                           quantile_text(figures.times, 0.5), quantile_text(figures.times, 0.95));
    }
    std::string escaped = dot_text(label);
    for (std::size_t at = 0; (at = escaped.find('\n', at)) != std::string::npos;) {
      escaped.replace(at, 1, "\\n");
    }
    out += fmt::format("  n{} [label={}, fillcolor=\"{}\"];\n", i, escaped,
                       colours[node.is_client ? 3 : static_cast<std::size_t>(state_of(node))]);
  }
  for (std::size_t i = 0; i < map.nodes.size(); ++i) {
    for (const MapEdge& edge : map.nodes[i].edges) {
      const auto& seen = edge.requester;
      out += fmt::format("  n{} -> n{} [label=\"{} {}\\np95 {}\"{}];\n", i, edge.to,
                         per_second(static_cast<double>(seen.total()) / span_s),
                         percent(seen.faults, seen.total()), quantile_text(seen.times, 0.95),
                         seen.faults > 0 ? ", color=\"#c0392b\"" : "");
    }
  }
  return out + "}\n";
}

std::string matrix_text(const xray::EnvoyMatrix& matrix, const Ink& ink) {
  std::size_t service_width = 8;
  std::size_t upstream_width = 9;
  bool has_trouble = false;
  for (const xray::MatrixCell& cell : matrix.cells) {
    service_width = std::max(service_width, writers::display_width(cell.service));
    upstream_width = std::max(upstream_width, writers::display_width(cell.upstream));
    has_trouble = has_trouble || cell.timeouts + cell.connect_failures > 0;
  }
  constexpr std::size_t column = 10;
  std::string out = ink(Tone::bold, "Calls as the callers' Envoys counted them") +
                    (matrix.is_of_access_logs ? "  (of access logs)\n\n" : "  (of /stats)\n\n");
  std::string head =
      pad_right("service", service_width) + "  " + pad_right("upstream", upstream_width);
  for (const char* const name : {"rate", "5xx", "4xx", "p50", "p95", "p99"}) {
    head += pad_left(name, column);
  }
  if (has_trouble) head += pad_left("timeouts", column) + pad_left("connects", column);
  out += ink(Tone::dim, head) + "\n";
  std::string last;
  for (const xray::MatrixCell& cell : matrix.cells) {
    out += pad_right(cell.service == last ? "" : cell.service, service_width) + "  ";
    last = cell.service;
    const auto all = std::max(cell.requests, cell.faults);
    const bool is_bad = xray::share(cell.faults, all) >= alarming;
    out += ink(is_bad ? Tone::bad : Tone::plain, pad_right(cell.upstream, upstream_width));
    out += pad_left(per_second(cell.per_second), column);
    out += ink(is_bad ? Tone::bad : Tone::dim, pad_left(percent(cell.faults, all), column));
    out += ink(Tone::dim, pad_left(percent(cell.errors, all), column));
    for (const auto& time : {cell.p50, cell.p95, cell.p99})
      out += pad_left(time_or_dash(time), column);
    if (has_trouble) {
      out += pad_left(writers::grouped(cell.timeouts), column) +
             pad_left(writers::grouped(cell.connect_failures), column);
    }
    out += "\n";
  }
  return out;
}

}  // namespace hoplab::report::drawing
