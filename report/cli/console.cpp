#include "report/cli/console.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "report/recording/file_trouble.hpp"
#include "report/writers/text_layout.hpp"

namespace hoplab::report::cli {

void print(std::string_view answer) {
  const std::string shown = stdout_is_terminal() ? writers::for_terminal(answer) : std::string();
  const std::string_view text = shown.empty() ? answer : shown;
  const std::size_t taken = std::fwrite(text.data(), 1, text.size(), stdout);
  if (taken != text.size() || std::fflush(stdout) != 0) {
    recording::fail_with_errno("write", "standard output", errno);
  }
}

void complain(std::string_view text) { print_error("hoplab: " + std::string(text) + "\n"); }

void print_error(std::string_view text) {
  const std::string shown = stderr_is_terminal() ? writers::for_terminal(text) : std::string(text);
  std::fwrite(shown.data(), 1, shown.size(), stderr);
}

void print_diagnostics(const sim::Diagnostics& diagnostics, bool with_notes) {
  for (const auto& diagnostic : diagnostics.sorted()) {
    if (diagnostic.severity == sim::Severity::note && !with_notes) continue;
    print_error(sim::to_string(diagnostic) + "\n");
  }
}

bool stdout_wants_colour() {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  const bool is_refused = no_color != nullptr && no_color[0] != '\0';
  const bool is_dumb = term == nullptr || std::string_view(term) == "dumb";
  return !is_refused && !is_dumb && ::isatty(STDOUT_FILENO) == 1;
}

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }
bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

}  // namespace hoplab::report::cli
