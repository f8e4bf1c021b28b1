// The yardstick: shape W3 on a std::priority_queue and nothing else. No world, no telemetry, no
// names; the same random streams and the same histogram as hoplab's. What hoplab needs per request
// is told as a ratio to this program, measured in the same run on the same machine.
//
// Shape: Poisson arrivals, 500/s -> front (4 workers, exp 2 ms) -> middle (4, exp 3 ms) -> back
// (8, exp 5 ms), first come first served; a worker is free again while it waits for a call; 0.5 ms
// for each of the six network hops. Known answer: p50 11.83 ms, p99 33.2 ms.
//
// With a FILE it also writes there, for each request, the five lines of Envoy's default format that
// two Envoys a hop would: the plain way, with {fmt} into a buffer of 64 KiB.
//
// Prints one "name value" per line. usage: bare_heap [REQUESTS [SEED [FILE]]]
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <iterator>
#include <memory>
#include <queue>
#include <string>
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

constexpr std::size_t lines_per_request = 5;  ///< In, out, in, out, in.

/// When each of a request's lines began and ended.
struct Spans {
  std::array<std::int64_t, lines_per_request> began{};
  std::array<std::int64_t, lines_per_request> ended{};
};

class AccessLog {
 public:
  AccessLog(const char* path, std::uint64_t seed)
      : file_(path == nullptr ? nullptr : std::fopen(path, "w")),
        ids_(Rng::stream(seed, "request-ids")) {}
  ~AccessLog() { flush(); }
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  [[nodiscard]] bool is_open() const { return file_ != nullptr; }
  [[nodiscard]] std::uint64_t lines() const { return lines_; }

  void write(const Spans& spans) {
    const std::uint64_t high = ids_.bits();
    const std::uint64_t low = ids_.bits();
    for (std::size_t line = lines_per_request; line-- > 0;) {
      write_line(line, spans.began[line], spans.ended[line], high, low);
    }
    if (text_.size() >= buffer_size) flush();
  }
  void flush() {
    if (file_ != nullptr) std::fwrite(text_.data(), 1, text_.size(), file_.get());
    text_.clear();
  }

 private:
  static constexpr std::size_t buffer_size = 65536;
  static constexpr std::int64_t first_ms = 1'767'614'400'000;  // 2026-01-05T12:00:00Z
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void write_line(std::size_t line, std::int64_t began, std::int64_t ended, std::uint64_t high,
                  std::uint64_t low) {
    static constexpr std::array<const char*, lines_per_request> authorities = {
        "front.local:8080", "middle.local:8080", "middle.local:8080", "back.local:8080",
        "back.local:8080"};
    static constexpr std::array<const char*, lines_per_request> hosts = {
        "127.0.0.1:8080", "10.0.23.117:8080", "127.0.0.1:8080", "10.0.41.9:8080", "127.0.0.1:8080"};
    const std::int64_t start_ms = first_ms + began / 1'000'000;
    if (start_ms / 1000 != second_) {
      second_ = start_ms / 1000;
      second_text_ = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(std::time_t{second_}));
    }
    const std::int64_t duration = (ended - began) / 1'000'000;
    fmt::format_to(std::back_inserter(text_),
                   "[{}.{:03}Z] \"GET / HTTP/1.1\" 200 - 0 {} {} {} \"-\" \"k6/0.49.0\" "
                   "\"{:08x}-{:04x}-{:04x}-{:04x}-{:012x}\" \"{}\" \"{}\"\n",
                   second_text_, start_ms % 1000, 1024, duration, duration, high >> 32,
                   (high >> 16) & 0xffffU, high & 0xffffU, low >> 48, low & 0xffffffffffffU,
                   authorities[line], hosts[line]);
    ++lines_;
  }

  std::unique_ptr<std::FILE, Closer> file_;
  Rng ids_;
  std::string text_;
  std::int64_t second_ = -1;
  std::string second_text_;
  std::uint64_t lines_ = 0;
};

class BareHeap {
 public:
  BareHeap(std::uint64_t requests, std::uint64_t seed, AccessLog& log)
      : log_(log),
        requests_left_(requests),
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
    if (log_.is_open()) spans_[event.request].began[2U * event.station] = event.time;
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
    if (log_.is_open()) note_line(event, is_last);
    push(event.time + hop_ns, is_last ? Kind::back_at : Kind::at_station, event.request,
         is_last ? std::uint8_t{2} : next_station);
  }

  /// The innermost line ends where the others' calls begin.
  void note_line(const Event& event, bool is_last) {
    Spans& spans = spans_[event.request];
    const std::size_t out = 2U * event.station + 1U;
    (is_last ? spans.ended[out - 1] : spans.began[out]) = event.time;
  }

  void go_back(const Event& event) {
    if (log_.is_open()) {
      Spans& spans = spans_[event.request];
      if (event.station < 2) {
        spans.ended[2U * event.station + 1U] = event.time - hop_ns;
        spans.ended[2U * event.station] = event.time - hop_ns;
      }
      if (event.station == 0) log_.write(spans);
    }
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
      spans_.emplace_back();
      return static_cast<std::uint32_t>(started_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    started_[slot] = now;
    return slot;
  }

  AccessLog& log_;
  std::uint64_t requests_left_;
  std::uint64_t sequence_ = 0;
  std::uint64_t events_ = 0;
  Rng arrivals_;
  std::array<Station, stations_count> stations_;
  std::priority_queue<Event, std::vector<Event>, Later> heap_;
  std::vector<std::int64_t> started_;
  std::vector<Spans> spans_;  ///< By slot, as started_.
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
  const char* const file = argc > 3 ? argv[3] : nullptr;
  AccessLog log(file, seed);
  if (file != nullptr && !log.is_open()) return 4;
  BareHeap bare(requests, seed, log);
  const auto start = std::chrono::steady_clock::now();
  bare.run();
  log.flush();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  fmt::print("requests {}\nevents {}\n", bare.answers().count(), bare.events());
  fmt::print("lines {}\n", log.lines());
  fmt::print("requests_per_s {:.0f}\n", static_cast<double>(requests) / wall.count());
  fmt::print("ns_per_event {:.1f}\n", wall.count() * 1e9 / static_cast<double>(bare.events()));
  if (bare.answers().empty()) return 0;
  fmt::print("p50_ms {:.3f}\n", in_milliseconds(bare.answers().quantile(Ratio(0.5))));
  fmt::print("p99_ms {:.3f}\n", in_milliseconds(bare.answers().quantile(Ratio(0.99))));
}
