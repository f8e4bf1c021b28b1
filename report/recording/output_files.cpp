#include "report/recording/output_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "report/recording/file_trouble.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::report::recording {
namespace {

constexpr std::size_t buffer_size = 64 * 1024;
constexpr std::size_t bytes_in_memory_max = 32 * 1024 * 1024;
constexpr std::size_t open_files_max = 400;

std::string hex_of(XXH128_hash_t hash) {
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

void write_all(int descriptor, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t taken = ::write(descriptor, text.data(), text.size());
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0) fail_with_errno("write", path, errno);
    text.remove_prefix(static_cast<std::size_t>(taken));
  }
}

void sync_descriptor(int descriptor, const std::string& path) {
  while (::fsync(descriptor) != 0) {
    if (errno != EINTR) fail_with_errno("sync", path, errno);
  }
}

/// Closes at the end of the scope; errors of writes have shown in fsync before.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : value_(::open(path.c_str(), flags, 0666)) {
    if (value_ < 0) fail_with_errno((flags & O_CREAT) != 0 ? "create" : "open", path, errno);
  }
  ~Descriptor() { ::close(value_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int value() const { return value_; }

 private:
  int value_;
};

struct StateDeleter {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

struct OutputFiles::File {
  std::string path;
  std::string pending;
  std::size_t counted = 0;  ///< How much of `pending` is in bytes_in_memory_.
  int descriptor = -1;
  bool exists = false;
  std::uint64_t size = 0;
  std::unique_ptr<XXH3_state_t, StateDeleter> state;
};

std::string digest_of(std::string_view bytes) {
  return hex_of(XXH3_128bits(bytes.data(), bytes.size()));
}

OutputFiles::OutputFiles(std::filesystem::path root) : root_(std::move(root)), folders_{""} {}

OutputFiles::~OutputFiles() {
  for (File* file : open_files_) ::close(file->descriptor);
}

OutputFiles::FileId OutputFiles::create(std::string path) {
  make_folders(path);
  auto file = std::make_unique<File>();
  file->path = std::move(path);
  file->state.reset(XXH3_createState());
  HOPLAB_ASSERT(file->state != nullptr, "a digest needs a few hundred bytes");
  XXH3_128bits_reset(file->state.get());
  files_.push_back(std::move(file));
  return {static_cast<std::uint32_t>(files_.size() - 1)};
}

void OutputFiles::append(FileId file, std::string_view text) {
  files_[file.index]->pending += text;
  written(file);
}

std::string& OutputFiles::buffer(FileId file) { return files_[file.index]->pending; }

void OutputFiles::written(FileId file) {
  File& target = *files_[file.index];
  bytes_in_memory_ += target.pending.size() - target.counted;
  target.counted = target.pending.size();
  if (target.pending.size() >= buffer_size) {
    write_out(target);
  } else if (bytes_in_memory_ > bytes_in_memory_max) {
    flush();
  }
}

void OutputFiles::flush() {
  for (const auto& file : files_) write_out(*file);
}

void OutputFiles::write_out(File& file) {
  if (file.pending.empty() && file.exists) return;
  if (file.descriptor < 0) open(file);
  write_all(file.descriptor, file.pending, (root_ / file.path).string());
  XXH3_128bits_update(file.state.get(), file.pending.data(), file.pending.size());
  file.size += file.pending.size();
  bytes_in_memory_ -= file.counted;
  file.counted = 0;
  // A stream that fills its buffer keeps it; one that was flushed for want of room does not.
  if (file.pending.size() < buffer_size / 2) std::string().swap(file.pending);
  file.pending.clear();
}

void OutputFiles::open(File& file) {
  while (open_files_.size() >= open_files_max) close(*open_files_.front());
  const std::string path = (root_ / file.path).string();
  const int creation = file.exists ? 0 : O_CREAT | O_EXCL;
  file.descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | creation, 0666);
  if (file.descriptor < 0) fail_with_errno(file.exists ? "open" : "create", path, errno);
  file.exists = true;
  open_files_.push_back(&file);
}

void OutputFiles::close(File& file) {
  std::erase(open_files_, &file);
  const int descriptor = std::exchange(file.descriptor, -1);
  if (::close(descriptor) != 0 && errno != EINTR) {
    fail_with_errno("write", (root_ / file.path).string(), errno);
  }
}

void OutputFiles::sync() {
  flush();
  for (const auto& file : files_) {
    if (file->descriptor < 0) open(*file);
    sync_descriptor(file->descriptor, (root_ / file->path).string());
    close(*file);
  }
  for (const auto& folder : folders_) sync_folder(root_ / folder);
}

std::vector<FileEntry> OutputFiles::entries() const {
  std::vector<FileEntry> entries;
  entries.reserve(files_.size());
  for (const auto& file : files_) {
    entries.push_back({file->path, file->size, hex_of(XXH3_128bits_digest(file->state.get()))});
  }
  std::sort(entries.begin(), entries.end(),
            [](const FileEntry& a, const FileEntry& b) { return a.path < b.path; });
  return entries;
}

void OutputFiles::make_folders(const std::string& path) {
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (!folders_.insert(folder).second) continue;
    const std::string full = (root_ / folder).string();
    // What another OutputFiles writes may stand there already.
    if (::mkdir(full.c_str(), 0777) != 0 && errno != EEXIST) fail_with_errno("create", full, errno);
  }
}

void sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(folder.string(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  sync_descriptor(descriptor.value(), folder.string());
}

void write_durably(const std::filesystem::path& path, std::string_view text) {
  const Descriptor descriptor(path.string(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
  write_all(descriptor.value(), text, path.string());
  sync_descriptor(descriptor.value(), path.string());
}

}  // namespace hoplab::report::recording
