// The spans of simulated time that a run is judged and shown by, and the cuts between them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/schema/spec.hpp"
#include "sim/units.hpp"

namespace hoplab::report::recording {

using scenarios::Window;
using sim::Duration;
using sim::SimTime;

/// The end of a window that takes in everything, draining included.
inline constexpr Duration open_end = Duration::max();

/// From the first instant to the last, whenever that is.
inline constexpr Window whole_run{Duration::zero(), open_end};

/// A window that people are shown, under a name.
struct NamedWindow {
  enum class Kind { steady, fault };
  Kind kind = Kind::steady;
  std::string name;  ///< "steady state", or the names of the faults that make it.
  Window window;
  bool operator==(const NamedWindow&) const = default;
};

[[nodiscard]] std::string_view to_string(NamedWindow::Kind kind);
/// "0s to 2m", "2m to the end".
[[nodiscard]] std::string span_text(const Window& window);

/// What the report shows: the steady state (from the start to the first fault; the whole run where
/// there is none), then each fault's window in order of its start. Faults of equal windows share
/// one. A steady state of no length is left out.
[[nodiscard]] std::vector<NamedWindow> shown_windows(const scenarios::Scenario& scenario);

/// Simulated time cut at every boundary of every window that will be asked about, so that each
/// window is a run of whole segments.
class Segments {
 public:
  Segments() : cuts_{Duration::zero()} {}
  explicit Segments(const std::vector<Window>& windows);

  [[nodiscard]] std::size_t size() const { return cuts_.size(); }
  /// Instants come in order as a rule, so the last answer is tried first.
  [[nodiscard]] std::size_t index_of(SimTime instant) const;
  /// First and one past the last segment of a window. Its boundaries must be cuts.
  [[nodiscard]] std::pair<std::size_t, std::size_t> range(const Window& window) const;
  /// Half-open; the last one has an open end.
  [[nodiscard]] Window segment(std::size_t index) const;

 private:
  std::vector<Duration> cuts_;  ///< Where each segment begins; the first is 0.
  mutable std::size_t last_ = 0;
};

/// The segments that the scenario's report and expectations need.
[[nodiscard]] Segments segments_for(const scenarios::Scenario& scenario);

}  // namespace hoplab::report::recording
