// The files of one recording while they are being written: any number of them, few of them open.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hoplab::report::recording {

/// One finished file, as the manifest lists it.
struct FileEntry {
  std::string path;  ///< Below the recording, with '/'.
  std::uint64_t size = 0;
  std::string digest;  ///< xxh3-128 of its bytes, 32 hex digits.
  bool operator==(const FileEntry&) const = default;
};

/// xxh3-128 of `bytes` as 32 hex digits (canonical, big-endian form).
[[nodiscard]] std::string digest_of(std::string_view bytes);

/// Append-only files below one folder. Text gathers in memory and goes out 64 KiB at a time, or
/// sooner when all files together hold more than 32 MiB, so memory does not grow with the run or
/// with the number of streams. At most 400 files are open at once; the one that was opened first
/// gives way.
///
/// Errors: FileTrouble with the path; nothing more can be written after that.
class OutputFiles {
 public:
  struct FileId {
    std::uint32_t index = 0;
  };

  /// `root` exists.
  explicit OutputFiles(std::filesystem::path root);
  ~OutputFiles();
  OutputFiles(const OutputFiles&) = delete;
  OutputFiles& operator=(const OutputFiles&) = delete;

  /// A new, empty file; its folders are made. `path` is relative and not used twice.
  FileId create(std::string path);
  void append(FileId file, std::string_view text);
  /// For building a line in place: append to the buffer, then say so with `written`.
  [[nodiscard]] std::string& buffer(FileId file);
  void written(FileId file);

  /// Writes out what is in memory.
  void flush();
  /// Writes everything out and makes it durable: every file, then every folder.
  void sync();
  /// Sorted by path; sizes and digests cover what was appended up to now. Requires flush or sync.
  [[nodiscard]] std::vector<FileEntry> entries() const;

 private:
  struct File;

  void write_out(File& file);
  void open(File& file);
  void close(File& file);
  void make_folders(const std::string& path);

  std::filesystem::path root_;
  std::vector<std::unique_ptr<File>> files_;
  std::deque<File*> open_files_;   ///< Oldest first.
  std::set<std::string> folders_;  ///< Below root, "" for the root itself.
  std::size_t bytes_in_memory_ = 0;
};

/// Makes a folder's list of names durable.
void sync_folder(const std::filesystem::path& folder);
/// Writes a small file in one go and makes it durable.
void write_durably(const std::filesystem::path& path, std::string_view text);

}  // namespace hoplab::report::recording
