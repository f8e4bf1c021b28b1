#include "report/diagnosis/untold_flags.hpp"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "models/envoy/profile.hpp"
#include "report/diagnosis/evidence.hpp"

namespace hoplab::report::diagnosis {
namespace {

namespace envoy = models::envoy;

/// Newest first: where two versions disagree, the managed proxy is the newer one.
constexpr std::array<std::string_view, 3> profiles = {"v1.29", "v1.22", "v1.15"};

std::uint16_t flag_of(envoy::Flag flag) {
  constexpr std::array<std::pair<envoy::Flag, Flag>, 7> flags = {{
      {envoy::Flag::upstream_connection_failure, flag_uf},
      {envoy::Flag::upstream_connection_termination, flag_uc},
      {envoy::Flag::upstream_request_timeout, flag_ut},
      {envoy::Flag::no_healthy_upstream, flag_uh},
      {envoy::Flag::downstream_connection_termination, flag_dc},
      {envoy::Flag::local_reset, flag_lr},
      {envoy::Flag::upstream_overflow, flag_uo},
  }};
  for (const auto& [theirs, ours] : flags) {
    if (theirs == flag) return ours;
  }
  return flag_other;
}

std::uint16_t flags_of_reply(int status, std::int64_t bytes) {
  for (const std::string_view name : profiles) {
    for (const envoy::LocalReply& reply : envoy::find_profile(name)->replies) {
      if (reply.status != status) continue;
      if (reply.body.count() == bytes) return flag_of(reply.flag);
      if (reply.body_after_retry.count() == bytes) return flag_of(reply.flag) | flag_urx;
    }
  }
  return flag_other;
}

}  // namespace

std::uint16_t untold_flags(const recording::AccessLine& line) {
  if (line.code_number == 0) return flag_untold | flag_dc;
  const bool is_own = line.upstream_service_time == "-" && line.code_number >= 500;
  std::int64_t bytes = 0;
  const std::string_view text = line.bytes_sent;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (!is_own || read.ec != std::errc()) return flag_untold;
  return flag_untold | flags_of_reply(line.code_number, bytes);
}

}  // namespace hoplab::report::diagnosis
