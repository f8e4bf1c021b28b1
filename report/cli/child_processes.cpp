#include "report/cli/child_processes.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "report/recording/file_trouble.hpp"

namespace hoplab::report::cli {
namespace {

constexpr const char* own_binary = "/proc/self/exe";
constexpr int exit_not_started = 127;
constexpr std::size_t err_text_max = std::size_t{64} * 1024;

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    recording::fail_with_errno("make", "a pipe to a run", errno);
  }
  return {ends[0], ends[1]};
}

/// Between fork and exec; everything here is safe in a copy of any process.
[[noreturn]] void become(char* const* argv, const Pipe& out, const Pipe& err, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(exit_not_started);  // It has died in the meantime.
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const bool is_set = ::dup2(nothing, STDIN_FILENO) >= 0 &&
                      ::dup2(out.write_end, STDOUT_FILENO) >= 0 &&
                      ::dup2(err.write_end, STDERR_FILENO) >= 0;
  if (is_set) ::execv(own_binary, argv);
  ::_exit(exit_not_started);
}

/// Closes the descriptor and forgets it when nothing more will come.
void read_some(int& descriptor, std::string& text) {
  std::array<char, 65'536> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): read fills it.
  const ssize_t taken = ::read(descriptor, chunk.data(), chunk.size());
  if (taken > 0) {
    text.append(chunk.data(), static_cast<std::size_t>(taken));
  } else if (taken == 0 || errno != EINTR) {
    ::close(descriptor);
    descriptor = -1;
  }
}

int wait_status(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

ChildProcesses::~ChildProcesses() {
  send_all(SIGKILL);
  for (const Child& child : children_) {
    for (const int descriptor : {child.out, child.err}) {
      if (descriptor >= 0) ::close(descriptor);
    }
    static_cast<void>(wait_status(child.process));
  }
}

void ChildProcesses::start(std::size_t ticket, const std::vector<std::string>& arguments) {
  std::string name = "hoplab";
  std::vector<std::string> words = arguments;
  std::vector<char*> argv{name.data()};
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const Pipe out = make_pipe();
  const Pipe err = make_pipe();
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process == 0) become(argv.data(), out, err, parent);
  const int error = errno;
  ::close(out.write_end);
  ::close(err.write_end);
  if (process < 0) {
    ::close(out.read_end);
    ::close(err.read_end);
    recording::fail_with_errno("start", "a run", error);
  }
  children_.push_back({ticket, process, out.read_end, err.read_end, Clock::now(), "", ""});
}

void ChildProcesses::read_what_is_there(std::chrono::milliseconds patience) {
  std::vector<pollfd> polled;
  for (const Child& child : children_) {
    polled.push_back({child.out, POLLIN, 0});  // poll passes over a descriptor of -1.
    polled.push_back({child.err, POLLIN, 0});
  }
  if (::poll(polled.data(), polled.size(), static_cast<int>(patience.count())) <= 0) return;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    Child& child = children_[i];
    if (polled[2 * i].revents != 0) read_some(child.out, child.out_text);
    if (polled[2 * i + 1].revents != 0) read_some(child.err, child.err_text);
    if (child.err_text.size() > 2 * err_text_max) {
      child.err_text.erase(0, child.err_text.size() - err_text_max);
    }
  }
}

std::vector<ChildProcesses::Ended> ChildProcesses::wait(std::chrono::milliseconds patience) {
  read_what_is_there(patience);
  std::vector<Ended> ended;
  std::vector<Child> left;
  for (Child& child : children_) {
    if (child.out >= 0 || child.err >= 0) {
      left.push_back(std::move(child));
      continue;
    }
    if (child.err_text.size() > err_text_max) {
      child.err_text.erase(0, child.err_text.size() - err_text_max);
    }
    ended.push_back({child.ticket, wait_status(child.process), std::move(child.out_text),
                     std::move(child.err_text), Clock::now() - child.started});
  }
  children_ = std::move(left);
  return ended;
}

void ChildProcesses::send(std::size_t ticket, int signal) const {
  for (const Child& child : children_) {
    if (child.ticket == ticket) ::kill(child.process, signal);
  }
}

void ChildProcesses::send_all(int signal) const {
  for (const Child& child : children_) ::kill(child.process, signal);
}

}  // namespace hoplab::report::cli
