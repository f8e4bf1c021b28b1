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

std::uint16_t& Resolver::count(Trouble trouble, std::string_view name) {
  Troubles& troubles = name.empty() ? of_all_ : of_names_[std::string(name)];
  return troubles.counts[static_cast<std::size_t>(trouble)];
}

bool Resolver::is_denied(Troubles& troubles, sim::SimTime now) const {
  const bool is_asked = troubles.has(Trouble::no_such_name) && now >= troubles.denied_until;
  if (is_asked) troubles.denied_until = now + negative_ttl_;
  return now < troubles.denied_until;
}

LookUp Resolver::look_up(sim::SimTime now, bool is_cut_off, std::string_view name) {
  const auto found = of_names_.find(name);
  Troubles* own = found == of_names_.end() ? nullptr : &found->second;
  const auto has = [&](Trouble trouble) {
    return of_all_.has(trouble) || (own != nullptr && own->has(trouble));
  };
  if (is_cut_off || has(Trouble::silence)) {
    return {LookUp::Outcome::try_again, attempts * timeout};
  }
  const sim::Duration waited = is_allowed(now) ? sim::Duration::zero() : timeout;
  if (has(Trouble::server_failure)) return {LookUp::Outcome::try_again, waited};
  const bool is_denied_to_all = is_denied(of_all_, now);
  if (is_denied_to_all || (own != nullptr && is_denied(*own, now))) {
    return {LookUp::Outcome::no_such_name, waited};
  }
  return {LookUp::Outcome::found, waited};
}

}  // namespace hoplab::models::vpc
