// From DIR.partial to DIR in one step.
#pragma once

#include <filesystem>
#include <string>

#include "report/recording/manifest.hpp"

namespace hoplab::report::recording {

/// The place where one run writes. Everything goes to `DIR.partial/`; `publish` gives it its name
/// when it is whole and durable. Whoever looks at DIR, at any instant and after any crash, finds
/// nothing, or the recording that was there before, or the new one with its manifest.
///
/// While a run writes, `DIR.partial/UNFINISHED.json` says so, and a lock on it keeps a second run
/// away. A `DIR.partial` that a dead run left is removed; one that is not ours is not touched.
///
/// Errors: FileTrouble (exit 4), also when DIR exists and is not a recording, or holds files that
/// its manifest does not list.
/// Limits: DIR and DIR.partial lie in one folder, so in one file system. The lock is flock's.
class RunDirectory {
 public:
  /// Checks the place and makes an empty `DIR.partial`, and the folders above it.
  explicit RunDirectory(const std::filesystem::path& directory);
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& partial() const { return partial_; }
  [[nodiscard]] const std::filesystem::path& final_path() const { return final_; }

  /// Requires that all listed files are durable. Writes the manifest and renames; an older
  /// recording of that name is replaced and then deleted.
  void publish(const Manifest& manifest);

 private:
  void refuse_what_is_not_ours() const;
  void remove_stale_partial() const;
  void finish_interrupted_replacement() const;
  void replace_old() const;

  std::filesystem::path final_;
  std::filesystem::path partial_;
  std::filesystem::path replaced_;  ///< Where the old one waits, if two names cannot be swapped.
  int lock_ = -1;
};

inline constexpr std::string_view unfinished_name = "UNFINISHED.json";

/// "DIR.partial" for "DIR" or "DIR/".
[[nodiscard]] std::filesystem::path partial_path(const std::filesystem::path& directory);

}  // namespace hoplab::report::recording
