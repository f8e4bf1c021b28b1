#include "models/envoy/stat_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "models/envoy/stat_walk.hpp"

namespace hoplab::models::envoy {
namespace {

/// Source: Envoy, histogram_impl.cc (supportedQuantiles).
constexpr std::array shares = {0.0, 0.25, 0.5, 0.75, 0.90, 0.95, 0.99, 0.995, 0.999, 1.0};

// --- /stats -----------------------------------------------------------------------------------

std::string quantile_summary(const Histogram& histogram) {
  if (histogram.cumulative().is_empty()) return "No recorded values";
  const auto ever = histogram.cumulative().quantiles(shares);
  const bool is_idle = histogram.interval().is_empty();
  std::array<double, shares.size()> lately{};
  if (!is_idle) lately = histogram.interval().quantiles(shares);
  std::string text;
  for (std::size_t index = 0; index < shares.size(); ++index) {
    if (index > 0) text += ' ';
    const auto out = std::back_inserter(text);
    fmt::format_to(out, "P{}(", 100 * shares[index]);
    if (is_idle) {
      text += "nan";
    } else {
      fmt::format_to(out, "{}", lately[index]);
    }
    fmt::format_to(out, ",{})", ever[index]);
  }
  return text;
}

class TextPage final : public StatVisitor {
 public:
  void counter(const StatName& name, std::uint64_t value, std::uint64_t /*growth*/) override {
    add(numbers_, name, fmt::format("{}", value));
  }
  void gauge(const StatName& name, std::uint64_t value, bool /*is_touched*/) override {
    add(numbers_, name, fmt::format("{}", value));
  }
  void text(const StatName& name, std::string_view value) override {
    add(texts_, name, fmt::format("\"{}\"", value));
  }
  void histogram(const StatName& name, const Histogram& histogram) override {
    add(histograms_, name, quantile_summary(histogram));
  }
  [[nodiscard]] std::string page() const {
    std::string page;
    for (const Lines* lines : {&texts_, &numbers_, &histograms_}) {
      for (const auto& [name, value] : *lines) page += name + ": " + value + "\n";
    }
    return page;
  }

 private:
  using Lines = std::map<std::string, std::string>;
  static void add(Lines& lines, const StatName& name, std::string value) {
    std::string full;
    name.append_full(full);
    lines.emplace(std::move(full), std::move(value));
  }
  Lines texts_;
  Lines numbers_;
  Lines histograms_;
};

// --- /stats/prometheus ------------------------------------------------------------------------

/// Envoy sorts names part by part: a dot comes before everything.
std::string sort_key(std::string name) {
  std::ranges::replace(name, '.', '\1');
  return name;
}

std::string sanitised(std::string_view name) {
  std::string clean(name);
  const auto is_plain = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_';
  };
  std::ranges::replace_if(
      clean, [&](char letter) { return !is_plain(letter); }, '_');
  return clean;
}

std::string escaped(std::string_view value) {
  std::string clean;
  for (const char letter : value) {
    if (letter == '"' || letter == '\\') clean += '\\';
    clean += letter;
  }
  return clean;
}

class PrometheusPage final : public StatVisitor {
 public:
  PrometheusPage(const StatTags& tags, PrometheusOptions options)
      : fixed_(tags.fixed), options_(std::move(options)) {}

  void counter(const StatName& name, std::uint64_t value, std::uint64_t /*growth*/) override {
    if (shows(name, value != 0)) add_number(counters_, name, value);
  }
  void gauge(const StatName& name, std::uint64_t value, bool is_touched) override {
    if (shows(name, is_touched)) add_number(gauges_, name, value);
  }
  void histogram(const StatName& name, const Histogram& histogram) override {
    const LogLinearBins& bins = histogram.cumulative();
    if (!shows(name, !bins.is_empty())) return;
    const std::string plain = plain_name(name);
    const std::string labels = labels_of(name);
    std::string text;
    const auto out = std::back_inserter(text);
    for (const double limit : prometheus_bounds) {
      fmt::format_to(out, "{}_bucket{{{},le=\"{:.32g}\"}} {}\n", plain, labels, limit,
                     bins.count_below(limit));
    }
    fmt::format_to(out, "{}_bucket{{{},le=\"+Inf\"}} {}\n", plain, labels, bins.count());
    fmt::format_to(out, "{}_sum{{{}}} {:.32g}\n", plain, labels, bins.sum());
    fmt::format_to(out, "{}_count{{{}}} {}\n", plain, labels, bins.count());
    add(histograms_, name, plain, std::move(text));
  }
  [[nodiscard]] std::string page() const {
    return section(counters_, "counter") + section(gauges_, "gauge") +
           section(histograms_, "histogram");
  }

 private:
  struct Group {
    std::string name;                          ///< "envoy_cluster_upstream_rq_total".
    std::map<std::string, std::string> lines;  ///< By the name with its tags.
  };
  using Groups = std::map<std::string, Group>;

  [[nodiscard]] bool shows(const StatName& name, bool is_used) const {
    if (options_.used_only && !is_used) return false;
    if (!options_.shows) return true;
    std::string full;
    name.append_full(full);
    return options_.shows(full);
  }
  static std::string plain_name(const StatName& name) {
    std::string extracted;
    name.append_extracted(extracted);
    return "envoy_" + sanitised(extracted);
  }
  [[nodiscard]] std::string labels_of(const StatName& name) const {
    std::vector<StatTag> tags;
    append_tags(tags, fixed_, name);
    std::string labels;
    for (const StatTag& tag : tags) {
      if (!labels.empty()) labels += ',';
      labels += sanitised(tag.name) + "=\"" + escaped(tag.value) + "\"";
    }
    return labels;
  }
  void add_number(Groups& groups, const StatName& name, std::uint64_t value) {
    const std::string plain = plain_name(name);
    add(groups, name, plain, fmt::format("{}{{{}}} {}\n", plain, labels_of(name), value));
  }
  static void add(Groups& groups, const StatName& name, const std::string& plain,
                  std::string text) {
    std::string extracted;
    name.append_extracted(extracted);
    std::string full;
    name.append_full(full);
    Group& group = groups[sort_key(std::move(extracted))];
    group.name = plain;
    group.lines.emplace(sort_key(std::move(full)), std::move(text));
  }
  static std::string section(const Groups& groups, std::string_view type) {
    std::string text;
    for (const auto& [key, group] : groups) {
      text += fmt::format("# TYPE {} {}\n", group.name, type);
      for (const auto& [full, line] : group.lines) text += line;
      text += '\n';
    }
    return text;
  }

  std::vector<StatTag> fixed_;
  PrometheusOptions options_;
  Groups counters_;
  Groups gauges_;
  Groups histograms_;
};

}  // namespace

std::string stats_text(const Stats& stats, const PageFacts& facts) {
  TextPage page;
  walk(stats, {}, facts, page);
  return page.page();
}

std::string stats_prometheus(const Stats& stats, const PageFacts& facts,
                             PrometheusOptions options) {
  PrometheusPage page(facts.tags, std::move(options));
  walk(stats, {}, facts, page);
  return page.page();
}

}  // namespace hoplab::models::envoy
