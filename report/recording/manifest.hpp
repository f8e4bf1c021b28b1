// MANIFEST.json: the last file written, so a directory that has one is whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/recording/output_files.hpp"

namespace hoplab::report::recording {

inline constexpr std::string_view manifest_schema = "hoplab.recording/1";
inline constexpr std::string_view manifest_name = "MANIFEST.json";

struct Manifest {
  std::string scenario_name;
  std::string scenario_digest;
  std::uint64_t seed = 0;
  std::string version;         ///< Of hoplab, without the commit.
  std::string simulated_from;  ///< ISO 8601.
  std::string simulated_to;
  std::vector<FileEntry> files;  ///< Sorted by path; every file but the manifest itself.
};

[[nodiscard]] std::string to_json(const Manifest& manifest);

/// Nothing when the folder has no manifest, or one that is not ours or cannot be read as such.
[[nodiscard]] std::optional<Manifest> read_manifest(const std::filesystem::path& folder);

/// The whole of a file. Throws FileTrouble.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// What does not fit, one line each, sorted: files that are missing, differ in size or digest, or
/// are not listed. Empty: the recording is as it was written.
[[nodiscard]] std::vector<std::string> differences(const std::filesystem::path& folder,
                                                   const Manifest& manifest);

/// The files below `folder` that the manifest does not list, sorted.
[[nodiscard]] std::vector<std::string> foreign_files(const std::filesystem::path& folder,
                                                     const Manifest& manifest);

}  // namespace hoplab::report::recording
