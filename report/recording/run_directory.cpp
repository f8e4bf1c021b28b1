#include "report/recording/run_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "report/recording/file_trouble.hpp"

namespace hoplab::report::recording {
namespace fs = std::filesystem;
namespace {

/// Without a trailing slash, so that a suffix can be put behind the name.
fs::path plain(const fs::path& directory) {
  const fs::path normal = directory.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

fs::path with_suffix(const fs::path& directory, const char* suffix) {
  fs::path path = plain(directory);
  path += suffix;
  return path;
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

/// Ours: an unfinished run's mark, a manifest, or nothing in it at all (a run that died at once).
bool is_left_by_a_run(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(folder, error))) return false;
  return fs::is_regular_file(folder / unfinished_name, error) || read_manifest(folder) ||
         fs::is_empty(folder, error);
}

/// Takes the lock or throws; the descriptor holds it.
int lock_or_throw(const fs::path& mark, const fs::path& folder) {
  const int descriptor = ::open(mark.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail_with_errno("open", mark.string(), errno);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  const int error = errno;
  ::close(descriptor);
  if (error == EWOULDBLOCK) {
    throw FileTrouble("another run is writing to " + folder.string());
  }
  fail_with_errno("lock", mark.string(), error);
}

/// Deletes a recording. Its manifest goes last, so that what a crash leaves is still known as ours.
void remove_recording(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename();
    if (name == manifest_name || name == unfinished_name) continue;
    fs::remove_all(entry.path(), error);
    if (error) break;
  }
  if (!error) fs::remove_all(folder, error);
  if (error) fail_with_errno("remove", folder.string(), error.value());
}

}  // namespace

fs::path partial_path(const fs::path& directory) { return with_suffix(directory, ".partial"); }

RunDirectory::RunDirectory(const fs::path& directory)
    : final_(plain(directory)),
      partial_(partial_path(directory)),
      replaced_(with_suffix(directory, ".replaced")) {
  std::error_code error;
  fs::create_directories(parent_of(final_), error);
  if (error) fail_with_errno("create", parent_of(final_).string(), error.value());
  finish_interrupted_replacement();
  refuse_what_is_not_ours();
  remove_stale_partial();
  fs::create_directory(partial_, error);
  if (error) fail_with_errno("create", partial_.string(), error.value());
  const fs::path mark = partial_ / unfinished_name;
  write_durably(mark,
                fmt::format("{{\"schema\":\"{}\",\"state\":\"unfinished\"}}\n", manifest_schema));
  lock_ = lock_or_throw(mark, partial_);
}

RunDirectory::~RunDirectory() {
  if (lock_ >= 0) ::close(lock_);
}

void RunDirectory::refuse_what_is_not_ours() const {
  if (!is_there(final_)) return;
  const auto manifest = read_manifest(final_);
  if (!manifest || fs::is_symlink(final_)) {
    throw FileTrouble(final_.string() +
                      " exists and is not a hoplab recording; it stays as it is "
                      "(choose another place with -o)");
  }
  if (const auto foreign = foreign_files(final_, *manifest); !foreign.empty()) {
    throw FileTrouble(
        fmt::format("{} holds a file that does not belong to the recording: {}; it "
                    "stays as it is (choose another place with -o)",
                    final_.string(), foreign.front()));
  }
}

void RunDirectory::remove_stale_partial() const {
  if (!is_there(partial_)) return;
  if (!is_left_by_a_run(partial_)) {
    throw FileTrouble(partial_.string() + " exists and was not left by a run; it stays as it is");
  }
  int lock = -1;
  if (is_there(partial_ / unfinished_name))
    lock = lock_or_throw(partial_ / unfinished_name, partial_);
  remove_recording(partial_);
  if (lock >= 0) ::close(lock);
}

void RunDirectory::finish_interrupted_replacement() const {
  if (!is_there(replaced_) || !read_manifest(replaced_)) return;
  if (is_there(final_)) {
    remove_recording(replaced_);
  } else if (std::rename(replaced_.c_str(), final_.c_str()) != 0) {
    fail_with_errno("rename", replaced_.string(), errno);
  }
}

void RunDirectory::publish(const Manifest& manifest) {
  write_durably(partial_ / manifest_name, to_json(manifest));
  const fs::path mark = partial_ / unfinished_name;
  if (::unlink(mark.c_str()) != 0) fail_with_errno("remove", mark.string(), errno);
  sync_folder(partial_);
  if (is_there(final_)) {
    replace_old();
  } else {
    if (std::rename(partial_.c_str(), final_.c_str()) != 0) {
      fail_with_errno("rename", partial_.string(), errno);
    }
    sync_folder(parent_of(final_));
  }
}

void RunDirectory::replace_old() const {
  refuse_what_is_not_ours();  // Once more: a run may take hours, and people put files anywhere.
  if (::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, final_.c_str(), RENAME_EXCHANGE) == 0) {
    sync_folder(parent_of(final_));
    remove_recording(partial_);
    return;
  }
  if (errno != EINVAL && errno != ENOSYS) fail_with_errno("rename", partial_.string(), errno);
  // A file system that cannot swap two names: the old one steps aside first.
  if (std::rename(final_.c_str(), replaced_.c_str()) != 0) {
    fail_with_errno("rename", final_.string(), errno);
  }
  if (std::rename(partial_.c_str(), final_.c_str()) != 0) {
    fail_with_errno("rename", partial_.string(), errno);
  }
  sync_folder(parent_of(final_));
  remove_recording(replaced_);
}

}  // namespace hoplab::report::recording
