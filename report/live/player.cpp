#include "report/live/player.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "report/recording/file_trouble.hpp"
#include "report/recording/json_text.hpp"

namespace hoplab::report::live {
namespace {

/// By message kind, as otlp_signals.
constexpr std::string_view otlp_files[] = {"otlp/traces.jsonl", "otlp/metrics.jsonl",
                                           "otlp/logs.jsonl"};
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::int64_t ns_per_s = 1'000'000'000;

/// The digits in front of `text`; nothing where there are none.
std::optional<std::int64_t> number_before(std::string_view text, std::size_t& length) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  length = static_cast<std::size_t>(end - text.data());
  return value;
}

/// "1767614400.123" in nanoseconds.
std::optional<std::int64_t> epoch_seconds(std::string_view text) {
  std::size_t length = 0;
  const auto whole = number_before(text, length);
  if (!whole) return std::nullopt;
  std::int64_t nanoseconds = *whole * ns_per_s;
  if (length == text.size()) return nanoseconds;
  if (text[length] != '.') return std::nullopt;
  std::int64_t unit = ns_per_s / 10;
  for (const char digit : text.substr(length + 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    nanoseconds += (digit - '0') * unit;
    unit /= 10;
  }
  return nanoseconds;
}

std::optional<std::int64_t> time_of_segment(std::string_view json) {
  auto spelt = recording::json_member(json, "end_time");
  if (!spelt) spelt = recording::json_member(json, "start_time");
  return spelt ? epoch_seconds(*spelt) : std::nullopt;
}

/// The latest of all "...TimeUnixNano" in a document.
std::optional<std::int64_t> time_of_otlp(std::string_view json) {
  constexpr std::string_view mark = "imeUnixNano\":\"";
  std::optional<std::int64_t> latest;
  for (auto at = json.find(mark); at != std::string_view::npos; at = json.find(mark, at)) {
    at += mark.size();
    std::size_t length = 0;
    if (const auto time = number_before(json.substr(at), length)) {
      latest = std::max(latest.value_or(*time), *time);
    }
  }
  return latest;
}

}  // namespace

/// One file, read piece by piece.
class Player::Source {
 public:
  Source(std::filesystem::path root, std::string name, Protocol protocol, MessageKind kind)
      : root_(std::move(root)), name_(std::move(name)), protocol_(protocol), kind_(kind) {}

  void set_piece(std::size_t bytes) { piece_ = bytes; }

  /// Goes on to the next line; false at the end.
  bool advance() {
    begin_ = end_;
    std::size_t searched = begin_;
    while (true) {
      const auto newline = buffer_.find('\n', searched);
      if (newline != std::string::npos) {
        line_ = std::string_view(buffer_).substr(begin_, newline - begin_);
        end_ = newline + 1;
        ++number_;
        read_line();
        return true;
      }
      searched = buffer_.size() - begin_;  // What refill() leaves of it comes first.
      if (!refill()) break;
    }
    end_ = begin_;
    if (begin_ == buffer_.size()) return false;
    throw recording::BadRecording(
        fmt::format("{}/{}: breaks off in mid-line", root_.string(), name_));
  }

  [[nodiscard]] std::int64_t time() const { return time_; }
  [[nodiscard]] Played message() const {
    return {sim::WallTime(sim::Duration(time_)), protocol_, kind_, line_};
  }

 private:
  void read_line() {
    std::optional<std::int64_t> time;
    if (protocol_ == Protocol::statsd) {
      std::size_t length = 0;
      time = number_before(line_, length);
      const bool is_good = time && length + 1 < line_.size() && line_[length] == ' ';
      if (!is_good) complain();
      time = *time * ns_per_ms;
      line_.remove_prefix(length + 1);
    } else {
      time = protocol_ == Protocol::xray ? time_of_segment(line_) : time_of_otlp(line_);
    }
    if (!time) complain();
    time_ = std::max(time_, *time);
  }

  [[noreturn]] void complain() const {
    throw recording::BadRecording(fmt::format("{}/{}:{}: not a message of {}", root_.string(),
                                              name_, number_, to_string(protocol_)));
  }

  /// Drops what has been read and gets another piece; false at the end of the file.
  bool refill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::string path = (root_ / name_).string();
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) recording::fail_with_errno("open", path, errno);
    const std::size_t had = buffer_.size();
    buffer_.resize(had + piece_);
    ssize_t got = -1;
    do {
      got = ::pread(descriptor, buffer_.data() + had, piece_, offset_);
    } while (got < 0 && errno == EINTR);
    const int error = errno;
    ::close(descriptor);
    if (got < 0) recording::fail_with_errno("read", path, error);
    buffer_.resize(had + static_cast<std::size_t>(got));
    offset_ += got;
    return got > 0;
  }

  std::filesystem::path root_;
  std::string name_;
  Protocol protocol_;
  MessageKind kind_;
  std::size_t piece_ = 0;
  std::string buffer_;
  std::size_t begin_ = 0;  ///< Of the line that is being read.
  std::size_t end_ = 0;    ///< Behind the newline of the last one.
  off_t offset_ = 0;
  std::string_view line_;
  std::uint64_t number_ = 0;
  std::int64_t time_ = 0;
};

Player::Player(const std::filesystem::path& recording, const recording::Manifest& manifest,
               const Wants& wants) {
  constexpr std::size_t memory_max = std::size_t{32} * 1024 * 1024;
  constexpr std::size_t piece_min = 1024;
  constexpr std::size_t piece_max = std::size_t{64} * 1024;
  const auto add = [&](const std::string& path, Protocol protocol, MessageKind kind) {
    if (wants(protocol)) {
      sources_.push_back(std::make_unique<Source>(recording, path, protocol, kind));
    }
  };
  for (const recording::FileEntry& file : manifest.files) {  // Sorted by path.
    if (file.path.starts_with("statsd/")) add(file.path, Protocol::statsd, 0);
    if (file.path == "xray/segments.jsonl") add(file.path, Protocol::xray, 0);
    for (MessageKind kind = 0; kind < std::size(otlp_files); ++kind) {
      if (file.path == otlp_files[kind]) add(file.path, Protocol::otlp, kind);
    }
  }
  const std::size_t share = memory_max / std::max<std::size_t>(1, sources_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    sources_[i]->set_piece(std::clamp(share, piece_min, piece_max));
    arm(i);
  }
}

Player::~Player() = default;

void Player::arm(std::size_t source) {
  if (!sources_[source]->advance()) return;
  queue_.emplace_back(sources_[source]->time(), source);
  std::ranges::push_heap(queue_, std::greater());
}

std::optional<Played> Player::next() {
  // The text of the last message is in its source's buffer, so the source waits until now.
  if (last_) arm(*std::exchange(last_, std::nullopt));
  if (queue_.empty()) return std::nullopt;
  std::ranges::pop_heap(queue_, std::greater());
  last_ = queue_.back().second;
  queue_.pop_back();
  return sources_[*last_]->message();
}

}  // namespace hoplab::report::live
