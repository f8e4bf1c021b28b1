#include "report/diagnosis/symptoms.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

namespace hoplab::report::diagnosis {
namespace {

/// Envoy's own body tells why it could not connect; its length is in the log.
/// Source: Envoy, "upstream connect error or disconnect/reset before headers. ..."; with "retried
/// and the latest" it is 23 bytes longer.
enum class Body { connect_error_with_errno, connection_termination, request_timeout, other };

Body body_of(std::uint32_t bytes) {
  switch (bytes) {
    case 145:
    case 168:
    case 152:
    case 175:
    case 167:
    case 190:
      return Body::connect_error_with_errno;
    case 95:
    case 118:
      return Body::connection_termination;
    case 24:
      return Body::request_timeout;
    default:
      return Body::other;
  }
}

/// A caller that leaves before this is impatient, not ill served, whatever is usual.
constexpr std::int64_t patience_max_ms = 1000;
/// An answer that came so much after the request was taken is late.
constexpr std::int64_t late_ms = 1000;

/// Share of a call's time that its own calls must explain for blame to move on.
constexpr std::int64_t explained_percent = 80;

class Judge {
 public:
  Judge(const Evidence& evidence, const Normals& normals)
      : evidence_(evidence), normals_(normals) {}

  [[nodiscard]] std::optional<Sign> sign_of(const Call& call, std::span<const Call> all) const {
    const CallLine* const attempt = call.last_attempt();
    if (call.egress != nullptr && call.egress->has_failed()) {
      if (attempt == nullptr) return sign_without_callee(call);
      if (call.egress->has(flag_uf | flag_lr) && !attempt->has_failed()) {
        return connect_sign(*call.egress);
      }
      if (!attempt->has_failed()) return sign_of_answered(call, *attempt);
    }
    if (attempt == nullptr) return std::nullopt;
    // A failed attempt is a symptom even where a retry saved the request.
    const auto failed = std::find_if(call.attempts.begin(), call.attempts.end(),
                                     [](const CallLine* line) { return line->has_failed(); });
    if (failed != call.attempts.end()) return sign_at_callee(**failed, call, all);
    return slow_sign(call);
  }

  [[nodiscard]] bool is_far(const Call& call) const {
    const auto reaches = [](const auto& normals, const auto& key, auto us) {
      const auto normal = normals.find(key);
      return us && normal != normals.end() && *us >= normal->second.far_us;
    };
    return reaches(normals_.wire, wire_of(evidence_, call), call.wire_us()) ||
           reaches(normals_.own, call.callee, call.own_us()) ||
           reaches(normals_.proxy, call.callee, call.proxy_us());
  }

 private:
  [[nodiscard]] static Sign connect_sign(const CallLine& egress) {
    return body_of(egress.bytes_sent) == Body::connect_error_with_errno ? Sign::connect_refused
                                                                        : Sign::connect_timeout;
  }

  /// The caller had left, and no later than it usually takes: nobody knows what would have come.
  [[nodiscard]] bool is_impatient(const CallLine& line, Index callee) const {
    const auto usual = normals_.whole.find(callee);
    std::int64_t patience_ms = patience_max_ms;
    if (usual != normals_.whole.end()) {
      constexpr std::int64_t times = 3;
      constexpr std::int64_t more_ms = 20;
      patience_ms = std::min(patience_ms, times * usual->second.p95_us / 1000 + more_ms);
    }
    return line.duration_ms < patience_ms;
  }

  /// The callee answered well, and the caller never got it, or had left by then.
  [[nodiscard]] std::optional<Sign> sign_of_answered(const Call& call,
                                                     const CallLine& attempt) const {
    if (call.egress->has(flag_ut | flag_uc)) return Sign::answer_lost;
    if (!call.egress->has(flag_dc) || is_impatient(*call.egress, call.callee)) return std::nullopt;
    // Hosts' clocks differ by far less than this.
    constexpr std::int64_t delay_ms = 20;
    const bool was_under_way = attempt.start_ms - call.egress->start_ms >= delay_ms;
    return was_under_way ? Sign::slow_wire : Sign::answer_lost;
  }

