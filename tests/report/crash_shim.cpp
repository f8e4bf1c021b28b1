// Preloaded into a program: counts the calls that change the disk, and at the n-th either kills the
// program (HOPLAB_KILL_AT=n) or lets that call and all later writes fail (HOPLAB_FAIL_AT=n, with
// ENOSPC, or EIO for fsync). With HOPLAB_COUNT_TO=FILE the number of calls is left there at exit.
// With HOPLAB_SKIP_SYNC=1 fsync is counted but not done: the kernel outlives a killed program.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace {

long calls = 0;

long number_from(const char* variable) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? -1 : std::atol(text);
}

/// True when this call shall fail.
bool count_call() {
  static const long kill_at = number_from("HOPLAB_KILL_AT");
  static const long fail_at = number_from("HOPLAB_FAIL_AT");
  ++calls;
  if (calls == kill_at) ::kill(::getpid(), SIGKILL);
  return fail_at > 0 && calls >= fail_at;
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int fail(int error) {
  errno = error;
  return -1;
}

struct LeaveCount {
  ~LeaveCount() {
    const char* const file = std::getenv("HOPLAB_COUNT_TO");
    if (file == nullptr) return;
    std::FILE* const out = std::fopen(file, "w");
    if (out == nullptr) return;
    std::fprintf(out, "%ld\n", calls);
    std::fclose(out);
  }
} leave_count;

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* bytes, size_t count) {
  static auto* const real = next<ssize_t(int, const void*, size_t)>("write");
  if (descriptor <= 2) return real(descriptor, bytes, count);
  if (count_call()) return fail(ENOSPC);
  return real(descriptor, bytes, count);
}

int fsync(int descriptor) {
  static auto* const real = next<int(int)>("fsync");
  static const bool skips = std::getenv("HOPLAB_SKIP_SYNC") != nullptr;
  if (count_call()) return fail(EIO);
  return skips ? 0 : real(descriptor);
}

int mkdir(const char* path, mode_t mode) {
  static auto* const real = next<int(const char*, mode_t)>("mkdir");
  return count_call() ? fail(ENOSPC) : real(path, mode);
}

int unlink(const char* path) {
  static auto* const real = next<int(const char*)>("unlink");
  count_call();
  return real(path);
}

int unlinkat(int folder, const char* path, int flags) {
  static auto* const real = next<int(int, const char*, int)>("unlinkat");
  count_call();
  return real(folder, path, flags);
}

// What std::filesystem calls; the C library's own unlink and rmdir inside it pass a shim by.
int remove(const char* path) {
  static auto* const real = next<int(const char*)>("remove");
  count_call();
  return real(path);
}

int rename(const char* from, const char* to) {
  static auto* const real = next<int(const char*, const char*)>("rename");
  return count_call() ? fail(EIO) : real(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned int flags) {
  static auto* const real =
      next<int(int, const char*, int, const char*, unsigned int)>("renameat2");
  if (std::getenv("HOPLAB_NO_EXCHANGE") != nullptr) return fail(EINVAL);
  return count_call() ? fail(EIO) : real(from_folder, from, to_folder, to, flags);
}

int open(const char* path, int flags, ...) {
  static auto* const real = next<int(const char*, int, ...)>("open");
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if ((flags & O_CREAT) != 0 && count_call()) return fail(ENOSPC);
  return real(path, flags, mode);
}

}  // extern "C"
