// Runs a plan's steps on one row.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/event_reader.hpp"
#include "report/insights/node.hpp"
#include "report/insights/plan.hpp"

namespace hoplab::report::insights {

/// Calls `take` for each row that comes out of the steps from `first` on: none where a filter holds
/// it back, several behind unnest.
void run_steps(const std::vector<Step>& steps, std::size_t first, Frame& frame,
               const std::function<void()>& take);

/// An event as a row: the slots that every event has, and the others when they are looked at.
class EventLoader final : public Loader {
 public:
  EventLoader(const Plan& plan, const LogStore& store);

  /// Prepares the frame for an event of a file.
  void take(const RawEvent& event, std::uint32_t file, Frame& frame);
  void load(Need need, Frame& frame) override;

 private:
  const Plan& plan_;
  const LogStore& store_;
  const RawEvent* event_ = nullptr;
  std::uint32_t file_ = 0;
  std::string_view message_;
  std::string buffer_;
  std::string scratch_;
  bool has_message_ = false;
  bool is_readable_ = false;
  bool has_fields_ = false;
};

}  // namespace hoplab::report::insights
