#include "report/diagnosis/episodes.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

namespace hoplab::report::diagnosis {
namespace {

/// Symptoms with more good calls than this between them are apart. Slowness may hit few calls.
constexpr std::size_t good_calls_between_max = 100;
constexpr std::size_t quick_calls_between_max = 250;
/// Clusters of one callee that are closer than this are one episode.
constexpr std::int64_t pause_max_ms = 10'000;

/// What clusters apart from the others: signs with one kind of cause.
enum class Family { network, application, error, slow_wire, slow_app };

Family family_of(Sign sign) {
  if (sign <= Sign::answer_lost) return Family::network;
  if (sign <= Sign::unanswered) return Family::application;
  if (sign == Sign::app_error) return Family::error;
  return sign == Sign::slow_wire ? Family::slow_wire : Family::slow_app;
}

bool is_of_an_edge(Family family) {
  return family == Family::network || family == Family::slow_wire;
}

/// Symptoms of one family at one callee, of one caller where the family is an edge's.
struct Series {
  std::vector<Symptom> symptoms;
  std::vector<std::int64_t> began;  ///< All calls that could have shown them.
};

struct Cluster {
  std::vector<Symptom> symptoms;
  std::size_t first_call = 0;  ///< Indices into Series::began, both included.
  std::size_t last_call = 0;
  [[nodiscard]] std::size_t calls() const { return last_call - first_call + 1; }
};

std::size_t index_at(const std::vector<std::int64_t>& began, std::int64_t start_ms) {
  return static_cast<std::size_t>(
      std::distance(began.begin(), std::lower_bound(began.begin(), began.end(), start_ms)));
}

bool is_of_slowness(Family family) {
  return family == Family::slow_wire || family == Family::slow_app;
}

std::vector<Cluster> clusters_of(const Series& series, Family family) {
  const std::size_t between_max =
      is_of_slowness(family) ? quick_calls_between_max : good_calls_between_max;
  std::vector<Cluster> clusters;
  for (const auto& symptom : series.symptoms) {
    const std::size_t call = index_at(series.began, symptom.start_ms);
    const bool is_apart = clusters.empty() || call > clusters.back().last_call + between_max;
    if (is_apart) clusters.push_back({{}, call, call});
    clusters.back().symptoms.push_back(symptom);
    clusters.back().last_call = std::max(clusters.back().last_call, call);
  }
  return clusters;
}

/// Strays in front of a crowd are not its beginning: where it begins it is at least a quarter as
/// dense as all of it.
void trim_front(Cluster& cluster, const Series& series) {
  constexpr std::size_t crowd = 10;
  constexpr std::size_t factor = 4;
  const auto call = [&](std::size_t i) {
    return index_at(series.began, cluster.symptoms[i].start_ms);
  };
  const std::size_t calls = cluster.calls();
  const std::size_t bad = cluster.symptoms.size();
  std::size_t first = 0;
  while (first + crowd < bad &&
         (call(first + crowd) - call(first)) * bad > factor * crowd * calls) {
    ++first;
  }
  // Within that stretch the first one may still be a stray.
  while (first + crowd < bad && (call(first + 1) - call(first)) * bad > 2 * factor * calls) ++first;
  cluster.symptoms.erase(cluster.symptoms.begin(),
                         cluster.symptoms.begin() + static_cast<std::ptrdiff_t>(first));
  cluster.first_call = call(0);
}

/// Slow calls that come now and then before a crowd are not its beginning either: it begins where
/// the surplus of bad calls over half of the crowd's share is largest (a cumulative sum's lowest
/// point). True when there was a front to trim: what is left has another share.
bool trim_thin_front(Cluster& cluster, const Series& series) {
  const auto all = static_cast<std::int64_t>(cluster.symptoms.size());
  const auto calls = static_cast<std::int64_t>(cluster.calls());
  std::int64_t most = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < cluster.symptoms.size(); ++i) {
    const std::size_t call = index_at(series.began, cluster.symptoms[i].start_ms);
    const std::int64_t bad = all - static_cast<std::int64_t>(i);
    const auto began = static_cast<std::int64_t>(cluster.last_call - call) + 1;
    const std::int64_t surplus = 2 * calls * bad - all * began;
    if (surplus <= most) continue;
    most = surplus;
    first = i;
  }
  cluster.first_call = index_at(series.began, cluster.symptoms[first].start_ms);
  cluster.symptoms.erase(cluster.symptoms.begin(),
                         cluster.symptoms.begin() + static_cast<std::ptrdiff_t>(first));
  return first > 0;
}

/// Hard failures need to be a handful and more than noise; slow calls, which every system has now
/// and then, need to be more and to last, and, where they are few, to be farther out than the tail
/// that a queue has anyway. Many at once that are far out need less time.
bool is_crowd(const Cluster& cluster, Family family) {
  const std::size_t bad = cluster.symptoms.size();
  const std::size_t percent = bad * 100 / cluster.calls();
  if (!is_of_slowness(family)) return (bad >= 5 && percent >= 4) || (bad >= 3 && percent >= 30);
  const std::int64_t lasted = cluster.symptoms.back().start_ms - cluster.symptoms.front().start_ms;
  const auto far = std::count_if(cluster.symptoms.begin(), cluster.symptoms.end(),
                                 [](const Symptom& symptom) { return symptom.is_far; });
  const bool is_far = 2 * static_cast<std::size_t>(far) >= bad;
  const bool is_another_kind = percent >= 10 || is_far;
  const bool is_dense = percent >= 50 && lasted >= 3'000;
  const bool is_long = percent >= 1 && lasted >= 20'000;
  const bool is_striking = is_far && percent >= 20 && lasted >= 8'000;
  return bad >= 10 && (is_dense || is_long || is_striking) && is_another_kind;
}

bool is_as_dense(const Cluster& a, const Cluster& b) {
  constexpr std::size_t factor = 4;
  const std::size_t of_a = a.symptoms.size() * b.calls();
  const std::size_t of_b = b.symptoms.size() * a.calls();
  return of_a <= factor * of_b && of_b <= factor * of_a;
}

/// Slowness that hits few calls leaves long pauses by chance: neighbours alike are one crowd.
void join_neighbours(std::vector<Cluster>& crowds) {
  constexpr std::size_t pause_max = 3 * quick_calls_between_max;
  std::vector<Cluster> joined;
  for (auto& cluster : crowds) {
    if (joined.empty() || cluster.first_call > joined.back().last_call + pause_max ||
        !is_as_dense(joined.back(), cluster)) {
      joined.push_back(std::move(cluster));
      continue;
    }
    Cluster& last = joined.back();
    last.symptoms.insert(last.symptoms.end(), cluster.symptoms.begin(), cluster.symptoms.end());
    last.last_call = std::max(last.last_call, cluster.last_call);
  }
  crowds = std::move(joined);
}

/// The crowds of a series; of slow ones those that are far denser than what is no crowd.
std::vector<Cluster> significant_clusters(const Series& series, Family family) {
  std::vector<Cluster> crowds;
  for (auto& cluster : clusters_of(series, family)) {
    trim_front(cluster, series);
    while (is_of_slowness(family) && trim_thin_front(cluster, series)) {
    }
    if (is_crowd(cluster, family)) crowds.push_back(std::move(cluster));
  }
  if (!is_of_slowness(family)) return crowds;
  join_neighbours(crowds);
  std::size_t bad_elsewhere = series.symptoms.size();
  std::size_t calls_elsewhere = series.began.size() + 1;
  for (const auto& cluster : crowds) {
    bad_elsewhere -= cluster.symptoms.size();
    calls_elsewhere -= cluster.calls();
  }
  std::erase_if(crowds, [&](const Cluster& cluster) {
    // bad/calls < 4 * bad_elsewhere/calls_elsewhere, in whole numbers.
    return cluster.symptoms.size() * calls_elsewhere < 4 * bad_elsewhere * cluster.calls();
  });
  return crowds;
}

using SeriesKey = std::tuple<Index, Family, Index>;  ///< Callee, family, caller.

std::map<SeriesKey, Series> series_of(const Symptoms& symptoms) {
  std::map<SeriesKey, Series> all;
  for (const auto& symptom : symptoms.all) {
    const Family family = family_of(symptom.sign);
    const Index caller = is_of_an_edge(family) ? symptom.caller : none;
    all[{symptom.callee, family, caller}].symptoms.push_back(symptom);
  }
  for (auto& [key, series] : all) {
    const auto& [callee, family, caller] = key;
    const auto began = symptoms.began.find(callee);
    if (began == symptoms.began.end()) continue;
    for (const auto& call : began->second) {
      if (!is_of_an_edge(family) || call.caller == caller) series.began.push_back(call.start_ms);
    }
  }
  return all;
}

void close_up(Episode& episode, const Symptoms& symptoms) {
  std::stable_sort(episode.symptoms.begin(), episode.symptoms.end(),
                   [](const Symptom& a, const Symptom& b) { return a.start_ms < b.start_ms; });
  episode.first_ms = episode.symptoms.front().start_ms;
  episode.last_ms = episode.symptoms.back().start_ms;
  for (const auto& symptom : episode.symptoms) {
    ++episode.counts.at(static_cast<std::size_t>(symptom.sign));
    episode.last_end_ms = std::max(episode.last_end_ms, symptom.end_ms);
  }
  const auto began = symptoms.began.find(episode.callee);
  if (began == symptoms.began.end()) return;
  for (const auto& call : began->second) {
    if (call.start_ms < episode.first_ms) episode.last_good_ms = call.start_ms;
    if (call.start_ms >= episode.first_ms && call.start_ms <= episode.last_ms) ++episode.calls;
  }
}

}  // namespace

