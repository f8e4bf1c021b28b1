// A file as one piece of memory, which the system reads in as it is looked at.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace hoplab::report::insights {

/// Errors: FileTrouble when the file is not there or cannot be read.
/// Limits: a file that is cut short while it is read ends the program (SIGBUS).
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept : text_(other.text_) { other.text_ = {}; }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::string_view text() const { return text_; }
  /// What stands in [begin, end) is not needed any more: it no longer counts as our memory. Looking
  /// at a byte of it again may bring all of it back, so let go behind what is being read.
  void let_go(std::size_t begin, std::size_t end) const;

 private:
  std::string_view text_;
};

}  // namespace hoplab::report::insights
