// Reads a text file line by line, however large, and tolerates how it ends.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hoplab::report::diagnosis {

/// A line is what stands before a newline; the rest of a file that breaks off in mid-line is one
/// too, and it is for the reader of its content to find it wanting.
///
/// Errors: FileTrouble when a file that is there cannot be read.
/// Memory: a buffer of 1 MiB, or the longest line.
class LineFile {
 public:
  explicit LineFile(const std::filesystem::path& path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// The next line, without its newline; valid until the next call. False at the end.
  [[nodiscard]] bool next(std::string_view& line);
  /// Of the line that next() gave last; 1 is the first.
  [[nodiscard]] std::uint32_t number() const { return number_; }

 private:
  void refill();

  std::string path_;
  int descriptor_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint32_t number_ = 0;
  bool is_over_ = false;
};

}  // namespace hoplab::report::diagnosis