std::vector<Episode> episodes_of(const Symptoms& symptoms, const Span& judged) {
  std::vector<std::pair<Index, Cluster>> significant;
  for (const auto& [key, series] : series_of(symptoms)) {
    for (auto& cluster : significant_clusters(series, std::get<Family>(key))) {
      std::erase_if(cluster.symptoms,
                    [&](const Symptom& symptom) { return !judged.holds(symptom.start_ms); });
      if (!cluster.symptoms.empty()) significant.emplace_back(std::get<0>(key), std::move(cluster));
    }
  }
  std::stable_sort(significant.begin(), significant.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, a.second.symptoms.front().start_ms) <
           std::pair(b.first, b.second.symptoms.front().start_ms);
  });
  std::vector<Episode> episodes;
  for (auto& [callee, cluster] : significant) {
    const bool is_next =
        !episodes.empty() && episodes.back().callee == callee &&
        cluster.symptoms.front().start_ms <= episodes.back().last_end_ms + pause_max_ms;
    if (!is_next) {
      episodes.emplace_back();
      episodes.back().callee = callee;
    }
    Episode& episode = episodes.back();
    for (const auto& symptom : cluster.symptoms) {
      episode.symptoms.push_back(symptom);
      episode.last_end_ms = std::max(episode.last_end_ms, symptom.end_ms);
    }
  }
  for (auto& episode : episodes) close_up(episode, symptoms);
  std::stable_sort(episodes.begin(), episodes.end(),
                   [](const Episode& a, const Episode& b) { return a.first_ms < b.first_ms; });
  return episodes;
}

}  // namespace hoplab::report::diagnosis
