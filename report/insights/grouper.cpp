#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "report/insights/query_mistake.hpp"
#include "report/insights/rows.hpp"
#include "sim/random.hpp"

namespace hoplab::report::insights {
namespace {

constexpr std::size_t groups_max = 2'000'000;

/// A value as part of a key. What is shown alike is one key; a missing value is one of its own.
void append_key(std::string& out, const Value& value) {
  const std::size_t begin = out.size();
  if (value.kind == Kind::instant) {
    char bytes[sizeof value.number];
    std::memcpy(bytes, &value.number, sizeof bytes);
    out += 'i';
    out.append(bytes, sizeof bytes);
    return;
  }
  out += value.is_missing() ? 'm' : 'v';
  append_shown(out, value);
  const auto length = static_cast<std::uint32_t>(out.size() - begin);
  char bytes[sizeof length];
  std::memcpy(bytes, &length, sizeof bytes);
  out.append(bytes, sizeof bytes);
}

int compare_keys(const Value& a, const Value& b) {
  const int order = compare_for_sort(a, b);
  return a.kind == Kind::instant && b.kind == Kind::instant ? -order : order;
}

}  // namespace

void Grouper::grow() {
  table_.assign(std::max<std::size_t>(64, table_.size() * 2), 0);
  const std::size_t mask = table_.size() - 1;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    std::size_t at = groups_[i].hash & mask;
    while (table_[at] != 0) at = (at + 1) & mask;
    table_[at] = static_cast<std::uint32_t>(i + 1);
  }
}

Grouper::Group& Grouper::group_of(std::string_view spelt, std::uint64_t hash, bool& is_new) {
  if (groups_.size() * 2 >= table_.size()) grow();
  const std::size_t mask = table_.size() - 1;
  std::size_t at = hash & mask;
  for (; table_[at] != 0; at = (at + 1) & mask) {
    Group& group = groups_[table_[at] - 1];
    is_new = false;
    if (group.hash == hash && group.spelt == spelt) return group;
  }
  if (groups_.size() == groups_max) {
    throw MalformedQuery("E0606", plan_.span, "stats has more than 2000000 groups",
                         "group by less, or filter before");
  }
  is_new = true;
  groups_.push_back({std::string(spelt), hash, {}, {}});
  table_[at] = static_cast<std::uint32_t>(groups_.size());
  return groups_.back();
}

void Grouper::take(Frame& frame, const Sighting& sighting) {
  spelt_.clear();
  values_.clear();
  for (const GroupKey& key : plan_.keys) {
    values_.push_back(key.node->value(frame));
    append_key(spelt_, values_.back());
  }
  // Neighbours are often of one group.
  const bool is_last = last_ < groups_.size() && groups_[last_].spelt == spelt_;
  bool is_new = false;
  Group& group = is_last ? groups_[last_] : group_of(spelt_, sim::stable_hash(spelt_), is_new);
  last_ = static_cast<std::size_t>(&group - groups_.data());
  if (is_new) {
    for (const Value& value : values_) group.keys.emplace_back(value);
    group.accumulators.reserve(plan_.aggregates.size());
    for (const AggregateSpec& spec : plan_.aggregates) group.accumulators.emplace_back(spec.kind);
  }
  for (std::size_t i = 0; i < plan_.aggregates.size(); ++i) {
    const NodePtr& argument = plan_.aggregates[i].argument;
    if (argument) {
      group.accumulators[i].add(argument->value(frame), sighting);
    } else {
      group.accumulators[i].count_one();
    }
  }
}

void Grouper::merge(Grouper& other) {
  for (Group& theirs : other.groups_) {
    bool is_new = false;
    Group& ours = group_of(theirs.spelt, theirs.hash, is_new);
    if (is_new) {
      ours.keys = std::move(theirs.keys);
      ours.accumulators = std::move(theirs.accumulators);
      continue;
    }
    for (std::size_t i = 0; i < ours.accumulators.size(); ++i) {
      ours.accumulators[i].merge(theirs.accumulators[i]);
    }
  }
  other.groups_.clear();
}

void Grouper::finish() {
  std::sort(groups_.begin(), groups_.end(), [](const Group& a, const Group& b) {
    for (std::size_t i = 0; i < a.keys.size(); ++i) {
      const int order = compare_keys(a.keys[i].view(), b.keys[i].view());
      if (order != 0) return order < 0;
    }
    return a.spelt < b.spelt;
  });
  table_.clear();
}

void Grouper::show(std::size_t index, Frame& frame) {
  Group& group = groups_[index];
  for (std::size_t i = 0; i < plan_.keys.size(); ++i) {
    frame.slots[plan_.keys[i].slot] = group.keys[i].view();
  }
  for (const AggregateResult& result : plan_.results) {
    frame.slots[result.slot] = group.accumulators[result.aggregate].result(result.percent);
  }
}

}  // namespace hoplab::report::insights
