// What is fed with random bytes: every reader of files that people bring, and of what they ask.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "scenarios/schema/load.hpp"

namespace hoplab::fuzz {

struct Target {
  std::string_view name;  ///< Of the folder of its corpus, too.
  /// Reads `bytes` and aborts when the reader breaks a promise: whatever it refuses it tells, with
  /// a place.
  void (*run)(std::string_view bytes);
};

[[nodiscard]] std::span<const Target> targets();
/// Null when there is none of this name.
[[nodiscard]] const Target* find_target(std::string_view name);

/// A fault action for each kind of target and of parameter: the reader needs no others, and without
/// the models the fuzzer is built in a minute.
[[nodiscard]] const std::vector<scenarios::FaultAction>& fault_actions();

}  // namespace hoplab::fuzz
