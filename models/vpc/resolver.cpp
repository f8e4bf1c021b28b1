#include "models/vpc/resolver.hpp"

namespace hoplab::models::vpc {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration timeout = 5s;
constexpr int attempts = 2;
constexpr std::uint32_t packets_per_second = 1024;

}  // namespace

bool Resolver::is_allowed(sim::SimTime now) {
  const std::int64_t second =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (second != second_) {
    second_ = second;
    packets_in_second_ = 0;
  }
  if (packets_in_second_ >= packets_per_second) {
    ++exceeded_;
    return false;
  }
  ++packets_in_second_;
  return true;
}

LookUp Resolver::look_up(sim::SimTime now, bool is_cut_off) {
  if (is_cut_off || has(Trouble::silence)) {
    return {LookUp::Outcome::try_again, attempts * timeout};
  }
  const sim::Duration waited = is_allowed(now) ? sim::Duration::zero() : timeout;
  if (has(Trouble::server_failure)) return {LookUp::Outcome::try_again, waited};
  if (has(Trouble::no_such_name) && now >= denied_until_) denied_until_ = now + negative_ttl_;
  if (now < denied_until_) return {LookUp::Outcome::no_such_name, waited};
  return {LookUp::Outcome::found, waited};
}

}  // namespace hoplab::models::vpc
