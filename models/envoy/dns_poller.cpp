#include "models/envoy/dns_poller.hpp"

#include <utility>

namespace hoplab::models::envoy {

DnsPoller::DnsPoller(const Parts& parts, std::string host_name, Duration refresh,
                     Listener& listener)
    : parts_(parts), host_name_(std::move(host_name)), refresh_(refresh), listener_(listener) {}

void DnsPoller::stop() {
  is_stopped_ = true;
  parts_.engine.cancel(next_);
}

void DnsPoller::ask() {
  if (parts_.suspension.is_on()) return parts_.suspension.keep_timer([this] { ask(); });
  if (is_stopped_) return;
  ++parts_.stats.update_attempt;
  answer_ = parts_.names.look_up(host_name_);
  if (answer_.after == Duration::zero()) return take();
  next_ = parts_.engine.after(answer_.after, sim::call<&DnsPoller::on_answer>(*this));
}

void DnsPoller::on_answer() {
  if (parts_.suspension.is_on()) return parts_.suspension.keep_socket_event([this] { take(); });
  take();
}

void DnsPoller::take() {
  using Outcome = vpc::LookUp::Outcome;
  if (is_stopped_) return;
  next_ = parts_.engine.after(refresh_, sim::call<&DnsPoller::ask>(*this));
  const bool is_none = answer_.outcome == Outcome::no_such_name;
  if (answer_.outcome != Outcome::found && !(is_none && parts_.profile.takes_no_such_name)) {
    ++parts_.stats.update_failure;
    return;
  }
  ++parts_.stats.update_success;
  if (is_none) answer_.addresses.clear();
  listener_.on_addresses(answer_.addresses);
}

}  // namespace hoplab::models::envoy
