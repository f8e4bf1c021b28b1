// The words for verdicts, and what tells each from its neighbours.
#include <array>
#include <cstddef>

#include "report/diagnosis/conclude.hpp"

namespace hoplab::report::diagnosis {

std::string_view to_string(Verdict verdict) {
  static constexpr std::array<std::string_view, 11> names = {
      "network.blocked", "network.latency",  "app.crashed",
      "app.oom",         "app.hung",         "app.infinite-loop",
      "host.overloaded", "app.slow-version", "app.failing-version",
      "undetermined",    "healthy",
  };
  return names.at(static_cast<std::size_t>(verdict));
}

std::string next_check(Verdict verdict, const std::string& callee) {
  switch (verdict) {
    case Verdict::network_blocked:
      return "the security group, then the network ACL and the route tables between the callers "
             "and " +
             callee;
    case Verdict::network_latency:
      return "the round trip and the retransmissions between the two hosts (ping, ss -ti), and "
             "whether it is one host or a zone";
    case Verdict::app_crashed:
      return "the last lines of " + callee +
             "'s application before the end, and its core or exit "
             "path";
    case Verdict::app_oom:
      return "the memory of " + callee +
             " over its last hour against its limit, then a heap "
             "profile";
    case Verdict::app_hung:
      return "a thread dump of " + callee + ": what do its workers wait for?";
    case Verdict::app_infinite_loop:
      return "a CPU profile or thread dump of " + callee + ": where does it spin?";
    case Verdict::host_overloaded:
      return "who else runs on the host of " + callee +
             ", and what CPU and memory it takes (top, docker stats)";
    case Verdict::app_slow_version:
      return "what the slow requests of " + callee + " have in common, and its last deployment";
    case Verdict::app_failing_version:
      return "the stderr lines of " + callee + "'s failing requests, and its last deployment";
    case Verdict::undetermined:
    case Verdict::healthy:
      return "";
  }
  return "";
}

std::string next_check(Shortage::Kind kind, const std::string& callee) {
  switch (kind) {
    case Shortage::Kind::cpu_credits:
      return "CPUCreditBalance of the machine over the last day against what " + callee +
             " needs, and its credit specification (standard or unlimited)";
    case Shortage::Kind::task_cpu:
      return "which process of " + callee +
             "'s task takes its CPU (top in its control group; nr_throttled in cpu.stat)";
    case Shortage::Kind::task_memory:
      return "what fills the memory of " + callee + " (heap, page cache) against its limit";
    case Shortage::Kind::machine_memory:
      return "the kernel's log of the machine (\"Out of memory: Killed process\"), and whose "
             "memory grew on it";
    case Shortage::Kind::machine_cpu:
    case Shortage::Kind::nothing:
      break;
  }
  return next_check(Verdict::host_overloaded, callee);
}

}  // namespace hoplab::report::diagnosis
