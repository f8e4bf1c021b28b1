#include "report/diagnosis/normal.hpp"

#include <algorithm>
#include <compare>
#include <span>
#include <string>

namespace hoplab::report::diagnosis {
namespace {

constexpr std::size_t bin_samples_min = 60;
constexpr std::size_t bins_max = 60;
constexpr std::size_t quiet_bins_min = 4;
constexpr std::size_t quiet_share = 5;  ///< One bin in so many.

/// Slower by less than this is nobody's fault: logs have whole milliseconds.
constexpr std::int64_t slow_excess_min_us = 4000;

constexpr std::int64_t far_excess_min_us = 50'000;

std::int64_t mean_of(std::span<const Sample> bin) {
  std::int64_t sum = 0;
  for (const auto& sample : bin) sum += sample.us;
  return sum / static_cast<std::int64_t>(bin.size());
}

std::int64_t median_of(std::span<const Sample> bin) {
  std::vector<std::int64_t> values;
  for (const auto& sample : bin) values.push_back(sample.us);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Never empty; what is left over at the end is in no bin, unless it is all there is.
std::vector<std::span<const Sample>> bins_of(std::span<const Sample> samples) {
  const std::size_t size = std::max(bin_samples_min, samples.size() / bins_max);
  std::vector<std::span<const Sample>> bins;
  for (std::size_t start = 0; start + size <= samples.size(); start += size) {
    bins.push_back(samples.subspan(start, size));
  }
  if (bins.empty()) bins.push_back(samples);
  return bins;
}

/// The samples of the bins with the smallest means, sorted by value.
std::vector<std::int64_t> quiet_values(std::span<const Sample> samples) {
  auto bins = bins_of(samples);
  std::stable_sort(bins.begin(), bins.end(),
                   [](auto a, auto b) { return mean_of(a) < mean_of(b); });
  bins.resize(std::min(bins.size(), std::max(quiet_bins_min, bins.size() / quiet_share)));
  std::vector<std::int64_t> values;
  for (const auto& bin : bins) {
    for (const auto& sample : bin) values.push_back(sample.us);
  }
  std::sort(values.begin(), values.end());
  return values;
}

/// Where the samples over the limit begin (or end): the place in `from`..`to` with the fewest of
/// them before it and the fewest others behind it.
std::size_t edge_of(std::span<const Sample> samples, std::size_t from, std::size_t to,
                    std::int64_t limit, bool begins) {
  const auto is_out = [&](std::size_t i) { return (samples[i].us >= limit) != begins; };
  std::int64_t wrong = 0;
  for (std::size_t i = from; i < to; ++i) wrong += is_out(i) ? 1 : 0;
  std::int64_t fewest = wrong;
  std::size_t edge = from;
  for (std::size_t i = from; i < to; ++i) {
    wrong += is_out(i) ? -1 : 1;
    if (wrong < fewest) {
      fewest = wrong;
      edge = i + 1;
    }
  }
  return edge;
}

/// Several bins in a row, for long enough, whose medians are over the limit.
void find_shifts(std::span<const Sample> samples, Normal& normal) {
  constexpr std::size_t in_a_row_min = 3;
  constexpr std::int64_t lasts_min_ms = 20'000;
  constexpr std::int64_t excess_min_us = 2000;
  normal.shifted_us = normal.p50_us + std::max(excess_min_us, normal.p50_us * 2 / 5);
  const auto bins = bins_of(samples);
  const std::size_t size = bins.front().size();
  const auto close = [&](std::size_t first, std::size_t last) {
    if (last - first < in_a_row_min) return;
    const std::size_t before = first == 0 ? 0 : (first - 1) * size;
    const std::size_t behind = std::min((last + 1) * size, samples.size());
    const auto limit = normal.shifted_us;
    const std::size_t from = edge_of(samples, before, (first + 1) * size, limit, true);
    const std::size_t to = edge_of(samples, (last - 1) * size, behind, limit, false);
    if (from >= to) return;
    const Span span{samples[from].at_ms, samples[to - 1].at_ms + 1};
    if (span.to_ms - span.from_ms >= lasts_min_ms) normal.shifted.push_back(span);
  };
  std::size_t first = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (median_of(bins[i]) >= normal.shifted_us) continue;
    close(first, i);
    first = i + 1;
  }
  close(first, bins.size());
}

}  // namespace

bool Normal::is_slow(std::int64_t us, std::int64_t at_ms) const {
  if (us >= slow_us) return true;
  return us >= shifted_us && std::any_of(shifted.begin(), shifted.end(),
                                         [&](const Span& span) { return span.holds(at_ms); });
}

Normal normal_of(std::vector<Sample>& samples) {
  std::stable_sort(samples.begin(), samples.end(),
                   [](const Sample& a, const Sample& b) { return a.at_ms < b.at_ms; });
  const auto values = quiet_values(samples);
  Normal normal;
  normal.samples = values.size();
  normal.p50_us = values[(values.size() - 1) / 2];
  normal.p95_us = values[(values.size() - 1) * 95 / 100];
  // The quietest bins have shorter tails than the whole; the margin makes up for it.
  normal.slow_us = normal.p50_us + std::max({slow_excess_min_us, normal.p50_us / 2,
                                             4 * (normal.p95_us - normal.p50_us)});
  normal.far_us = std::max(4 * normal.p95_us, normal.p50_us + far_excess_min_us);
  find_shifts(samples, normal);
  return normal;
}

namespace {

/// Own times of one revision of one service.
struct Version {
  Index service = none;
  std::string definition;  ///< "family:revision"; "" where it is not known.
  auto operator<=>(const Version&) const = default;

