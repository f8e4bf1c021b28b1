// Which kinds of telemetry a run makes: `telemetry.sources` of a scenario, `--telemetry` of a run.
//
// To add one: a word in the enumeration, a row in the table of telemetry_sources.cpp, and where the
// models would tell it, `if (scenario.tells(TelemetrySource::...))`, best where the teller is made:
// what is off is not even formatted.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hoplab::scenarios {

enum class TelemetrySource : std::uint8_t {
  access_log,
  app_log,
  cloudwatch,
  config,
  container_insights,
  ecs,
  envoy_stats,
  flow_logs,
  otlp,
  statsd,
  xray,
};

struct TelemetrySourceRow {
  TelemetrySource source;
  std::string_view name;  ///< "accessLog", as people write it.
  bool is_default = true;
  std::string_view what;  ///< One line for `--help` and the reference.
};

/// All there are, by name.
[[nodiscard]] std::span<const TelemetrySourceRow> telemetry_source_table();

/// A set of them.
class TelemetrySources {
 public:
  TelemetrySources() = default;
  TelemetrySources(std::initializer_list<TelemetrySource> sources) {
    for (const TelemetrySource source : sources) add(source);
  }
  /// What a scenario has that says nothing.
  [[nodiscard]] static TelemetrySources defaults();
  [[nodiscard]] static TelemetrySources all();

  void add(TelemetrySource source) { bits_ |= bit(source); }
  void remove(TelemetrySource source) { bits_ &= ~bit(source); }
  [[nodiscard]] bool has(TelemetrySource source) const { return (bits_ & bit(source)) != 0; }
  [[nodiscard]] bool is_empty() const { return bits_ == 0; }
  /// Their names, in the table's order.
  [[nodiscard]] std::vector<std::string> names() const;
  bool operator==(const TelemetrySources&) const = default;

 private:
  [[nodiscard]] static std::uint64_t bit(TelemetrySource source) {
    return std::uint64_t{1} << static_cast<unsigned>(source);
  }
  std::uint64_t bits_ = 0;
};

/// Applies one word to a set: a source's name adds it, "-name" takes it out, "default" and "all"
/// add those, "none" empties it. False when there is no such word.
[[nodiscard]] bool apply_source_word(std::string_view word, TelemetrySources& sources);
/// Every word that apply_source_word takes, without those with "-".
[[nodiscard]] std::vector<std::string> source_words();

}  // namespace hoplab::scenarios
