// The rule of a composite alarm: ALARM("a") AND NOT OK(b).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/diagnostic.hpp"

namespace hoplab::models::cloudwatch {

enum class AlarmState : std::uint8_t { ok, alarm, insufficient_data };
/// "OK", "ALARM", "INSUFFICIENT_DATA".
[[nodiscard]] std::string_view name(AlarmState state);

/// An AlarmRule.
///
/// NOT binds tighter than AND, AND tighter than OR. An alarm is named by its name or its ARN, with
/// quotes or without.
/// Source: CloudWatch API reference, PutCompositeAlarm: at most 10240 characters, 500 elements, 100
///         alarms.
class AlarmRule {
 public:
  [[nodiscard]] static std::optional<AlarmRule> parse(std::string_view text,
                                                      const sim::SourceMark& mark,
                                                      sim::Diagnostics& diagnostics);

  using StateOf = std::function<AlarmState(const std::string& alarm)>;
  [[nodiscard]] bool holds(const StateOf& state_of) const { return holds(root_, state_of); }

  /// The alarms it names, each once, in the order of their first mention; an ARN is cut to a name.
  [[nodiscard]] const std::vector<std::string>& alarms() const { return alarms_; }
  /// Where an alarm of alarms() is mentioned first, counted from the column that parse() was told.
  [[nodiscard]] int column(std::size_t alarm) const { return columns_[alarm]; }
  [[nodiscard]] const std::string& text() const { return text_; }

  struct Node {
    enum class Kind : std::uint8_t { constant, state, no, both, either };
    Kind kind = Kind::constant;
    bool is_true = false;
    AlarmState state = AlarmState::alarm;
    std::string alarm;
    std::vector<Node> parts;
  };

 private:
  [[nodiscard]] static bool holds(const Node& node, const StateOf& state_of);

  std::string text_;
  Node root_;
  std::vector<std::string> alarms_;
  std::vector<int> columns_;  ///< By alarm.
};

}  // namespace hoplab::models::cloudwatch
