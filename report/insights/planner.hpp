// Turns commands into a plan. Only make_plan() is meant for others.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/plan.hpp"

namespace hoplab::report::insights {

class Planner final : public Scope {
 public:
  Planner(std::string_view text, const PlanOptions& options);
  [[nodiscard]] Plan plan(Query query);

  NodePtr field(const Expression& expression, bool keeps_json) override;
  NodePtr special(const Expression& expression) override;
  [[nodiscard]] std::int64_t now_s() const override {
    return options_.now_s ? options_.now_s() : 0;
  }

 private:
  friend class StatsScope;
  struct Name {
    std::size_t slot = 0;
    Need need = Need::nothing;
    std::size_t segment = 0;   ///< In which it gets its value.
    bool is_computed = false;  ///< By fields, parse, unnest or stats.
    bool is_redefined = false;
  };
  using Names = std::map<std::string, Name, std::less<>>;

  void take(const Command& command, bool is_first);
  void take_fields(const Command& command);
  void take_filter(const Command& command, bool is_first);
  void take_sort(const Command& command);
  void take_limit(const Command& command);
  void take_parse(const Command& command);
  void take_dedup(const Command& command);
  void take_unnest(const Command& command);
  void take_stats(const Command& command);
  void check_place(const Command& command) const;
  void finish();

  void show(const std::string& name);
  std::size_t new_slot() { return plan_.slots++; }
  std::size_t define(const std::string& name);
  /// The name's slot, made when it is a field of events that is looked at for the first time.
  const Name& event_field(const Expression& expression, const std::string& name,
                          const std::vector<std::string>& path);
  const Name* find(std::string_view name) const;
  NodePtr read(const Name& name, bool keeps_json);
  /// Of the values within the JSON of this slot.
  const PathGroup& path_group(std::size_t whole);
  void end_segment(std::uint64_t limit);
  Step& add_step(StepType type, NodePtr node);
  [[nodiscard]] std::string written(Span span) const;
  [[noreturn]] void fail_unknown(const Expression& expression) const;

  std::string_view text_;
  PlanOptions options_;
  Plan plan_;
  Segment segment_;
  Names names_;
  std::map<std::size_t, PathGroup> path_groups_;
  std::vector<std::string> columns_;
  bool has_columns_ = false;
  std::vector<OrderKey> order_;
  std::vector<NodePtr> dedup_;
  bool has_dedup_ = false;
  bool has_limit_ = false;  ///< Since the last stats.
  bool has_sort_ = false;
  bool takes_events_ = true;
  bool is_in_stats_ = false;
  std::size_t stats_count_ = 0;
};

}  // namespace hoplab::report::insights
