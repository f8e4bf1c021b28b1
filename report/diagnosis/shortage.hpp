// What the tasks of a callee lack: CPU or memory, of their machine or up to their own limit.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "report/diagnosis/citation.hpp"

namespace hoplab::report::diagnosis {

struct Facts;
struct Evidence;
struct ContainerEnd;

struct Shortage {
  enum class Kind : std::uint8_t {
    nothing,
    machine_cpu,     ///< Others than its task have taken the machine's CPU.
    cpu_credits,     ///< A burstable machine has used up its credits and fell to its baseline.
    task_cpu,        ///< The task is at its CPU limit, and none of its containers took it there.
    task_memory,     ///< The task's memory has grown nearly to its limit.
    machine_memory,  ///< The machine's memory is full, and the kernel killed one that was not to
                     ///< blame.
  };
  Kind kind = Kind::nothing;
  std::vector<Citation> evidence;  ///< What says so; never empty but for `nothing`.
};

/// "cpu-credits"; "" of `nothing`.
[[nodiscard]] std::string_view name_of(Shortage::Kind kind);

/// What the affected tasks lack. Requires all other facts of the episode.
[[nodiscard]] Shortage shortage_of(const Facts& facts);

/// Datapoints that say that a container was killed because its machine's memory was full: exit
/// code 137 without a reason, nobody had asked it to stop, its own memory was below its limit, and
/// the tasks of its machine had taken what the machine has. Empty where they do not say so.
[[nodiscard]] std::vector<Citation> machine_memory_was_full(const Evidence& evidence,
                                                            const ContainerEnd& end);

}  // namespace hoplab::report::diagnosis
