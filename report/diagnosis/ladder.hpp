// One request, rung by rung: caller's Envoy, callee's Envoy, callee's application.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "report/diagnosis/evidence.hpp"

namespace hoplab::report::diagnosis {

/// A call over one edge, joined by x-request-id. Two services that call each other twice for one
/// request are told apart by time: what a callee did lies within its caller's line.
/// Limits: where a service calls another one several times at once for the same request, which
/// attempt belongs to which call is a guess.
struct Call {
  const CallLine* egress = nullptr;       ///< Of the caller's Envoy; null: from outside the mesh.
  std::vector<const CallLine*> attempts;  ///< Of the callee's Envoys, by time; retries included.
  const AnswerLine* answer = nullptr;     ///< Of the callee's application.
  Index caller = none;                    ///< Service.
  Index callee = none;                    ///< Service.
  std::vector<std::size_t> children;      ///< Calls that the callee made for it.
  std::int64_t children_ms = 0;           ///< How long at least one of them was under way.

  [[nodiscard]] const CallLine* last_attempt() const {
    return attempts.empty() ? nullptr : attempts.back();
  }
  /// The task that served it, or should have.
  [[nodiscard]] Index task() const;
  [[nodiscard]] std::int64_t start_ms() const {
    return egress != nullptr ? egress->start_ms : attempts.front()->start_ms;
  }
  /// The path, its proxies and the connection: what the caller's Envoy waited for, without what the
  /// callee's Envoy took. Only of a call that was answered at the first attempt.
  [[nodiscard]] std::optional<std::int64_t> wire_us() const;
  /// The callee's application without its own calls.
  [[nodiscard]] std::optional<std::int64_t> own_us() const;
  /// The callee's Envoy beside its application.
  [[nodiscard]] std::optional<std::int64_t> proxy_us() const;
};

/// Puts the records in order of request and time; what was delivered twice counts once.
void sort_records(Evidence& evidence);

/// `take` sees the calls of one request at a time. Requires sort_records().
void for_each_request(const Evidence& evidence,
                      const std::function<void(std::span<const Call>)>& take);

}  // namespace hoplab::report::diagnosis
