#include "scenarios/schema/distribution.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "scenarios/schema/scalars.hpp"
#include "scenarios/schema/section.hpp"

namespace hoplab::scenarios {
namespace {

using Kind = Distribution::Kind;
using sim::Diagnostics;

struct Row {
  std::string_view name;
  Kind kind;
  std::vector<std::string> keys;  ///< All of them are required.
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"exponential", Kind::exponential, {"mean"}},
      {"normal", Kind::normal, {"mean", "sd"}},
      {"lognormal", Kind::lognormal, {"mean", "cv"}},
      {"erlang", Kind::erlang, {"mean", "k"}},
      {"pareto", Kind::pareto, {"mean", "alpha"}},
      {"bimodal", Kind::bimodal, {"fast", "slow", "slowShare"}},
      {"empirical", Kind::empirical, {}},
  };
  return all;
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const Row& row : rows()) names.emplace_back(row.name);
  return names;
}

void read_samples(const Node& node, Distribution& distribution, Diagnostics& diagnostics) {
  constexpr std::size_t samples_max = 100'000;
  if (node.kind != Node::Kind::sequence || node.items.empty() || node.items.size() > samples_max) {
    diagnostics.error(node.mark, "E0215", "'empirical' wants a list of 1 to 100000 durations",
                      "write empirical: [3ms, 4ms, 20ms]");
    return;
  }
  for (const Node& item : node.items) {
    if (const auto sample = read_duration(item, diagnostics)) {
      distribution.samples.push_back(*sample);
    }
  }
}

std::optional<double> read_cv(const Node& node, Diagnostics& diagnostics) {
  return read_number(node, {0, 100}, diagnostics);
}

std::optional<double> read_alpha(const Node& node, Diagnostics& diagnostics) {
  return read_number(node, {1, 1000}, diagnostics);
}

void read_parameters(const Node& node, const Row& row, Distribution& distribution,
                     Diagnostics& diagnostics) {
  const Section section(node, fmt::format("'{}'", row.name), row.keys, diagnostics);
  for (const std::string& key : row.keys) section.require(key);
  section.take("mean", read_positive_duration, distribution.mean);
  section.take("sd", read_duration, distribution.sd);
  section.take("cv", read_cv, distribution.cv);
  section.take("k", integer_in<std::uint32_t>(1, 1000), distribution.k);
  section.take("alpha", read_alpha, distribution.alpha);
  section.take("fast", read_duration, distribution.fast);
  section.take("slow", read_duration, distribution.slow);
  section.take("slowShare", read_ratio, distribution.slow_share);
}

}  // namespace

Duration mean_of(const Distribution& distribution) {
  switch (distribution.kind) {
    case Kind::bimodal: {
      const double share = distribution.slow_share.value();
      return sim::seconds_to_duration(sim::in_seconds(distribution.fast) * (1 - share) +
                                      sim::in_seconds(distribution.slow) * share);
    }
    case Kind::empirical: {
      if (distribution.samples.empty()) return Duration::zero();
      double sum = 0;
      for (const Duration sample : distribution.samples) sum += sim::in_seconds(sample);
      return sim::seconds_to_duration(sum / static_cast<double>(distribution.samples.size()));
    }
    case Kind::constant:
    case Kind::exponential:
    case Kind::normal:  // What the cut at 0 adds is left out.
    case Kind::lognormal:
    case Kind::erlang:
    case Kind::pareto:
      return distribution.mean;
  }
  return distribution.mean;
}

std::vector<std::pair<std::string, std::vector<std::string>>> distribution_parameters() {
  std::vector<std::pair<std::string, std::vector<std::string>>> all;
  for (const Row& row : rows()) {
    if (!row.keys.empty()) all.emplace_back(row.name, row.keys);
  }
  return all;
}

std::optional<Distribution> read_distribution(const Node& node, Diagnostics& diagnostics) {
  Distribution distribution;
  if (node.kind == Node::Kind::scalar) {
    const auto value = read_duration(node, diagnostics);
    if (!value) return std::nullopt;
    distribution.mean = *value;
    return distribution;
  }
  if (node.kind != Node::Kind::mapping || node.entries.size() != 1) {
    diagnostics.error(node.mark, "E0215", "a duration or one distribution is wanted here",
                      "write 7ms or {exponential: {mean: 7ms}}; there is " + one_of(kind_names()));
    return std::nullopt;
  }
  const Node::Key& key = node.entries.front().key;
  const Node& value = node.entries.front().value;
  const auto row = std::find_if(rows().begin(), rows().end(),
                                [&](const Row& it) { return it.name == key.name; });
  if (row == rows().end()) {
    diagnostics.error(key.mark, "E0215", fmt::format("'{}' is not a distribution", shown(key.name)),
                      hint_for(key.name, kind_names(), diagnostics));
    return std::nullopt;
  }
  distribution.kind = row->kind;
  const int errors_before = diagnostics.errors();
  if (row->kind == Kind::empirical) {
    read_samples(value, distribution, diagnostics);
  } else {
    read_parameters(value, *row, distribution, diagnostics);
  }
  if (diagnostics.errors() != errors_before) return std::nullopt;
  return distribution;
}

std::optional<ServiceTime> read_service_time(const Node& node, Diagnostics& diagnostics) {
  const bool is_long = node.find("cpu") != nullptr || node.find("wait") != nullptr;
  ServiceTime time;
  if (is_long) {
    const Section section(node, "'serviceTime'", {"cpu", "wait"}, diagnostics);
    section.take("cpu", read_distribution, time.cpu);
    section.take("wait", read_distribution, time.wait);
    return time;
  }
  const auto cpu = read_distribution(node, diagnostics);
  if (!cpu) return std::nullopt;
  time.cpu = *cpu;
  return time;
}

}  // namespace hoplab::scenarios
