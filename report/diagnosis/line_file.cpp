#include "report/diagnosis/line_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "report/recording/file_trouble.hpp"

namespace hoplab::report::diagnosis {
namespace {

constexpr std::size_t buffer_size = std::size_t{1} << 20U;

}  // namespace

LineFile::LineFile(const std::filesystem::path& path)
    : path_(path.string()), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) recording::fail_with_errno("read", path_, errno);
  buffer_.resize(buffer_size);
}

LineFile::~LineFile() { ::close(descriptor_); }

void LineFile::refill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  const ::ssize_t got = ::read(descriptor_, buffer_.data() + end_, buffer_.size() - end_);
  if (got < 0) recording::fail_with_errno("read", path_, errno);
  if (got == 0) is_over_ = true;
  end_ += static_cast<std::size_t>(got);
}

bool LineFile::next(std::string_view& line) {
  std::size_t searched = 0;
  while (true) {
    const char* const start = buffer_.data() + begin_;
    const std::size_t held = end_ - begin_;
    const void* const found = std::memchr(start + searched, '\n', held - searched);
    if (found != nullptr) {
      const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - start);
      line = {start, length};
      begin_ += length + 1;
      break;
    }
    if (is_over_) {
      if (held == 0) return false;
      line = {start, held};
      begin_ = end_;
      break;
    }
    searched = held;
    refill();
  }
  ++number_;
  return true;
}

}  // namespace hoplab::report::diagnosis
