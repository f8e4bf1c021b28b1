// This program, started again: SimGrid takes one engine a process, so each run of a suite is one.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace hoplab::report::cli {

class ChildProcesses {
 public:
  struct Ended {
    std::size_t ticket = 0;
    int status = 0;  ///< As waitpid gives it.
    std::string out;
    std::string err;  ///< The last 64 KiB.
    std::chrono::nanoseconds wall{};
  };

  ChildProcesses() = default;
  /// Kills what still runs.
  ~ChildProcesses();
  ChildProcesses(const ChildProcesses&) = delete;
  ChildProcesses& operator=(const ChildProcesses&) = delete;

  /// Starts this program with `arguments`; `ticket` is how the caller knows it again. A child does
  /// not outlive its parent, however that ends. Throws FileTrouble when the system has no process
  /// to give.
  void start(std::size_t ticket, const std::vector<std::string>& arguments);
  /// Those that have ended, after `patience` at most; fewer than all may be told at a time. A
  /// signal ends the wait.
  [[nodiscard]] std::vector<Ended> wait(std::chrono::milliseconds patience);
  void send(std::size_t ticket, int signal) const;
  void send_all(int signal) const;
  [[nodiscard]] std::size_t running() const { return children_.size(); }

 private:
  using Clock = std::chrono::steady_clock;
  struct Child {
    std::size_t ticket = 0;
    pid_t process = 0;
    int out = -1;  ///< Ends of the pipes; -1 once the other side is closed.
    int err = -1;
    Clock::time_point started;
    std::string out_text;
    std::string err_text;
  };

  void read_what_is_there(std::chrono::milliseconds patience);

  std::vector<Child> children_;
};

}  // namespace hoplab::report::cli
