// Rows that outlive their events: the best of an order, and groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/aggregate.hpp"
#include "report/insights/node.hpp"
#include "report/insights/plan.hpp"

namespace hoplab::report::insights {

/// Where a row comes from.
struct Origin {
  Sighting sighting;           ///< Of its event.
  std::uint64_t sequence = 0;  ///< Its number among rows that have an order already.
  std::uint32_t part = 0;      ///< Its number among the rows of one event (unnest).
};

struct Row {
  Origin origin;
  std::vector<OwnedValue> order;
  std::vector<OwnedValue> values;  ///< In the order of Collect::captures.
};

/// Keeps the first rows of an order. What is left depends on the rows alone, so collectors of parts
/// may be merged in any way.
///
/// Memory: `limit` rows, and with dedup one for each combination of its fields.
class Collector {
 public:
  explicit Collector(const Collect& plan) : plan_(plan) {}

  void take(Frame& frame, const Origin& origin);
  void merge(Collector& other);
  /// In their order.
  [[nodiscard]] std::vector<Row> finish();

 private:
  [[nodiscard]] bool is_before(const Row& a, const Row& b) const;
  [[nodiscard]] bool is_origin_before(const Origin& a, const Origin& b) const;
  [[nodiscard]] bool is_late(const Origin& origin) const;
  /// The fields of dedup as one text; false when one of them is missing.
  bool read_key(Frame& frame);
  void put_in_heap(Row row);
  void put_by_key(Row row);
  void drop_late_keys();

  const Collect& plan_;
  std::vector<Row> heap_;              ///< The last of the order in front.
  std::map<std::string, Row> by_key_;  ///< A few times as many as the limit, at most.
  std::string key_;
};

/// One row for each combination of keys.
class Grouper {
 public:
  explicit Grouper(const Stats& plan) : plan_(plan) {}

  /// Errors: MalformedQuery (E0606) when there are too many groups.
  void take(Frame& frame, const Sighting& sighting);
  void merge(Grouper& other);
  /// Orders the groups by their keys, instants from the newest on.
  void finish();
  [[nodiscard]] std::size_t size() const { return groups_.size(); }
  /// Sets the slots of keys and results. The texts are valid as long as the grouper.
  void show(std::size_t group, Frame& frame);

 private:
  struct Group {
    std::string spelt;
    std::uint64_t hash = 0;
    std::vector<OwnedValue> keys;
    std::vector<Accumulator> accumulators;
  };

  Group& group_of(std::string_view spelt, std::uint64_t hash, bool& is_new);
  void grow();

  const Stats& plan_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> table_;  ///< Open addressing; a group's index and 1.
  std::vector<Value> values_;
  std::string spelt_;
  std::size_t last_ = 0;
};

}  // namespace hoplab::report::insights
