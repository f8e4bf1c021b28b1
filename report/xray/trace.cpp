#include "report/xray/trace.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace hoplab::report::xray {
namespace {

/// Of two documents with one id: the complete one, else the earlier one in the file.
void drop_duplicates(std::vector<const Segment*>& members) {
  std::stable_sort(members.begin(), members.end(), [](const Segment* a, const Segment* b) {
    return a->id != b->id ? a->id < b->id : a->is_in_progress < b->is_in_progress;
  });
  const auto same = [](const Segment* a, const Segment* b) { return a->id == b->id; };
  members.erase(std::unique(members.begin(), members.end(), same), members.end());
}

constexpr std::size_t nowhere = ~std::size_t{0};

/// Among members that are ordered by id.
std::size_t place_of(const std::vector<const Segment*>& members, std::uint64_t id) {
  const auto found = std::lower_bound(members.begin(), members.end(), id,
                                      [](const Segment* a, std::uint64_t b) { return a->id < b; });
  const bool is_there = found != members.end() && (*found)->id == id;
  return is_there ? static_cast<std::size_t>(found - members.begin()) : nowhere;
}

/// Lays the members of one trace out as nodes.
class Layout {
 public:
  explicit Layout(const std::vector<const Segment*>& members) : members_(members) {
    link();
    cut_circles();
  }

  [[nodiscard]] Trace trace() {
    Trace trace;
    trace.id = members_.front()->trace;
    trace.nodes.reserve(members_.size());
    std::vector<std::size_t> roots = children_of(nowhere);
    // A segment that names no caller at all is the client's own request.
    std::stable_partition(roots.begin(), roots.end(), [this](std::size_t i) {
      return members_[i]->parent == 0 && !members_[i]->is_subsegment;
    });
    for (const std::size_t root : roots) place(root, trace);
    return trace;
  }

 private:
  void link() {
    by_parent_.reserve(members_.size());
    parents_.assign(members_.size(), nowhere);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const std::uint64_t id = members_[i]->parent;
      if (id != 0) parents_[i] = place_of(members_, id);
    }
  }

  /// Whoever is its own ancestor has lost its parent.
  void cut_circles() {
    enum class Mark : std::uint8_t { unseen, on_path, good };
    std::vector<Mark> marks(members_.size(), Mark::unseen);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      std::size_t at = i;
      while (at != nowhere && marks[at] == Mark::unseen) {
        marks[at] = Mark::on_path;
        const std::size_t next = parents_[at];
        if (next != nowhere && marks[next] == Mark::on_path) parents_[at] = nowhere;
        at = parents_[at];
      }
      for (at = i; at != nowhere && marks[at] == Mark::on_path; at = parents_[at]) {
        marks[at] = Mark::good;
      }
    }
    for (std::size_t i = 0; i < members_.size(); ++i) by_parent_.emplace_back(parents_[i], i);
    std::sort(by_parent_.begin(), by_parent_.end(), [this](const auto& a, const auto& b) {
      if (a.first != b.first) return a.first < b.first;
      const Segment& left = *members_[a.second];
      const Segment& right = *members_[b.second];
      return std::pair(left.start, left.id) < std::pair(right.start, right.id);
    });
  }

  [[nodiscard]] std::vector<std::size_t> children_of(std::size_t parent) const {
    std::vector<std::size_t> children;
    auto at = std::lower_bound(by_parent_.begin(), by_parent_.end(), parent,
                               [](const auto& a, std::size_t b) { return a.first < b; });
    for (; at != by_parent_.end() && at->first == parent; ++at) children.push_back(at->second);
    return children;
  }

  /// Deep traces are possible (a chain of thousands); hence no recursion.
  void place(std::size_t top, Trace& trace) const {
    struct Waiting {
      std::size_t member;
      NodeIndex parent;
    };
    std::vector<Waiting> waiting{{top, no_node}};
    while (!waiting.empty()) {
      const Waiting next = waiting.back();
      waiting.pop_back();
      const auto here = static_cast<NodeIndex>(trace.nodes.size());
      add_node(*members_[next.member], next.parent, trace);
      const auto children = children_of(next.member);
      for (auto child = children.rbegin(); child != children.rend(); ++child) {
        waiting.push_back({*child, here});
      }
    }
  }

  static void add_node(const Segment& segment, NodeIndex parent, Trace& trace) {
    const auto here = static_cast<NodeIndex>(trace.nodes.size());
    TraceNode node;
    node.segment = &segment;
    node.parent = parent;
    node.owner = here;
    if (parent != no_node) {
      TraceNode& above = trace.nodes[parent];
      constexpr std::uint16_t depth_max = 1000;  // Enough for a picture.
      node.depth = std::min<std::uint16_t>(depth_max, above.depth + 1);
      if (segment.is_subsegment) node.owner = above.owner;
      if (above.first_child == no_node) {
        above.first_child = here;
      } else {
        trace.nodes[above.last_child].next_sibling = here;
      }
      above.last_child = here;
    }
    trace.nodes.push_back(node);
  }

  const std::vector<const Segment*>& members_;  ///< Ordered by id.
  std::vector<std::size_t> parents_;
  std::vector<std::pair<std::size_t, std::size_t>> by_parent_;
};

}  // namespace