  /// The callee's Envoy has no line of it.
  [[nodiscard]] std::optional<Sign> sign_without_callee(const Call& call) const {
    const CallLine& egress = *call.egress;
    if (egress.has(flag_uf | flag_lr)) return connect_sign(egress);
    if (egress.has(flag_uh)) return Sign::no_host;
    if (egress.has(flag_uo)) return Sign::over_limit;
    if (egress.has(flag_uc)) return Sign::cut;
    if (egress.has(flag_ut)) return Sign::vanished;
    if (egress.has(flag_dc)) {
      return is_impatient(egress, call.callee) ? std::nullopt : std::optional(Sign::vanished);
    }
    // Passed on from a callee whose own line is lost: the body tells what it had said.
    switch (body_of(egress.bytes_sent)) {
      case Body::connect_error_with_errno:
        return Sign::app_refused;
      case Body::connection_termination:
        return Sign::app_reset;
      case Body::request_timeout:
        return Sign::unanswered;
      case Body::other:
        return Sign::app_error;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Sign> sign_at_callee(const CallLine& attempt, const Call& call,
                                                   std::span<const Call> all) const {
    if (attempt.has(flag_uf | flag_lr)) {
      const bool is_closed =
          body_of(attempt.bytes_sent) == Body::connect_error_with_errno || attempt.duration_ms <= 1;
      return is_closed ? Sign::app_refused : Sign::app_full;
    }
    if (attempt.has(flag_uc)) return Sign::app_reset;
    if (attempt.has(flag_uo)) return Sign::over_limit;
    if (is_explained_downstream(call, all)) return std::nullopt;
    if (attempt.has(flag_dc) && is_impatient(attempt, call.callee)) return std::nullopt;
    if (attempt.has(flag_ut | flag_dc)) return unanswered_or_late(attempt, call);
    return Sign::app_error;
  }

  /// An answer that came too late is one all the same: the application is slow, not stuck.
  [[nodiscard]] Sign unanswered_or_late(const CallLine& attempt, const Call& call) const {
    if (call.answer == nullptr || call.attempts.size() > 1) return Sign::unanswered;
    const auto own = call.own_us();
    const auto usual = normals_.own.find(call.callee);
    const bool is_slow =
        usual == normals_.own.end() || !own || usual->second.is_slow(*own, call.start_ms());
    if (!is_slow && call.answer->at_ms - attempt.start_ms > late_ms) return Sign::slow_both;
    return is_slow ? Sign::slow_app : Sign::unanswered;
  }

  [[nodiscard]] static bool is_explained_downstream(const Call& call, std::span<const Call> all) {
    return std::any_of(call.children.begin(), call.children.end(), [&](std::size_t child) {
      const CallLine& egress = *all[child].egress;
      const bool takes_it_all = std::int64_t{egress.duration_ms} * 100 >=
                                std::int64_t{call.attempts.back()->duration_ms} * explained_percent;
      return egress.has_failed() || takes_it_all;
    });
  }

  template <typename Key>
  static bool is_over(const std::map<Key, Normal>& normals, const Key& key,
                      std::optional<std::int64_t> us, std::int64_t at_ms) {
    const auto normal = normals.find(key);
    return us && normal != normals.end() && normal->second.is_slow(*us, at_ms);
  }

  [[nodiscard]] std::optional<Sign> slow_sign(const Call& call) const {
    const std::int64_t at = call.start_ms();
    const bool slow_wire = is_over(normals_.wire, wire_of(evidence_, call), call.wire_us(), at);
    const bool slow_proxy = is_over(normals_.proxy, call.callee, call.proxy_us(), at);
    const bool slow_app = is_over(normals_.own, call.callee, call.own_us(), at);
    if (slow_app && (slow_wire || slow_proxy)) return Sign::slow_both;
    if (slow_proxy) return Sign::slow_both;
    if (slow_app) return Sign::slow_app;
    if (slow_wire) return Sign::slow_wire;
    return std::nullopt;
  }

  const Evidence& evidence_;
  const Normals& normals_;
};

Symptom symptom_of(const Call& call, Sign sign) {
  Symptom symptom;
  symptom.sign = sign;
  symptom.start_ms = call.start_ms();
  symptom.end_ms = symptom.start_ms;
  symptom.caller = call.caller;
  symptom.callee = call.callee;
  symptom.task = call.task();
  symptom.egress = call.egress;
  symptom.answer = call.answer;
  const auto failed = std::find_if(call.attempts.begin(), call.attempts.end(),
                                   [](const CallLine* line) { return line->has_failed(); });
  symptom.attempt = failed == call.attempts.end() ? call.last_attempt() : *failed;
  if (symptom.attempt != nullptr) {
    symptom.task = symptom.attempt->task;
    symptom.end_ms = symptom.attempt->end_ms();
  }
  if (call.egress != nullptr) symptom.end_ms = std::max(symptom.end_ms, call.egress->end_ms());
  return symptom;
}

}  // namespace

std::string_view name_of(Sign sign) {
  static constexpr std::array<std::string_view, signs> names = {
      "connect timed out",
      "connection refused",
      "no host known",
      "sent, never seen at the callee",
      "connection between the Envoys broke",
      "answered, but the answer never arrived",
      "application's port closed",
      "application did not accept the connection in time",
      "refused by an Envoy whose pool was full",
      "application's connection broke in mid-request",
      "accepted, never answered",
      "application's own 5xx",
      "slow between the Envoys",
      "slow in the application",
      "slow in the application and in front of it",
  };
  return names.at(static_cast<std::size_t>(sign));
}

Symptoms symptoms_of(const Evidence& evidence, const Normals& normals) {
  Symptoms symptoms;
  const Judge judge(evidence, normals);
  for_each_request(evidence, [&](std::span<const Call> calls) {
    for (const auto& call : calls) {
      if (call.callee == none) continue;
      symptoms.began[call.callee].push_back(
          {call.start_ms(), call.caller, call.task(), !call.attempts.empty()});
      const auto sign = judge.sign_of(call, calls);
      if (!sign) continue;
      symptoms.all.push_back(symptom_of(call, *sign));
      symptoms.all.back().is_far = judge.is_far(call);
    }
  });
  std::stable_sort(symptoms.all.begin(), symptoms.all.end(),
                   [](const Symptom& a, const Symptom& b) { return a.start_ms < b.start_ms; });
  for (auto& [callee, began] : symptoms.began) {
    std::stable_sort(began.begin(), began.end(),
                     [](const Began& a, const Began& b) { return a.start_ms < b.start_ms; });
  }
  return symptoms;
}

}  // namespace hoplab::report::diagnosis
