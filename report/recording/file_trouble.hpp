// What the world outside does to us: a full disk, a missing folder, a file of someone else.
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>

namespace hoplab::report::recording {

/// A file could not be read or written; `what()` names it and says why. Exit code 4.
class FileTrouble : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A directory is not a finished recording, or is damaged. Exit code 3.
class BadRecording : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws FileTrouble: "cannot write DIR/x: No space left on device".
[[noreturn]] inline void fail_with_errno(const std::string& what, const std::string& path,
                                         int error) {
  throw FileTrouble("cannot " + what + " " + path + ": " + std::generic_category().message(error));
}

}  // namespace hoplab::report::recording
