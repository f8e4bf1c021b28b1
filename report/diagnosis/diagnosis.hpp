// The answer: what is wrong, where, since when, why we think so, and why not otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/diagnosis/citation.hpp"

namespace hoplab::report::diagnosis {

enum class Verdict : std::uint8_t {
  network_blocked,
  network_latency,
  app_crashed,
  app_oom,
  app_hung,
  app_infinite_loop,
  host_overloaded,
  app_slow_version,
  app_failing_version,
  undetermined,  ///< The evidence does not tell the candidates apart.
  healthy,
};

/// "network.blocked".
[[nodiscard]] std::string_view to_string(Verdict verdict);

/// A cause that the evidence leaves open, and what would tell it from the others.
struct Candidate {
  Verdict verdict = Verdict::healthy;
  std::string cause;  ///< Within the verdict: "security-group"; "" where it has no kinds.
  std::string hop;
  int score = 0;  ///< 0..100: how much of the symptoms it explains, and what speaks for it.
  std::string check;
};

struct Rejection {
  Verdict verdict = Verdict::healthy;
  std::string cause;
  std::string why;
  std::vector<Citation> evidence;
};

/// Whom it hits.
struct Extent {
  std::vector<std::string> callers;      ///< Services; empty where the trouble is no edge's.
  std::string callee;                    ///< Service.
  std::vector<std::string> tasks;        ///< Ids, those that are hit.
  std::uint64_t tasks_of_callee = 0;     ///< How many it has in all.
  std::vector<std::string> definitions;  ///< "family:revision" of those.
  std::string host;                      ///< Container instance, where it is one.
  std::uint64_t bad_calls = 0;
  std::uint64_t calls = 0;
};

struct Finding {
  Verdict verdict = Verdict::healthy;
  std::string hop;  ///< "a.envoy->b.envoy", "b.app"; "" where there is none.
  std::string summary;
  std::int64_t since_ms = 0;      ///< Milliseconds since 1970; 0 where there is nothing.
  std::int64_t last_good_ms = 0;  ///< 0: not known.
  std::int64_t until_ms = 0;      ///< 0: it goes on to the end of the recording.
  Extent extent;
  std::vector<Candidate> candidates;  ///< Best first; the first one is the finding's own.
  std::vector<Citation> evidence;
  std::vector<Rejection> rejected;
  bool was_asked_for = false;  ///< Nothing is broken: somebody had tasks stopped.
  std::string consequence_of;  ///< The hop of the finding that explains this one; or "".
  std::vector<std::string> notes;
};

/// One step of the way of a healthy request, estimated from what logs and traces tell.
struct HopEstimate {
  std::string hop;  ///< As in the run's own hop names: "a.envoy->b.envoy", "b.app".
  std::int64_t median_us = 0;
  std::uint64_t samples = 0;
  bool is_halved = false;  ///< Half of a round trip: the two directions cannot be told apart.
};

struct LadderEstimate {
  std::string edge;  ///< "a -> b"; "-> a" for requests from outside the mesh.
  std::vector<HopEstimate> hops;
};

struct Diagnosis {
  std::vector<Finding> findings;  ///< Most severe first; one `healthy` where nothing is wrong.
  std::vector<LadderEstimate> ladders;
  std::vector<std::string> missing;  ///< Kinds of evidence that are not in the recording.
  std::vector<std::string> notes;
  std::uint64_t lines = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t sampled_one_in = 1;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;

  [[nodiscard]] const Finding& main() const { return findings.front(); }
};

}  // namespace hoplab::report::diagnosis
