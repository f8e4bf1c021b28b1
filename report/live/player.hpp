// A finished recording, played again: what went over the network, in the order of its times.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/live/outbox.hpp"
#include "report/live/target.hpp"
#include "report/recording/manifest.hpp"

namespace hoplab::report::live {

/// One message of a recording; `text` is good until the next call.
struct Played {
  sim::WallTime at;
  Protocol protocol = Protocol::statsd;
  MessageKind kind = 0;
  std::string_view text;
};

/// Merges the datagrams of all tasks, the segments and the OTLP documents of a recording by time. A
/// datagram has its instant beside it, a segment goes when it ends, an OTLP document at the latest
/// instant in it. Within a file the order of the lines stays.
///
/// Errors: FileTrouble; BadRecording names the file and line that is no message.
/// Memory: at most 32 MiB of buffers, or 1 KiB a file and its longest line; no file stays open.
class Player {
 public:
  using Wants = std::function<bool(Protocol)>;
  Player(const std::filesystem::path& recording, const recording::Manifest& manifest,
         const Wants& wants);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  /// The next message; nothing when all have been played.
  [[nodiscard]] std::optional<Played> next();

 private:
  class Source;
  void arm(std::size_t source);

  std::vector<std::unique_ptr<Source>> sources_;
  /// (time, source), a heap with the earliest first.
  std::vector<std::pair<std::int64_t, std::size_t>> queue_;
  std::optional<std::size_t> last_;  ///< The source whose message was given out last.
};

}  // namespace hoplab::report::live
