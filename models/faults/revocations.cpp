#include "models/faults/revocations.hpp"

#include <algorithm>
#include <utility>

#include "sim/diagnostic.hpp"

namespace hoplab::models::faults {
namespace {

bool covers(const vpc::Rule& rule, int port) {
  return rule.port_first <= port && port <= rule.port_last;
}

}  // namespace

void Revocations::revoke(vpc::GroupRef group, int port) {
  Taken& taken = taken_[group];
  taken.ports.insert(port);
  std::vector<vpc::Rule> kept;
  for (const vpc::Rule& rule : groups_.group(group).ingress) {
    (covers(rule, port) ? taken.rules : kept).push_back(rule);
  }
  if (kept.size() != groups_.group(group).ingress.size()) {
    groups_.set_ingress(group, std::move(kept));
  }
}

void Revocations::restore(vpc::GroupRef group, int port) {
  Taken& taken = taken_[group];
  const auto one = taken.ports.find(port);
  HOPLAB_ASSERT(one != taken.ports.end(), "a revocation is taken back that was never made");
  taken.ports.erase(one);
  std::vector<vpc::Rule> restored = groups_.group(group).ingress;
  std::vector<vpc::Rule> gone;
  for (const vpc::Rule& rule : taken.rules) {
    const bool is_covered =
        std::ranges::any_of(taken.ports, [&](int other) { return covers(rule, other); });
    (is_covered ? gone : restored).push_back(rule);
  }
  if (gone.size() == taken.rules.size()) return;
  taken.rules = std::move(gone);
  groups_.set_ingress(group, std::move(restored));
}

}  // namespace hoplab::models::faults
