#include "report/insights/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "report/recording/file_trouble.hpp"

namespace hoplab::report::insights {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) recording::fail_with_errno("read", path.string(), errno);
  struct stat facts {};
  int error = ::fstat(descriptor, &facts) == 0 ? 0 : errno;
  if (error == 0 && S_ISDIR(facts.st_mode)) error = EISDIR;
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* start = nullptr;
  if (error == 0 && size > 0) {
    start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (start == MAP_FAILED) error = errno;
  }
  ::close(descriptor);
  if (error != 0) recording::fail_with_errno("read", path.string(), error);
  if (start != nullptr) text_ = {static_cast<const char*>(start), size};
}

MappedFile::~MappedFile() {
  if (!text_.empty()) ::munmap(const_cast<char*>(text_.data()), text_.size());
}

void MappedFile::let_go(std::size_t begin, std::size_t end) const {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t first = (begin + page - 1) / page * page;  // Neighbours may still be read.
  const std::size_t last = end / page * page;
  if (first >= last || last > text_.size()) return;
  ::madvise(const_cast<char*>(text_.data()) + first, last - first, MADV_DONTNEED);
}

}  // namespace hoplab::report::insights
