#include "tests/bench/process.hpp"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

// POSIX leaves its declaration to the program.
extern char** environ;

namespace hoplab::bench {
namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const auto got = read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(errno, "read");
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

pid_t start(const std::vector<std::string>& arguments, const std::array<int, 2>& pipe_ends) {
  std::vector<char*> words;
  words.reserve(arguments.size() + 1);
  for (const auto& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, pipe_ends[1]);
  pid_t child = 0;
  const int error = posix_spawn(&child, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail(error, arguments[0]);
  return child;
}

int wait_for(pid_t child, double& peak_mib) {
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) fail(errno, "wait4");
  }
  peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;  // It is in KiB.
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Finished run_program(const std::vector<std::string>& arguments) {
  std::array<int, 2> pipe_ends{};
  if (pipe(pipe_ends.data()) != 0) fail(errno, "pipe");
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = start(arguments, pipe_ends);
  close(pipe_ends[1]);
  Finished finished;
  finished.output = read_all(pipe_ends[0]);
  close(pipe_ends[0]);
  finished.exit_code = wait_for(child, finished.peak_mib);
  finished.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return finished;
}

}  // namespace hoplab::bench
