#include <algorithm>
#include <tuple>
#include <utility>

#include "report/insights/rows.hpp"

namespace hoplab::report::insights {

bool Collector::is_origin_before(const Origin& a, const Origin& b) const {
  if (!plan_.takes_events) return std::tie(a.sequence, a.part) < std::tie(b.sequence, b.part);
  if (a.sighting != b.sighting) return a.sighting > b.sighting;
  return a.part < b.part;
}

bool Collector::is_before(const Row& a, const Row& b) const {
  for (std::size_t i = 0; i < plan_.order.size(); ++i) {
    const int order = compare_for_sort(a.order[i].view(), b.order[i].view());
    if (order != 0) return plan_.order[i].is_descending ? order > 0 : order < 0;
  }
  return is_origin_before(a.origin, b.origin);
}

/// Without a sort the origin alone tells that a row is of no use.
bool Collector::is_late(const Origin& origin) const {
  return plan_.order.empty() && plan_.dedup.empty() && heap_.size() >= plan_.limit &&
         !is_origin_before(origin, heap_.front().origin);
}

void Collector::take(Frame& frame, const Origin& origin) {
  if (is_late(origin)) return;
  Row row;
  row.origin = origin;
  row.order.reserve(plan_.order.size());
  for (const OrderKey& key : plan_.order) row.order.emplace_back(key.node->value(frame));
  const bool has_key = read_key(frame);
  const Row* rival = nullptr;
  if (has_key) {
    const auto known = by_key_.find(key_);
    rival = known == by_key_.end() ? nullptr : &known->second;
  } else if (heap_.size() >= plan_.limit) {
    rival = &heap_.front();
  }
  if (rival != nullptr && !is_before(row, *rival)) return;
  row.values.reserve(plan_.captures.size());
  for (const Capture& capture : plan_.captures) row.values.emplace_back(capture.node->value(frame));
  return has_key ? put_by_key(std::move(row)) : put_in_heap(std::move(row));
}

bool Collector::read_key(Frame& frame) {
  key_.clear();
  if (plan_.dedup.empty()) return false;
  for (const NodePtr& node : plan_.dedup) {
    const Value value = node->value(frame);
    if (value.is_missing()) return false;
    const std::size_t begin = key_.size();
    append_shown(key_, value);
    key_ += '\0';
    key_ += std::to_string(key_.size() - begin);
    key_ += '\0';
  }
  return true;
}

void Collector::put_by_key(Row row) {
  const auto known = by_key_.find(key_);
  if (known == by_key_.end()) {
    by_key_.emplace(key_, std::move(row));
    constexpr std::uint64_t spare_min = 1024;  // So that it is seldom looked through.
    const std::uint64_t spare = std::max(spare_min, plan_.limit);
    if (by_key_.size() > spare && by_key_.size() - spare > plan_.limit) drop_late_keys();
  } else if (is_before(row, known->second)) {
    known->second = std::move(row);
  }
}

/// Keeps the keys whose rows are among the first `limit`. A key that is dropped can only come back
/// with a better row, and then it is put in anew: the answer is the same, whatever was dropped.
void Collector::drop_late_keys() {
  std::vector<decltype(by_key_)::iterator> rows;
  rows.reserve(by_key_.size());
  for (auto at = by_key_.begin(); at != by_key_.end(); ++at) rows.push_back(at);
  const auto kept = rows.begin() + static_cast<std::ptrdiff_t>(plan_.limit);
  std::nth_element(rows.begin(), kept, rows.end(), [this](const auto& a, const auto& b) {
    return is_before(a->second, b->second);
  });
  std::for_each(kept, rows.end(), [this](const auto& at) { by_key_.erase(at); });
}

void Collector::put_in_heap(Row row) {
  const auto before = [this](const Row& a, const Row& b) { return is_before(a, b); };
  heap_.push_back(std::move(row));
  std::push_heap(heap_.begin(), heap_.end(), before);
  if (heap_.size() <= plan_.limit) return;
  std::pop_heap(heap_.begin(), heap_.end(), before);
  heap_.pop_back();
}

void Collector::merge(Collector& other) {
  for (Row& row : other.heap_) put_in_heap(std::move(row));
  for (auto& [key, row] : other.by_key_) {
    key_ = key;
    put_by_key(std::move(row));
  }
}

std::vector<Row> Collector::finish() {
  std::vector<Row> rows = std::move(heap_);
  for (auto& [key, row] : by_key_) rows.push_back(std::move(row));
  std::sort(rows.begin(), rows.end(),
            [this](const Row& a, const Row& b) { return is_before(a, b); });
  if (rows.size() > plan_.limit) rows.resize(plan_.limit);
  return rows;
}

}  // namespace hoplab::report::insights
