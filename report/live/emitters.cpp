#include "report/live/emitters.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "report/recording/json_text.hpp"

namespace hoplab::report::live {
namespace {

constexpr sim::Bytes room_of_a_receiver{8 * 1024 * 1024};

std::unique_ptr<Sender> make_sender(const Target& target) {
  const Address address = resolve(target);
  if (target.protocol == Protocol::otlp) return make_otlp_sender(target, address);
  const bool is_segments = target.protocol == Protocol::xray;
  return make_datagram_sender(address, std::string(is_segments ? xray_header : ""));
}

}  // namespace

Emitters::Emitters(const std::vector<Target>& targets, Manner manner) : manner_(manner) {
  std::vector<std::unique_ptr<Sender>> senders;
  for (const Target& target : targets) senders.push_back(make_sender(target));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    couriers_.push_back(
        std::make_unique<Courier>(targets[i], std::move(senders[i]), room_of_a_receiver));
  }
}

bool Emitters::wants(Protocol protocol) const {
  return std::ranges::any_of(
      couriers_, [protocol](const auto& courier) { return courier->protocol() == protocol; });
}

void Emitters::put(Protocol protocol, MessageKind kind, std::string_view text) {
  for (const auto& courier : couriers_) {
    if (courier->protocol() != protocol) continue;
    if (manner_ == Manner::never_waits) {
      courier->put(kind, text);
    } else {
      courier->put_patiently(kind, text);
    }
  }
}

std::vector<Outcome> Emitters::finish(Wall::duration patience,
                                      const std::function<bool()>& goes_on) {
  const auto deadline = Wall::now() + patience;
  for (const auto& courier : couriers_) courier->close();
  std::vector<Outcome> outcomes;
  for (const auto& courier : couriers_) outcomes.push_back(courier->finish(deadline, goes_on));
  couriers_.clear();
  return outcomes;
}

std::string to_text(const Outcome& outcome) {
  std::string text = fmt::format("{}: {} sent", to_string(outcome.target), outcome.sent);
  if (outcome.dropped > 0) {
    text += fmt::format(", {} dropped (the queue for it was full)", outcome.dropped);
  }
  if (outcome.lost > 0) text += fmt::format(", {} lost", outcome.lost);
  if (!outcome.trouble.empty()) text += fmt::format(" ({})", outcome.trouble);
  return text;
}

std::string to_json(const std::vector<Outcome>& outcomes) {
  using recording::json_string;
  std::string out = "[";
  const char* separator = "";
  for (const Outcome& outcome : outcomes) {
    out += fmt::format("{}{{\"target\":{},\"sent\":{},\"dropped\":{},\"lost\":{},\"trouble\":{}}}",
                       separator, json_string(to_string(outcome.target)), outcome.sent,
                       outcome.dropped, outcome.lost,
                       outcome.trouble.empty() ? "null" : json_string(outcome.trouble));
    separator = ",";
  }
  return out + "]";
}

}  // namespace hoplab::report::live
