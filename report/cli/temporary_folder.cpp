#include "report/cli/temporary_folder.hpp"

#include <stdlib.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "report/recording/file_trouble.hpp"

namespace hoplab::report::cli {

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "hoplab-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) recording::fail_with_errno("create", name, errno);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code left;
  std::filesystem::remove_all(path_, left);
}

}  // namespace hoplab::report::cli