sim::Duration Trace::start() const {
  sim::Duration first = root_segment().start;
  for (const TraceNode& node : nodes) first = std::min(first, node.segment->start);
  return first;
}

sim::Duration Trace::end() const {
  sim::Duration last = root_segment().end;
  for (const TraceNode& node : nodes) last = std::max(last, node.segment->end);
  return last;
}

bool Trace::is_partial() const {
  return std::any_of(nodes.begin(), nodes.end(),
                     [](const TraceNode& node) { return node.segment->is_in_progress; });
}

std::string_view service_type(const Segment& segment) {
  if (!segment.origin.empty()) return segment.origin;
  if (segment.is_database) return "Database::SQL";
  if (segment.name_space == "aws") {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> types = {
        {{"DynamoDB", "AWS::DynamoDB::Table"},
         {"SNS", "AWS::SNS"},
         {"SQS", "AWS::SQS::Queue"},
         {"Lambda", "AWS::Lambda"}}};
    for (const auto& [name, type] : types) {
      if (segment.name == name) return type;
    }
    return segment.name;
  }
  return segment.name_space;
}

bool TraceStore::add(std::string_view document) {
  const bool is_good = read_segment(
      document, texts_, [this](const Segment& segment) { segments_.push_back(segment); });
  if (!is_good) ++unreadable_;
  return is_good;
}

void TraceStore::infer(std::vector<const Segment*>& members) {
  std::vector<std::uint64_t> answered;
  for (const Segment* member : members) {
    if (!member->is_subsegment) answered.push_back(member->parent);
  }
  std::sort(answered.begin(), answered.end());
  const std::size_t read = members.size();
  for (std::size_t i = 0; i < read; ++i) {
    const Segment& call = *members[i];
    const bool is_answered = std::binary_search(answered.begin(), answered.end(), call.id);
    if (!call.is_remote_call() || is_answered) continue;
    Segment& segment = inferred_.emplace_back(call);
    constexpr std::uint64_t other_bits = 0x5a5a'5a5a'5a5a'5a5aU;
    segment.id = call.id ^ other_bits;
    if (segment.id == 0) segment.id = 1;
    segment.parent = call.id;
    segment.is_subsegment = false;
    segment.is_inferred = true;
    segment.origin = service_type(call);
    segment.name_space = {};
    segment.annotations = segment.cause = segment.document = {};
    if (!call.table.empty()) segment.name = call.table;
    members.push_back(&segment);
  }
  if (members.size() > read) drop_duplicates(members);
}

void TraceStore::assemble() {
  std::vector<const Segment*> all;
  all.reserve(segments_.size());
  for (const Segment& segment : segments_) all.push_back(&segment);
  std::stable_sort(all.begin(), all.end(),
                   [](const Segment* a, const Segment* b) { return a->trace < b->trace; });
  std::vector<const Segment*> members;
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin;
    while (end < all.size() && all[end]->trace == all[begin]->trace) ++end;
    members.assign(all.begin() + static_cast<std::ptrdiff_t>(begin),
                   all.begin() + static_cast<std::ptrdiff_t>(end));
    drop_duplicates(members);
    infer(members);
    traces_.push_back(Layout(members).trace());
    begin = end;
  }
}

const Trace* TraceStore::find(TraceId id) const {
  const auto found = std::lower_bound(traces_.begin(), traces_.end(), id,
                                      [](const Trace& a, TraceId b) { return a.id < b; });
  return found == traces_.end() || found->id != id ? nullptr : &*found;
}

}  // namespace hoplab::report::xray
