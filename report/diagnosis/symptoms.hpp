// What went wrong with one call, told at the last rung that has a record of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "report/diagnosis/ladder.hpp"
#include "report/diagnosis/normal.hpp"

namespace hoplab::report::diagnosis {

/// The alphabet of symptoms, from the caller's side to the callee's application.
enum class Sign : std::uint8_t {
  connect_timeout,  ///< The caller's Envoy could not connect in time; nothing at the callee.
  connect_refused,  ///< The callee's address refused the connection.
  no_host,          ///< The caller's Envoy knew no host (UH).
  vanished,         ///< Sent on an open connection, never seen at the callee, timed out.
  cut,              ///< The connection between the Envoys broke (UC), nothing at the callee.
  answer_lost,      ///< The callee answered well; the caller never got it.
  app_refused,      ///< The callee's Envoy found its application's port closed.
  app_full,         ///< The callee's Envoy could not connect to its application in time.
  over_limit,  ///< An Envoy refused it itself: more were under way than its pool may hold (UO).
  app_reset,   ///< The application's connection broke in mid-request.
  unanswered,  ///< The application took the request and never answered.
  app_error,   ///< The application itself answered 5xx.
  slow_wire,   ///< Answered, but slow between the two Envoys.
  slow_app,    ///< Answered, but the application itself was slow.
  slow_both,   ///< Answered, but slow in the application and in front of it alike.
};
inline constexpr std::size_t signs = 15;

[[nodiscard]] std::string_view name_of(Sign sign);
[[nodiscard]] constexpr bool is_slow(Sign sign) { return sign >= Sign::slow_wire; }

struct Symptom {
  Sign sign = Sign::unanswered;
  bool is_far = false;  ///< Slow signs: farther out than the tail of what is usual.
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  Index caller = none;  ///< Service; none: from outside the mesh.
  Index callee = none;  ///< Service.
  Index task = none;    ///< Of the callee.
  const CallLine* egress = nullptr;
  const CallLine* attempt = nullptr;
  const AnswerLine* answer = nullptr;
};

/// When a call to a service began, whatever came of it; for shares.
struct Began {
  std::int64_t start_ms = 0;
  Index caller = none;
  Index task = none;
  bool was_seen = false;  ///< By the callee's Envoy.
};

struct Symptoms {
  std::vector<Symptom> all;                   ///< By start.
  std::map<Index, std::vector<Began>> began;  ///< By callee, then start.
};

/// Looks at every call of every request. A call whose trouble one of its callee's own calls
/// explains has no symptom: blame moves downstream as long as there is one.
[[nodiscard]] Symptoms symptoms_of(const Evidence& evidence, const Normals& normals);

}  // namespace hoplab::report::diagnosis
