// Exact histograms of hops and requests: what access logs in whole milliseconds cannot tell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/recording/windows.hpp"
#include "sim/histogram.hpp"
#include "sim/units.hpp"

namespace hoplab::report::recording {

/// One hop in one span of time.
struct HopFigures {
  sim::Histogram crossed;  ///< How long each crossing took.
  sim::Histogram failed;   ///< How long each failed crossing had been under way.
};

/// The requests of one series in one span of time.
struct RequestFigures {
  sim::Histogram all;  ///< Failed ones included, as k6 has it.
  std::uint64_t failed = 0;
  std::map<int, std::uint64_t> statuses;  ///< 0: no answer at all.
};

/// A call edge and the hops that it crosses, in order and back.
struct ChainOfHops {
  std::string name;  ///< "a -> b".
  std::vector<std::string> hops;
};

/// Every hop and every request of one run, counted by the segment of time in which it ended; any
/// window whose boundaries were known beforehand can be asked about. This is hops.json.
///
/// Cost:   O(1) per record. Memory: per hop and segment in use one histogram (up to 60 KiB).
/// Errors: a window with unknown boundaries is a broken invariant.
class HopBook {
 public:
  explicit HopBook(Segments segments) : segments_(std::move(segments)) {}

  /// Declaring a name again gives the same index: the tasks of one service share their hops.
  std::size_t declare_hop(std::string_view name);
  std::size_t declare_series(std::string_view name);
  void declare_chain(ChainOfHops chain);

  void add_hop(std::size_t hop, SimTime ended, Duration took, bool failed);
  struct Request {
    SimTime ended;
    Duration took{};
    int status = 0;
    bool failed = false;
  };
  void add_request(std::size_t series, const Request& request);

  /// Empty figures for a name that was never declared.
  [[nodiscard]] HopFigures hop(std::string_view name, const Window& window) const;
  [[nodiscard]] RequestFigures requests(std::string_view name, const Window& window) const;
  [[nodiscard]] const std::string& hop_name(std::size_t index) const { return hops_[index].name; }
  [[nodiscard]] std::vector<std::string> hop_names() const;
  [[nodiscard]] std::vector<std::string> series_names() const;
  [[nodiscard]] const std::vector<ChainOfHops>& chains() const { return chains_; }

  /// hops.json, "hoplab.hops/1".
  [[nodiscard]] std::string to_json() const;
  /// The inverse. Throws BadRecording when the text is no such document.
  [[nodiscard]] static HopBook from_json(std::string_view text);

 private:
  template <typename Figures>
  struct Line {
    std::string name;
    std::vector<Figures> by_segment;
  };

  Segments segments_;
  std::vector<Line<HopFigures>> hops_;
  std::vector<Line<RequestFigures>> series_;
  std::map<std::string, std::size_t, std::less<>> hop_index_;
  std::map<std::string, std::size_t, std::less<>> series_index_;
  std::vector<ChainOfHops> chains_;
};

}  // namespace hoplab::report::recording