  [[nodiscard]] std::string family() const { return definition.substr(0, definition.find(':')); }
};

/// A version that is slow from the first record on has nothing of its own to be compared with: then
/// the quickest version of its family shows what is usual.
std::map<Index, Normal> usual_by_service(std::map<Version, std::vector<Sample>>& own) {
  constexpr std::size_t samples_min = 100;
  std::map<std::string, Normal> quickest;
  std::map<Version, Normal> normals;
  for (auto& [version, samples] : own) {
    const bool is_enough = samples.size() >= samples_min && !version.definition.empty();
    const Normal normal = normals[version] = normal_of(samples);
    if (!is_enough) continue;
    const auto [known, is_first] = quickest.emplace(version.family(), normal);
    if (!is_first && normal.slow_us < known->second.slow_us) known->second = normal;
  }
  std::map<Index, Normal> usual;
  for (const auto& [version, normal] : normals) {
    const auto family = quickest.find(version.family());
    const bool is_its_own = family == quickest.end() || family->second.slow_us == normal.slow_us;
    Normal best = is_its_own ? normal : family->second;
    if (!is_its_own) best.shifted.clear();
    const auto [known, is_first] = usual.emplace(version.service, best);
    if (!is_first && best.slow_us < known->second.slow_us) known->second = best;
  }
  return usual;
}

}  // namespace

Wire wire_of(const Evidence& evidence, const Call& call) {
  Wire wire{call.caller, call.callee};
  const Index task = call.task();
  if (call.egress == nullptr || call.egress->task == none || task == none) return wire;
  const std::string& machine = evidence.tasks[call.egress->task].instance;
  wire.is_local = !machine.empty() && machine == evidence.tasks[task].instance;
  return wire;
}

Normals normals_of(const Evidence& evidence) {
  std::map<Wire, std::vector<Sample>> wire;
  std::map<Version, std::vector<Sample>> own;
  std::map<Index, std::vector<Sample>> proxy;
  std::map<Index, std::vector<Sample>> whole;
  for_each_request(evidence, [&](std::span<const Call> calls) {
    for (const auto& call : calls) {
      const std::int64_t at = call.start_ms();
      if (const auto us = call.wire_us()) wire[wire_of(evidence, call)].push_back({at, *us});
      // What failed tells nothing of how long an answer takes.
      const CallLine* const attempt = call.last_attempt();
      const bool is_well = attempt != nullptr && !attempt->has_failed();
      const Index task = call.task();
      const Version version{call.callee, task == none ? "" : evidence.tasks[task].definition};
      if (const auto us = call.own_us(); us && is_well) own[version].push_back({at, *us});
      if (is_well) whole[call.callee].push_back({at, std::int64_t{attempt->duration_ms} * 1000});
      if (const auto us = call.proxy_us()) proxy[call.callee].push_back({at, *us});
    }
  });
  Normals normals;
  for (auto& [way, samples] : wire) normals.wire[way] = normal_of(samples);
  normals.own = usual_by_service(own);
  for (auto& [service, samples] : proxy) normals.proxy[service] = normal_of(samples);
  for (auto& [service, samples] : whole) normals.whole[service] = normal_of(samples);
  return normals;
}

}  // namespace hoplab::report::diagnosis
