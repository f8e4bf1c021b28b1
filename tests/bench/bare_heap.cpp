// The yardstick: shape W3 on a std::priority_queue and nothing else. No world, no telemetry, no
// names; the same random streams and the same histogram as hoplab's. What hoplab needs per request
// is told as a ratio to this program, measured in the same run on the same machine.
//
// Shape: Poisson arrivals, 500/s -> front (4 workers, exp 2 ms) -> middle (4, exp 3 ms) -> back
// (8, exp 5 ms), first come first served; a worker is free again while it waits for a call; 0.5 ms
// for each of the six network hops. Known answer: p50 11.83 ms, p99 33.2 ms.
//
// Prints one "name value" per line. usage: bare_heap [REQUESTS [SEED]]
#include <fmt/core.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <deque>
#include <queue>
#include <vector>

#include "sim/histogram.hpp"
#include "sim/random.hpp"
#include "sim/units.hpp"

namespace {

using hoplab::sim::Duration;
using hoplab::sim::Histogram;
using hoplab::sim::Ratio;
using hoplab::sim::Rng;
using hoplab::sim::seconds_to_duration;

constexpr std::int64_t hop_ns = 500'000;
constexpr double rate_per_second = 500;
constexpr std::uint8_t stations_count = 3;

enum class Kind : std::uint8_t { arrival, at_station, served, back_at };

struct Event {
  std::int64_t time;
  std::uint64_t sequence;
  std::uint32_t request;
  Kind kind;
  std::uint8_t station;  ///< For back_at: how many hops are left.
};

struct Later {
  bool operator()(const Event& a, const Event& b) const {
    return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
  }
};

struct Station {
  Rng chance;
  double mean_s;
  int free_workers;
  std::deque<std::uint32_t> waiting;
};

class BareHeap {
 public:
  BareHeap(std::uint64_t requests, std::uint64_t seed)
      : requests_left_(requests),
        arrivals_(Rng::stream(seed, "arrivals")),
        stations_{{{Rng::stream(seed, "front"), 0.002, 4, {}},
                   {Rng::stream(seed, "middle"), 0.003, 4, {}},
                   {Rng::stream(seed, "back"), 0.005, 8, {}}}} {}

  void run() {
    if (requests_left_ > 0) next_arrival(0);
    while (!heap_.empty()) {
      const Event event = heap_.top();
      heap_.pop();
      ++events_;
      happen(event);
    }
  }

  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] const Histogram& answers() const { return answers_; }

 private:
  void push(std::int64_t time, Kind kind, std::uint32_t request, std::uint8_t station) {
    heap_.push({time, sequence_++, request, kind, station});
  }

  void next_arrival(std::int64_t now) {
    --requests_left_;
    const auto gap = seconds_to_duration(arrivals_.exponential(1.0 / rate_per_second));
    push(now + gap.count(), Kind::arrival, 0, 0);
  }

  void happen(const Event& event) {
    switch (event.kind) {
      case Kind::arrival:
        push(event.time + hop_ns, Kind::at_station, take_slot(event.time), 0);
        if (requests_left_ > 0) next_arrival(event.time);
        break;
      case Kind::at_station:
        arrive(event);
        break;
      case Kind::served:
        leave(event);
        break;
      case Kind::back_at:
        go_back(event);
        break;
    }
  }

  void arrive(const Event& event) {
    Station& station = stations_[event.station];
    if (station.free_workers == 0) {
      station.waiting.push_back(event.request);
      return;
    }
    --station.free_workers;
    serve(event.time, event.request, event.station);
  }

  void serve(std::int64_t now, std::uint32_t request, std::uint8_t index) {
    Station& station = stations_[index];
    const auto span = seconds_to_duration(station.chance.exponential(station.mean_s));
    push(now + span.count(), Kind::served, request, index);
  }

  void leave(const Event& event) {
    Station& station = stations_[event.station];
    if (station.waiting.empty()) {
      ++station.free_workers;
    } else {
      const std::uint32_t next = station.waiting.front();
      station.waiting.pop_front();
      serve(event.time, next, event.station);
    }
    const auto next_station = static_cast<std::uint8_t>(event.station + 1);
    const bool is_last = next_station == stations_count;
    push(event.time + hop_ns, is_last ? Kind::back_at : Kind::at_station, event.request,
         is_last ? std::uint8_t{2} : next_station);
  }

  void go_back(const Event& event) {
    if (event.station > 0) {
      push(event.time + hop_ns, Kind::back_at, event.request,
           static_cast<std::uint8_t>(event.station - 1));
      return;
    }
    answers_.add(Duration(event.time - started_[event.request]));
    free_.push_back(event.request);
  }

  std::uint32_t take_slot(std::int64_t now) {
    if (free_.empty()) {
      started_.push_back(now);
      return static_cast<std::uint32_t>(started_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    started_[slot] = now;
    return slot;
  }

  std::uint64_t requests_left_;
  std::uint64_t sequence_ = 0;
  std::uint64_t events_ = 0;
  Rng arrivals_;
  std::array<Station, stations_count> stations_;
  std::priority_queue<Event, std::vector<Event>, Later> heap_;
  std::vector<std::int64_t> started_;
  std::vector<std::uint32_t> free_;
  Histogram answers_;
};

// The whole of `text` as a number, or `otherwise` where there is none.
std::uint64_t number_or(const char* text, std::uint64_t otherwise) {
  if (text == nullptr) return otherwise;
  std::uint64_t value = 0;
  const char* end = text + std::strlen(text);
  const auto result = std::from_chars(text, end, value);
  return result.ec == std::errc{} && result.ptr == end ? value : otherwise;
}

double in_milliseconds(Duration span) { return static_cast<double>(span.count()) / 1e6; }

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t requests = number_or(argc > 1 ? argv[1] : nullptr, 1'000'000);
  const std::uint64_t seed = number_or(argc > 2 ? argv[2] : nullptr, 1);
  BareHeap bare(requests, seed);
  const auto start = std::chrono::steady_clock::now();
  bare.run();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  fmt::print("requests {}\nevents {}\n", bare.answers().count(), bare.events());
  fmt::print("requests_per_s {:.0f}\n", static_cast<double>(requests) / wall.count());
  fmt::print("ns_per_event {:.1f}\n", wall.count() * 1e9 / static_cast<double>(bare.events()));
  if (bare.answers().empty()) return 0;
  fmt::print("p50_ms {:.3f}\n", in_milliseconds(bare.answers().quantile(Ratio(0.5))));
  fmt::print("p99_ms {:.3f}\n", in_milliseconds(bare.answers().quantile(Ratio(0.99))));
}
