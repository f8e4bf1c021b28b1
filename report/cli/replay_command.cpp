#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "report/cli/commands.hpp"
#include "report/cli/console.hpp"
#include "report/cli/exit_code.hpp"
#include "report/cli/live_session.hpp"
#include "report/cli/watch.hpp"
#include "report/live/player.hpp"
#include "report/live/recorded_pages.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/json_text.hpp"
#include "report/writers/run_report.hpp"

namespace hoplab::report::cli {
namespace {

using live::Protocol;

struct Played {
  std::uint64_t datagrams = 0;
  std::uint64_t segments = 0;
  std::uint64_t otlp_documents = 0;
};

bool no_signal() { return noted_signal() == 0; }

sim::WallTime instant_of(const std::string& text) {
  const auto instant = sim::parse_iso8601(text);
  if (!instant) throw recording::BadRecording("MANIFEST.json: no instant: " + text);
  return *instant;
}

void send(live::Emitters& emitters, const live::Played& message, Played& played) {
  if (message.protocol == Protocol::statsd) {
    ++played.datagrams;
    emitters.statsd(message.text);
  } else if (message.protocol == Protocol::xray) {
    ++played.segments;
    emitters.segment(message.text);
  } else {
    ++played.otlp_documents;
    emitters.otlp(static_cast<models::telemetry::OtlpSignal>(message.kind), message.text);
  }
}

/// Plays all of it, in its time; false when a signal came.
bool play(const ReplayOptions& options, const recording::Manifest& manifest, LiveSession& session,
          Played& played) {
  const sim::WallTime start = instant_of(manifest.simulated_from);
  const sim::Duration length = instant_of(manifest.simulated_to) - start;
  Watch watch({.wall = std::nullopt,
               .memory = std::nullopt,
               .simulated = length,
               .shows_progress = stderr_is_terminal()});
  const auto keep_pace = [&](sim::Duration at) {
    return session.keep_pace(at, [&] { return watch.go_on(sim::SimTime(at)); });
  };
  if (!keep_pace(sim::Duration::zero())) return false;
  live::Emitters* const emitters = session.emitters();
  live::Player player(options.recording, manifest, [&](Protocol protocol) {
    return emitters != nullptr && emitters->wants(protocol);
  });
  constexpr std::uint64_t messages_between_looks = 256;
  sim::Duration looked{};
  std::uint64_t messages = 0;
  for (auto message = player.next(); message; message = player.next()) {
    // A host's clock may be off: what it dated before the start goes at the start.
    const sim::Duration at = std::max(looked, message->at - start);
    const bool is_due = at - looked >= session.look_every() && !options.live.pace.is_max();
    if (is_due || messages % messages_between_looks == 0) {
      if (!keep_pace(at)) return false;
      looked = at;
    }
    ++messages;
    send(*emitters, *message, played);
  }
  return keep_pace(length);
}

void print_result(const ReplayOptions& options, const Played& played, const std::string& outcomes) {
  if (!options.json) {
    print(fmt::format("{} datagrams, {} segments, {} OTLP documents played\n", played.datagrams,
                      played.segments, played.otlp_documents));
    return;
  }
  print(
      fmt::format("{{\"schema\":\"hoplab.replay/1\",\"recording\":{},\"datagrams\":{},"
                  "\"segments\":{},\"otlpDocuments\":{},\"live\":{}}}\n",
                  recording::json_string(options.recording), played.datagrams, played.segments,
                  played.otlp_documents, outcomes.empty() ? "[]" : outcomes));
}

}  // namespace

int replay_command(const ReplayOptions& options) {
  const recording::Manifest manifest = writers::read_finished_manifest(options.recording);
  live::RecordedPages pages(options.recording, manifest);
  if (options.live.serve_port && pages.envoys().empty()) {
    throw recording::BadRecording(options.recording +
                                  " has no pages to serve: no envoy/<task>/stats.prom in it");
  }
  note_signals();
  LiveSession session(options.live, live::Emitters::Manner::waits_for_room);
  session.open(pages);
  Played played;
  const bool is_whole = play(options, manifest, session, played);
  const std::string outcomes = session.finish_sending(!is_whole, no_signal);
  if (!is_whole) {
    complain(fmt::format("stopped: signal {}", noted_signal()));
    return exit_signal_base + noted_signal();
  }
  print_result(options, played, outcomes);
  session.linger(no_signal);
  return exit_all_held;
}

}  // namespace hoplab::report::cli
