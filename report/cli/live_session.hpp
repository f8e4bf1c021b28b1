// The live side of a run or a replay: its pace, its receivers, its pages.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "report/cli/options.hpp"
#include "report/live/emitters.hpp"
#include "report/live/questions.hpp"
#include "report/live/site.hpp"
#include "sim/units.hpp"

namespace hoplab::report::cli {

/// Everything here happens on the thread that makes it, but for sending and for taking requests.
///
/// Errors: NetworkTrouble and BadTarget from the constructor.
class LiveSession {
 public:
  using GoesOn = std::function<bool()>;
  LiveSession(const LiveOptions& options, live::Emitters::Manner manner);
  ~LiveSession();
  LiveSession(const LiveSession&) = delete;
  LiveSession& operator=(const LiveSession&) = delete;

  /// Null when nothing is sent.
  [[nodiscard]] live::Emitters* emitters() { return emitters_ ? &*emitters_ : nullptr; }
  /// How much simulated time may pass between two looks; zero: any.
  [[nodiscard]] sim::Duration look_every() const;

  /// From now on requests are answered from `pages`; says on stderr where. They outlive this.
  void open(live::EnvoyPages& pages);
  /// Simulated time has come so far: answers requests, and waits until the wall clock has come as
  /// far. `goes_on` is asked at once and every 50 ms at most; false when it said so.
  bool keep_pace(sim::Duration simulated, const GoesOn& goes_on);
  /// Nothing follows: waits until all has been sent, 5 s at most and while `goes_on`; not at all
  /// after what was cut short. Tells on stderr what became of the messages, and returns it as JSON
  /// (an array; "" where nothing was to be sent).
  std::string finish_sending(bool is_cut_short, const GoesOn& goes_on);
  /// Goes on serving, as long as it was asked for.
  void linger(const GoesOn& goes_on);

 private:
  void answer();

  LiveOptions options_;
  std::optional<live::Emitters> emitters_;
  live::Questions questions_;
  live::EnvoyPages* pages_ = nullptr;
  std::unique_ptr<live::HttpServer> server_;  ///< Below the questions that it puts.
  std::optional<live::Wall::time_point> started_;
};

}  // namespace hoplab::report::cli
