#include "models/faults/selection.hpp"

#include <algorithm>
#include <utility>

#include "sim/random.hpp"

namespace hoplab::models::faults {
namespace {

bool fits(const scenarios::TargetSelection& selection, const Resource& resource) {
  const auto has = [](const std::vector<std::string>& values, const std::string& value) {
    return std::ranges::find(values, value) != values.end();
  };
  if (!selection.arns.empty() && !has(selection.arns, resource.arn)) return false;
  for (const auto& [tag, value] : selection.tags) {
    const auto found = resource.tags.find(tag);
    if (found == resource.tags.end() || found->second != value) return false;
  }
  return std::ranges::all_of(selection.filters, [&](const scenarios::ResourceFilter& filter) {
    const auto found = resource.attributes.find(filter.path);
    return found != resource.attributes.end() && has(filter.values, found->second);
  });
}

std::size_t wanted(const scenarios::TargetSelection& selection, std::size_t all) {
  using Mode = scenarios::TargetSelection::Mode;
  const auto number = static_cast<std::size_t>(selection.number);
  switch (selection.mode) {
    case Mode::all:
      break;
    case Mode::count:
      return std::min(all, number);
    case Mode::percent:
      return all == 0 ? 0 : std::max<std::size_t>(1, all * number / 100);
  }
  return all;
}

}  // namespace

std::vector<std::size_t> pick(const scenarios::TargetSelection& selection, std::uint64_t seed,
                              const std::vector<Resource>& resources) {
  std::vector<std::pair<std::uint64_t, std::size_t>> drawn;
  for (std::size_t index = 0; index < resources.size(); ++index) {
    if (!fits(selection, resources[index])) continue;
    sim::Rng rng =
        sim::Rng::stream(seed, "experiment/" + selection.name + "/" + resources[index].name);
    drawn.emplace_back(rng.bits(), index);
  }
  std::ranges::sort(drawn);
  drawn.resize(wanted(selection, drawn.size()));
  std::vector<std::size_t> picked;
  for (const auto& [number, index] : drawn) picked.push_back(index);
  std::ranges::sort(picked);
  return picked;
}

}  // namespace hoplab::models::faults
