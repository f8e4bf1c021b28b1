#include "report/recording/windows.hpp"

#include <algorithm>

#include "sim/diagnostic.hpp"

namespace hoplab::report::recording {

std::string_view to_string(NamedWindow::Kind kind) {
  return kind == NamedWindow::Kind::steady ? "steady" : "fault";
}

std::string span_text(const Window& window) {
  const std::string end = window.to == open_end ? "the end" : sim::format(window.to);
  return sim::format(window.from) + " to " + end;
}

std::vector<NamedWindow> shown_windows(const scenarios::Scenario& scenario) {
  std::vector<NamedWindow> shown;
  for (const auto& fault : scenario.faults) {
    const Window window{fault.at, fault.lasts ? fault.at + *fault.lasts : open_end};
    const auto same = std::find_if(shown.begin(), shown.end(),
                                   [&](const NamedWindow& w) { return w.window == window; });
    if (same != shown.end()) {
      same->name += " + " + fault.name;
    } else {
      shown.push_back({NamedWindow::Kind::fault, fault.name, window});
    }
  }
  std::stable_sort(shown.begin(), shown.end(),
                   [](const NamedWindow& a, const NamedWindow& b) { return a.window < b.window; });
  const Duration steady_end = shown.empty() ? open_end : shown.front().window.from;
  if (steady_end > Duration::zero()) {
    const char* name = shown.empty() ? "whole run" : "steady state";
    shown.insert(shown.begin(),
                 {NamedWindow::Kind::steady, name, Window{Duration::zero(), steady_end}});
  }
  return shown;
}

Segments::Segments(const std::vector<Window>& windows) : cuts_{Duration::zero()} {
  for (const auto& window : windows) {
    cuts_.push_back(window.from);
    if (window.to != open_end) cuts_.push_back(window.to);
  }
  std::sort(cuts_.begin(), cuts_.end());
  cuts_.erase(std::unique(cuts_.begin(), cuts_.end()), cuts_.end());
}

std::size_t Segments::index_of(SimTime instant) const {
  const Duration since_start = instant.time_since_epoch();
  const bool after_start = cuts_[last_] <= since_start;
  if (after_start && (last_ + 1 == cuts_.size() || since_start < cuts_[last_ + 1])) return last_;
  const auto next = std::upper_bound(cuts_.begin(), cuts_.end(), since_start);
  HOPLAB_ASSERT(next != cuts_.begin(), "no instant lies before the start of the run");
  last_ = static_cast<std::size_t>(next - cuts_.begin()) - 1;
  return last_;
}

std::pair<std::size_t, std::size_t> Segments::range(const Window& window) const {
  const auto place = [this](Duration boundary) {
    const auto cut = std::lower_bound(cuts_.begin(), cuts_.end(), boundary);
    HOPLAB_ASSERT(cut != cuts_.end() && *cut == boundary, "a window was known before the run");
    return static_cast<std::size_t>(cut - cuts_.begin());
  };
  return {place(window.from), window.to == open_end ? cuts_.size() : place(window.to)};
}

Window Segments::segment(std::size_t index) const {
  return {cuts_[index], index + 1 < cuts_.size() ? cuts_[index + 1] : open_end};
}

Segments segments_for(const scenarios::Scenario& scenario) {
  std::vector<Window> windows{whole_run};
  for (const auto& shown : shown_windows(scenario)) windows.push_back(shown.window);
  for (const auto& expectation : scenario.expectations) {
    if (expectation.window) windows.push_back(*expectation.window);
  }
  return Segments(windows);
}

}  // namespace hoplab::report::recording
