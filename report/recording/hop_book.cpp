#include "report/recording/hop_book.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "report/recording/file_trouble.hpp"
#include "report/recording/json_text.hpp"

namespace hoplab::report::recording {
namespace {

constexpr std::string_view hops_schema = "hoplab.hops/1";

void append_histogram(std::string& out, const sim::Histogram& histogram) {
  auto put = std::back_inserter(out);
  fmt::format_to(put, "{{\"count\":{}", histogram.count());
  if (!histogram.empty()) {
    fmt::format_to(put, ",\"minNs\":{},\"maxNs\":{},\"sumNs\":{},\"buckets\":[",
                   histogram.min().count(), histogram.max().count(), histogram.sum().count());
    const char* separator = "";
    for (const auto& [index, count] : histogram.buckets()) {
      fmt::format_to(put, "{}[{},{}]", separator, index, count);
      separator = ",";
    }
    out += ']';
  }
  out += '}';
}

sim::Histogram read_histogram(const nlohmann::json& json) {
  if (json.at("count") == 0) return {};
  const std::vector<std::pair<std::uint32_t, std::uint64_t>> buckets = json.at("buckets");
  return sim::Histogram::restore(buckets, Duration(json.at("minNs").get<std::int64_t>()),
                                 Duration(json.at("maxNs").get<std::int64_t>()),
                                 Duration(json.at("sumNs").get<std::int64_t>()));
}

bool is_empty(const HopFigures& figures) {
  return figures.crossed.empty() && figures.failed.empty();
}
bool is_empty(const RequestFigures& figures) { return figures.all.empty(); }

void append_figures(std::string& out, const HopFigures& figures) {
  out += "\"crossed\":";
  append_histogram(out, figures.crossed);
  out += ",\"failed\":";
  append_histogram(out, figures.failed);
}

void append_figures(std::string& out, const RequestFigures& figures) {
  out += "\"all\":";
  append_histogram(out, figures.all);
  fmt::format_to(std::back_inserter(out), ",\"failed\":{},\"statuses\":{{", figures.failed);
  const char* separator = "";
  for (const auto& [status, count] : figures.statuses) {
    fmt::format_to(std::back_inserter(out), "{}\"{}\":{}", separator, status, count);
    separator = ",";
  }
  out += '}';
}

void read_figures(const nlohmann::json& json, HopFigures& figures) {
  figures.crossed = read_histogram(json.at("crossed"));
  figures.failed = read_histogram(json.at("failed"));
}

void read_figures(const nlohmann::json& json, RequestFigures& figures) {
  figures.all = read_histogram(json.at("all"));
  figures.failed = json.at("failed");
  for (const auto& [status, count] : json.at("statuses").items()) {
    figures.statuses[std::stoi(status)] = count;
  }
}

template <typename Lines>
void append_lines(std::string& out, std::string_view key, const Lines& lines) {
  fmt::format_to(std::back_inserter(out), ",\n\"{}\":[", key);
  const char* line_separator = "\n";
  for (const auto& line : lines) {
    out += line_separator;
    out += "{\"name\":";
    append_json_string(out, line.name);
    out += ",\"segments\":[";
    const char* separator = "";
    for (std::size_t i = 0; i < line.by_segment.size(); ++i) {
      if (is_empty(line.by_segment[i])) continue;
      fmt::format_to(std::back_inserter(out), "{}{{\"segment\":{},", separator, i);
      append_figures(out, line.by_segment[i]);
      out += '}';
      separator = ",";
    }
    out += "]}";
    line_separator = ",\n";
  }
  out += "]";
}

template <typename Lines, typename Declare>
void read_lines(const nlohmann::json& json, Lines& lines, const Declare& declare) {
  for (const auto& entry : json) {
    auto& line = lines[declare(entry.at("name").get<std::string>())];
    for (const auto& segment : entry.at("segments")) {
      read_figures(segment, line.by_segment.at(segment.at("segment").get<std::size_t>()));
    }
  }
}

template <typename Lines>
std::vector<std::string> names_of(const Lines& lines) {
  std::vector<std::string> names;
  names.reserve(lines.size());
  for (const auto& line : lines) names.push_back(line.name);
  return names;
}

template <typename Lines, typename Index>
std::size_t declare_in(Lines& lines, Index& index, std::string_view name, std::size_t segments) {
  if (const auto known = index.find(name); known != index.end()) return known->second;
  lines.push_back({std::string(name), {}});
  lines.back().by_segment.resize(segments);
  index.emplace(name, lines.size() - 1);
  return lines.size() - 1;
}

Segments read_segments(const nlohmann::json& json) {
  std::vector<Window> windows;
  for (const auto& pair : json) {
    const Duration from(pair.at(0).get<std::int64_t>());
    windows.push_back(
        {from, pair.at(1).is_null() ? open_end : Duration(pair.at(1).get<std::int64_t>())});
  }
  return Segments(windows);
}

}  // namespace

std::size_t HopBook::declare_hop(std::string_view name) {
  return declare_in(hops_, hop_index_, name, segments_.size());
}

std::size_t HopBook::declare_series(std::string_view name) {
  return declare_in(series_, series_index_, name, segments_.size());
}

void HopBook::declare_chain(ChainOfHops chain) {
  const auto has_name = [&](const ChainOfHops& known) { return known.name == chain.name; };
  if (std::none_of(chains_.begin(), chains_.end(), has_name)) chains_.push_back(std::move(chain));
}

void HopBook::add_hop(std::size_t hop, SimTime ended, Duration took, bool failed) {
  HopFigures& figures = hops_[hop].by_segment[segments_.index_of(ended)];
  (failed ? figures.failed : figures.crossed).add(took);
}

void HopBook::add_request(std::size_t series, const Request& request) {
  RequestFigures& figures = series_[series].by_segment[segments_.index_of(request.ended)];
  figures.all.add(request.took);
  figures.failed += request.failed ? 1 : 0;
  ++figures.statuses[request.status];
}

HopFigures HopBook::hop(std::string_view name, const Window& window) const {
  HopFigures sum;
  const auto found = hop_index_.find(name);
  if (found == hop_index_.end()) return sum;
  const auto [first, last] = segments_.range(window);
  for (std::size_t i = first; i < last; ++i) {
    const HopFigures& part = hops_[found->second].by_segment[i];
    sum.crossed.merge(part.crossed);
    sum.failed.merge(part.failed);
  }
  return sum;
}

RequestFigures HopBook::requests(std::string_view name, const Window& window) const {
  RequestFigures sum;
  const auto found = series_index_.find(name);
  if (found == series_index_.end()) return sum;
  const auto [first, last] = segments_.range(window);
  for (std::size_t i = first; i < last; ++i) {
    const RequestFigures& part = series_[found->second].by_segment[i];
    sum.all.merge(part.all);
    sum.failed += part.failed;
    for (const auto& [status, count] : part.statuses) sum.statuses[status] += count;
  }
  return sum;
}

std::vector<std::string> HopBook::hop_names() const { return names_of(hops_); }
std::vector<std::string> HopBook::series_names() const { return names_of(series_); }

std::string HopBook::to_json() const {
  std::string out = fmt::format("{{\n\"schema\":\"{}\",\n\"segmentsNs\":[", hops_schema);
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const Window segment = segments_.segment(i);
    const std::string end = segment.to == open_end ? "null" : fmt::format("{}", segment.to.count());
    out += fmt::format("{}[{},{}]", i == 0 ? "" : ",", segment.from.count(), end);
  }
  out += ']';
  append_lines(out, "hops", hops_);
  append_lines(out, "series", series_);
  out += ",\n\"chains\":[";
  const char* separator = "\n";
  for (const auto& chain : chains_) {
    out += separator;
    out += "{\"name\":" + json_string(chain.name) + ",\"hops\":[";
    for (std::size_t i = 0; i < chain.hops.size(); ++i) {
      if (i > 0) out += ',';
      append_json_string(out, chain.hops[i]);
    }
    out += "]}";
    separator = ",\n";
  }
  return out + "]\n}\n";
}

HopBook HopBook::from_json(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("schema") != hops_schema) throw BadRecording("hops.json: not hoplab.hops/1");
    HopBook book(read_segments(json.at("segmentsNs")));
    read_lines(json.at("hops"), book.hops_,
               [&book](const std::string& name) { return book.declare_hop(name); });
    read_lines(json.at("series"), book.series_,
               [&book](const std::string& name) { return book.declare_series(name); });
    for (const auto& chain : json.at("chains")) {
      book.declare_chain({chain.at("name"), chain.at("hops")});
    }
    return book;
  } catch (const nlohmann::json::exception& error) {
    throw BadRecording(std::string("hops.json: ") + error.what());
  }
}

}  // namespace hoplab::report::recording
