// Names of log groups, streams and tasks as names of files, and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hoplab::report::recording {

/// A file or folder name for any text: letters, digits, '-', '_' and '.' stay, every other byte
/// becomes %XX ("/ecs/a/envoy" -> "%2Fecs%2Fa%2Fenvoy"), and so does a leading dot. A result of
/// more than 200 bytes is cut and gets "%~" and a 64-bit hash of the whole text; only such a name
/// cannot be read back (logs/index.json has the true one). Empty text gives "%".
[[nodiscard]] std::string escaped_name(std::string_view text);

/// The inverse; nothing for a name that escaped_name would not give, or that was cut.
[[nodiscard]] std::optional<std::string> unescaped_name(std::string_view name);

/// A path as a place below a recording: unchanged when it is relative and stays below where it
/// starts, else escaped as one name.
[[nodiscard]] std::string path_below(std::string_view path);

}  // namespace hoplab::report::recording
