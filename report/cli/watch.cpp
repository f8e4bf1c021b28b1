#include "report/cli/watch.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>

#include <fmt/format.h>

namespace hoplab::report::cli {
namespace {

// A signal handler can reach nothing but a global; this is the only one of the program.
std::atomic<int> first_signal{0};
static_assert(std::atomic<int>::is_always_lock_free, "a handler may only use lock-free atomics");

extern "C" void hoplab_note_signal(int signal) {
  int none = 0;
  first_signal.compare_exchange_strong(none, signal);
}

/// Bytes in physical memory; 0 where the kernel does not say.
std::int64_t resident_bytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  long long size = 0;
  long long resident = 0;
  const int read = std::fscanf(file, "%lld %lld", &size, &resident);
  std::fclose(file);
  return read == 2 ? resident * ::sysconf(_SC_PAGESIZE) : 0;
}

}  // namespace

void note_signals() {
  struct sigaction action {};
  action.sa_handler = hoplab_note_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int noted_signal() { return first_signal.load(); }

Watch::Watch(const Limits& limits) : limits_(limits), started_(Clock::now()), shown_(started_) {}

Watch::~Watch() {
  if (has_shown_) std::fputs("\r\x1b[K", stderr);
}

bool Watch::go_on(sim::SimTime now) {
  note_signals();
  if (noted_signal() != 0) return false;
  const auto elapsed = Clock::now() - started_;
  if (limits_.wall && elapsed > *limits_.wall) {
    limit_hit_ = "--max-wall " + sim::format(*limits_.wall);
    return false;
  }
  // Reading the memory figure costs microseconds, a few thousand events hardly more.
  constexpr std::uint64_t calls_per_memory_check = 16;
  if (limits_.memory && calls_++ % calls_per_memory_check == 0 &&
      resident_bytes() > limits_.memory->count()) {
    limit_hit_ = "--max-memory " + sim::format(*limits_.memory);
    return false;
  }
  if (limits_.shows_progress) show_progress(now, elapsed);
  return true;
}

void Watch::show_progress(sim::SimTime now, Clock::duration elapsed) {
  constexpr auto quiet_at_first = std::chrono::seconds(1);
  constexpr auto pause = std::chrono::milliseconds(200);
  const auto instant = started_ + elapsed;
  if (elapsed < quiet_at_first || instant - shown_ < pause) return;
  shown_ = instant;
  has_shown_ = true;
  const sim::Duration simulated = now.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(simulated);
  const double speed = sim::in_seconds(simulated) / std::chrono::duration<double>(elapsed).count();
  const std::string line = fmt::format("\r\x1b[Ksimulated {} of {}, {:.0f} times real time",
                                       sim::format(seconds), sim::format(limits_.simulated), speed);
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace hoplab::report::cli
