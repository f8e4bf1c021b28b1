// Everything that --emit asked for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "report/live/courier.hpp"
#include "report/live/target.hpp"
#include "report/recording/wire.hpp"

namespace hoplab::report::live {

/// Hands each message to every receiver of its protocol.
///
/// Errors: NetworkTrouble and BadTarget, at the start; nothing later. A receiver that fails then is
///         counted.
class Emitters final : public recording::Wire {
 public:
  enum class Manner {
    never_waits,     ///< A run: what a slow receiver does not take is dropped.
    waits_for_room,  ///< A replay: nothing hurries it.
  };
  Emitters(const std::vector<Target>& targets, Manner manner);

  void statsd(std::string_view datagram) override { put(Protocol::statsd, 0, datagram); }
  void segment(std::string_view json) override { put(Protocol::xray, 0, json); }
  void otlp(models::telemetry::OtlpSignal signal, std::string_view json) override {
    put(Protocol::otlp, static_cast<MessageKind>(signal), json);
  }

  /// There is a receiver for it.
  [[nodiscard]] bool wants(Protocol protocol) const;
  /// Nothing follows: waits for what is under way, at most so long in all and while `goes_on`. In
  /// the order in which the receivers were given.
  std::vector<Outcome> finish(Wall::duration patience, const std::function<bool()>& goes_on);

 private:
  void put(Protocol protocol, MessageKind kind, std::string_view text);

  Manner manner_;
  std::vector<std::unique_ptr<Courier>> couriers_;
};

/// "statsd=127.0.0.1:8125: 1234 sent, 5 dropped (the queue for it was full), 6 lost (nobody listens
/// there)".
[[nodiscard]] std::string to_text(const Outcome& outcome);
/// [{"target","sent","dropped","lost","trouble"}]; `trouble` is null where there was none.
[[nodiscard]] std::string to_json(const std::vector<Outcome>& outcomes);

}  // namespace hoplab::report::live
