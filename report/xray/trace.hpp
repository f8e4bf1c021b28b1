// A trace put together: which segment was called by whom.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "report/xray/segment.hpp"

namespace hoplab::report::xray {

using NodeIndex = std::uint32_t;
inline constexpr NodeIndex no_node = ~NodeIndex{0};

/// A segment or subsegment in its trace.
struct TraceNode {
  const Segment* segment = nullptr;
  NodeIndex parent = no_node;       ///< Who called, or what it is in. no_node: nobody known.
  NodeIndex owner = no_node;        ///< The segment that it is of; a segment's is itself.
  NodeIndex first_child = no_node;  ///< Children come in the order of their starts.
  NodeIndex last_child = no_node;
  NodeIndex next_sibling = no_node;
  std::uint16_t depth = 0;

  [[nodiscard]] bool is_subsegment() const { return segment->is_subsegment; }
};

/// All that is known of one request. Nodes come as a reader wants them: each before its children,
/// these in the order of their starts. Damaged parts (a parent that is its own child) are cut open.
struct Trace {
  TraceId id;
  std::vector<TraceNode> nodes;
  NodeIndex root = 0;  ///< The first one without a known caller.

  [[nodiscard]] const Segment& at(NodeIndex node) const { return *nodes[node].segment; }
  [[nodiscard]] const Segment& root_segment() const { return at(root); }
  template <typename Take>
  void for_each_child(NodeIndex node, const Take& take) const {
    for (NodeIndex i = nodes[node].first_child; i != no_node; i = nodes[i].next_sibling) take(i);
  }
  /// When the earliest segment began, and when the last one ended. A server's clock may be ahead of
  /// its client's, so that the earliest is not the root.
  [[nodiscard]] sim::Duration start() const;
  [[nodiscard]] sim::Duration end() const;
  /// Source: X-Ray API reference, Trace: "between the start time of the earliest segment that
  /// started and the completion of the last segment that completed".
  [[nodiscard]] sim::Duration duration() const { return end() - start(); }
  [[nodiscard]] bool is_partial() const;
};

/// The type of a node of the service graph: the origin, and of inferred ones what X-Ray makes of
/// the call ("remote", "AWS::DynamoDB::Table").
[[nodiscard]] std::string_view service_type(const Segment& segment);

/// Everything that was read, by trace.
class TraceStore {
 public:
  TraceStore() = default;
  TraceStore(const TraceStore&) = delete;
  TraceStore& operator=(const TraceStore&) = delete;

  /// Takes a segment document; the text must outlive the store (or be kept in texts()). False when
  /// it is none; then it is counted as unreadable.
  bool add(std::string_view document);
  void add_segment(const Segment& segment) { segments_.push_back(segment); }
  void count_unreadable() { ++unreadable_; }
  [[nodiscard]] TextStore& texts() { return texts_; }

  /// Puts the traces together and adds what can be inferred: a call that nobody answered with a
  /// segment of his own becomes one. Of equal ids the first complete one stays. Call once, after
  /// the last segment.
  void assemble();

  /// Ordered by id, which is by the second of their beginning.
  [[nodiscard]] const std::vector<Trace>& traces() const { return traces_; }
  [[nodiscard]] const Trace* find(TraceId id) const;
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }
  [[nodiscard]] std::size_t size() const { return segments_.size(); }
  [[nodiscard]] bool empty() const { return segments_.empty(); }

 private:
  void infer(std::vector<const Segment*>& members);

  std::deque<Segment> segments_;
  std::deque<Segment> inferred_;
  std::vector<Trace> traces_;
  TextStore texts_;
  std::uint64_t unreadable_ = 0;
};

}  // namespace hoplab::report::xray
