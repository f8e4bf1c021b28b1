#include "report/insights/distinct_count.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "sim/random.hpp"

namespace hoplab::report::insights {

void DistinctCount::add(std::string_view value) {
  const std::uint64_t hash = sim::stable_hash(value);
  add_hash(hash == 0 ? 1 : hash);
}

void DistinctCount::add_hash(std::uint64_t hash) {
  if (!registers_.empty()) return note(hash);
  if (used_ * 2 >= table_.size()) grow();
  if (insert(hash)) ++used_;
  if (used_ > exact_max) use_registers();
}

bool DistinctCount::insert(std::uint64_t hash) {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = hash & mask;
  while (table_[at] != 0 && table_[at] != hash) at = (at + 1) & mask;
  const bool is_new = table_[at] == 0;
  table_[at] = hash;
  return is_new;
}

void DistinctCount::grow() {
  std::vector<std::uint64_t> old(std::max<std::size_t>(16, table_.size() * 2));
  old.swap(table_);
  for (const std::uint64_t hash : old) {
    if (hash != 0) (void)insert(hash);
  }
}

void DistinctCount::use_registers() {
  registers_.resize(std::size_t{1} << index_bits);
  for (const std::uint64_t hash : table_) {
    if (hash != 0) note(hash);
  }
  table_ = {};
  used_ = 0;
}

void DistinctCount::note(std::uint64_t hash) {
  const std::size_t index = hash >> (64 - index_bits);
  const std::uint64_t rest = (hash << index_bits) | (std::uint64_t{1} << (index_bits - 1));
  const auto rank = static_cast<std::uint8_t>(std::countl_zero(rest) + 1);
  registers_[index] = std::max(registers_[index], rank);
}

void DistinctCount::merge(const DistinctCount& other) {
  if (!other.registers_.empty()) {
    if (registers_.empty()) use_registers();
    for (std::size_t i = 0; i < registers_.size(); ++i) {
      registers_[i] = std::max(registers_[i], other.registers_[i]);
    }
  }
  for (const std::uint64_t hash : other.table_) {
    if (hash != 0) add_hash(hash);
  }
}

std::uint64_t DistinctCount::count() const { return registers_.empty() ? used_ : estimate(); }

std::uint64_t DistinctCount::estimate() const {
  const auto m = static_cast<double>(registers_.size());
  double harmonic = 0;
  double zeros = 0;
  for (const std::uint8_t rank : registers_) {
    harmonic += std::ldexp(1.0, -static_cast<int>(rank));
    zeros += rank == 0 ? 1 : 0;
  }
  const double raw = 0.7213 / (1 + 1.079 / m) * m * m / harmonic;
  const bool is_small = raw <= 2.5 * m && zeros > 0;
  return static_cast<std::uint64_t>(std::llround(is_small ? m * std::log(m / zeros) : raw));
}

}  // namespace hoplab::report::insights
