// A folder that is gone when nobody needs it any more.
#pragma once

#include <filesystem>

namespace hoplab::report::cli {

/// In $TMPDIR, else /tmp. Throws FileTrouble when it cannot be made; what cannot be deleted stays.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace hoplab::report::cli
