// Log events of a recording, or of a folder of files that came from somewhere else: which groups
// and streams there are, and every event once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hoplab::report::insights {

/// Milliseconds since 1970; both ends belong to it.
struct TimeRange {
  std::int64_t from_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t to_ms = std::numeric_limits<std::int64_t>::max();
  [[nodiscard]] bool holds(std::int64_t at_ms) const { return from_ms <= at_ms && at_ms <= to_ms; }
};

/// The time of an event of a file that tells no time at all.
inline constexpr std::int64_t undated_ms = 0;

/// How the events stand in a file.
enum class LogForm : std::uint8_t {
  event_lines,      ///< A line {"timestamp": ms, "ingestionTime": ms, "message": "..."} each.
  text_lines,       ///< A line is a message; its time is in it, or that of the nearest line
                    ///< before it, else behind it, that has one.
  events_document,  ///< What `aws logs filter-log-events` or `get-log-events` prints.
  results_document  ///< What `aws logs get-query-results` prints.
};

struct LogFile {
  std::string group;
  std::string stream;  ///< Events of a document may name others.
  std::filesystem::path path;
  LogForm form = LogForm::event_lines;
  TimeRange range = {};  ///< First and last event as the index says; all time without one.
};

/// Where an event stands; @ptr is made of it. Ordered as the events are stored.
struct EventPlace {
  std::uint32_t file = 0;  ///< An index into LogStore::files().
  std::uint64_t offset = 0;
  auto operator<=>(const EventPlace&) const = default;
};

/// One event. The texts are valid during the call that hands it over.
struct LogEvent {
  std::string_view group;
  std::string_view stream;
  std::string_view message;
  std::int64_t timestamp_ms = 0;
  std::int64_t ingestion_ms = 0;
  EventPlace place;
};

struct Selection {
  std::vector<std::string> groups;  ///< Empty: all.
  TimeRange range;
};

/// A group as it is listed.
struct LogGroup {
  std::string name;
  std::vector<std::uint32_t> files;  ///< Indices into LogStore::files().
};

/// Opens a recording (DIR with logs/), a folder of other log files, or one such file.
///
/// Of a folder of other files, a file's group is its path below the folder without the extension
/// ("ecs/front/envoy.json" is the group "/ecs/front/envoy"; names that a recording escapes are read
/// as such). Its first bytes tell its form. What is of X-Ray, of CloudWatch's metrics or of Envoy's
/// statistics (recording::DocumentKind) is left to others, and so are JSON documents of other
/// kinds.
///
/// Errors: FileTrouble (cannot be read), BadRecording (nothing to read there).
class LogStore {
 public:
  explicit LogStore(const std::filesystem::path& path);

  /// Sorted by name.
  [[nodiscard]] const std::vector<LogGroup>& groups() const { return groups_; }
  /// Sorted by group and stream.
  [[nodiscard]] const std::vector<LogFile>& files() const { return files_; }
  [[nodiscard]] const LogGroup* find_group(std::string_view name) const;
  /// The account that the recording's documents name; "000000000000" of other folders.
  [[nodiscard]] const std::string& account() const { return account_; }

  /// Calls `take` with each event in the range: file after file, in each as they stand. Stops when
  /// `take` returns false. What cannot be read as an event, or a document that is cut off, is
  /// passed over; the result counts it.
  std::uint64_t for_each_event(const Selection& selection,
                               const std::function<bool(const LogEvent&)>& take) const;

  /// From the first event to the last, about: an index names them in the order of arrival. Undated
  /// ones count only where there are no others. Nothing when there is none.
  [[nodiscard]] std::optional<TimeRange> range() const;

  /// The event of a @ptr; nothing when it is not one of this store.
  bool with_event(std::string_view ptr, const std::function<void(const LogEvent&)>& take) const;

 private:
  bool read_index(const std::filesystem::path& recording);
  void walk_recording(const std::filesystem::path& recording);
  void walk_folder(const std::filesystem::path& folder);
  void add_file(const std::filesystem::path& path, std::string group, std::string stream);
  void read_account(const std::filesystem::path& recording);
  void make_groups();

  std::vector<LogFile> files_;
  std::vector<LogGroup> groups_;
  std::string account_ = "000000000000";
};

/// @ptr of an event, and back.
[[nodiscard]] std::string ptr_of(const EventPlace& place);
[[nodiscard]] std::optional<EventPlace> place_of(std::string_view ptr);

}  // namespace hoplab::report::insights
