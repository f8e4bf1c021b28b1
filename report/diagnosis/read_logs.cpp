// The log streams: Envoy's access lines, the applications' own lines, performance events. What a
// line is, its form tells; names of groups and streams are labels.
#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "report/diagnosis/json_lines.hpp"
#include "report/diagnosis/line_file.hpp"
#include "report/diagnosis/quick_text.hpp"
#include "report/diagnosis/request_sampler.hpp"
#include "report/diagnosis/untold_flags.hpp"
#include "report/expectations/app_line.hpp"
#include "report/recording/access_line.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/json_text.hpp"
#include "report/recording/path_names.hpp"

namespace hoplab::report::diagnosis {
namespace {

using recording::json_member;

/// Kinds of remarks that are kept; an application that says something new each time is cut off.
constexpr std::size_t remarks_max = 512;
constexpr std::size_t failed_calls_max = 200'000;

/// The text of a spelt JSON string in `out`.
bool unquote(std::string_view spelt, std::string& out) {
  if (spelt.empty() || spelt.front() != '"') return false;
  if (decode_string(spelt, 1, out) == spelt.size()) return true;
  auto whole = recording::json_unquoted(spelt);
  if (whole) out = *std::move(whole);
  return whole.has_value();
}

/// Where the text of a log event's message begins, in the order of members that exports have: only
/// numbers stand before it. npos for another order.
std::size_t message_at(std::string_view line) {
  constexpr std::string_view key = "\"message\":\"";
  constexpr std::size_t far = 120;
  const std::size_t found = line.substr(0, far).find(key);
  return found == std::string_view::npos ? found : found + key.size();
}

/// What an application's line says, as far as it matters here; values as they are spelt.
struct Said {
  std::string_view request;
  std::string_view status;
  std::string_view took;
  std::string_view to;
  std::string_view timed_out;
  std::string_view error;

  void take(std::string_view name, std::string_view value) {
    if (name == "status") status = value;
    if (name == "durationMs") took = value;
    if (name == "to") to = value;
    if (name == "timedOut") timed_out = value;
    if (name == "error") error = value;
    if (name == "transactionId") request = value;
  }
};

Said said_in(std::string_view text) {
  Said said;
  const bool is_flat = for_each_flat_member(
      text, [&](std::string_view name, std::string_view value) { said.take(name, value); });
  if (is_flat) return said;
  said = {};
  for (const char* const name :
       {"transactionId", "status", "durationMs", "to", "timedOut", "error"}) {
    if (const auto value = json_member(text, name)) said.take(name, *value);
  }
  return said;
}

template <typename Number>
Number number_of(std::string_view text, Number otherwise) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : otherwise;
}

std::uint16_t flags_of(const recording::AccessLine& line) {
  if (line.response_flags == "-") return 0;
  if (line.response_flags.empty()) return untold_flags(line);
  std::uint16_t flags = 0;
  std::string_view rest = line.response_flags;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    const std::string_view flag = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    flags |= flag == "UF"    ? flag_uf
             : flag == "URX" ? flag_urx
             : flag == "UC"  ? flag_uc
             : flag == "UT"  ? flag_ut
             : flag == "UH"  ? flag_uh
             : flag == "DC"  ? flag_dc
             : flag == "LR"  ? flag_lr
             : flag == "UO"  ? flag_uo
                             : flag_other;
  }
  return flags;
}

/// The text without what differs from one line to the next: digits, ids.
std::string kind_of(std::string_view text) {
  std::string kind;
  if (const auto message = json_member(text, "msg")) return std::string(*message);
  for (const char c : text.substr(0, 200)) {
    if (c < '0' || c > '9') kind += c;
  }
  return kind;
}

class StreamReader {
 public:
  StreamReader(Reading& reading, RequestSampler& sampler, std::string group, std::string stream,
               std::uint32_t file)
      : reading_(reading),
        evidence_(reading.evidence),
        sampler_(sampler),
        group_(std::move(group)),
        stream_(std::move(stream)),
        file_(file) {}

  void take(std::string_view line, std::uint32_t number) {
    place_ = {file_, number};
    const auto timestamp = json_member(line, "timestamp");
    at_ms_ = timestamp ? number_of<std::int64_t>(*timestamp, 0) : 0;
    const std::size_t start = message_at(line);
    const bool is_usual = at_ms_ != 0 && start != std::string_view::npos;
    if (is_usual && take_quickly(line, start)) return;
    if (at_ms_ == 0 || !find_message(line, start)) {
      ++evidence_.unreadable;
      return;
    }
    ++evidence_.lines;
    if (const auto access = access_line()) {
      take_access_line(*access);
    } else if (!message_.starts_with('[') && !take_record()) {
      take_application_line(message_, false);
    }
  }

 private:
  /// A FireLens record of a task that is known: all that matters of it stands at its beginning.
  bool take_quickly(std::string_view line, std::size_t start) {
    constexpr std::string_view out = R"({\"source\":\"stdout\",\"log\":\")";
    constexpr std::string_view err = R"({\"source\":\"stderr\",\"log\":\")";
    static_assert(out.size() == err.size());
    if (task_ == none || !line.ends_with("\"}")) return false;
    const std::string_view head = line.substr(start, out.size());
    if (head != out && head != err) return false;
    if (!decode_inner_string(line, start + out.size(), text_)) return false;
    ++evidence_.lines;
    take_application_line(text_, head == err);
    return true;
  }

  bool find_message(std::string_view line, std::size_t start) {
    if (start != std::string_view::npos) {
      const std::size_t end = decode_string(line, start, message_);
      if (end != std::string_view::npos && line.substr(end).starts_with('}')) return true;
    }
    const auto message = json_member(line, "message");
    return message && unquote(*message, message_);
  }

  void note_instant(std::int64_t from_ms, std::int64_t to_ms) {
    if (evidence_.first_ms == 0 || from_ms < evidence_.first_ms) evidence_.first_ms = from_ms;
    evidence_.last_ms = std::max(evidence_.last_ms, to_ms);
  }

  /// The task whose stream this is: awslogs and FireLens end a stream's name in its id.
  Index task() {
    if (task_ != none) return task_;
    const std::string id = last_part(stream_);
    if (const auto known = reading_.task_index.find(id); known != reading_.task_index.end()) {
      return task_ = known->second;
    }
    const auto family = reading_.definitions.family_of_log.find(group_);
    const bool has_family = family != reading_.definitions.family_of_log.end();
    auto& tasks = evidence_.tasks;
    if (tasks.size() >= none) return none;
    Task stranger;
    stranger.id = id;
    stranger.service = reading_.service(has_family ? family->second : group_);
    stranger.place = {file_, 0};
    task_ = static_cast<Index>(tasks.size());
    reading_.task_index.emplace(id, task_);
    tasks.push_back(std::move(stranger));
    return task_;
  }

  /// Nothing for an application's line, and for Envoy's own messages, which share the stream.
  std::optional<recording::AccessLine> access_line() {
    auto& readers = reading_.log_readers;
    // One stream has lines of one format.
    for (std::size_t i = 0; i < readers.size(); ++i) {
      const std::size_t index = (log_reader_ + i) % readers.size();
      auto line = readers[index].read(message_);
      if (!line) continue;
      log_reader_ = index;
      return line;
    }
    return std::nullopt;
  }

  void take_access_line(const recording::AccessLine& line) {
    CallLine call;
    call.start_ms = line.start_ms;
    call.duration_ms = static_cast<std::int32_t>(line.duration_ms);
    note_instant(call.start_ms, call.end_ms());
    call.task = task();
    evidence_.envoy_log.emplace(call.task, file_);
    call.authority = reading_.authority(line.authority);
    call.is_egress = is_egress(line, call.authority);
    if (!call.is_egress && line.upstream_host != "-") {
      evidence_.service_behind.emplace(call.authority, evidence_.service_of(call.task));
    }
    call.request = request_hash(line.request_id);
    if (!sampler_.keeps(call.request)) return;
    call.upstream_ms = number_of<std::int32_t>(line.upstream_service_time, -1);
    call.place = place_;
    call.bytes_sent = number_of<std::uint32_t>(line.bytes_sent, 0);
    call.code = static_cast<std::uint16_t>(line.code_number);
    call.flags = flags_of(line);
    if (call.is_egress) {
      call.peer = task_behind(line.upstream_host);
      const std::string_view host = line.upstream_host;
      call.peer_port = number_of<std::uint16_t>(host.substr(host.find(':') + 1), 0);
    }
    sampler_.add(call);
  }

  /// Without an upstream, a line is of a call when nobody addresses the Envoy's own task so.
  [[nodiscard]] bool is_egress(const recording::AccessLine& line, Index authority) const {
    if (line.upstream_host != "-") return !line.upstream_is_local();
    const auto behind = evidence_.service_behind.find(authority);
    return behind == evidence_.service_behind.end() ||
           behind->second != evidence_.service_of(task_);
  }

  [[nodiscard]] Index task_behind(std::string_view host) const {
    const std::string_view address = host.substr(0, host.find(':'));
    const auto [first, last] = reading_.address_index.equal_range(address);
    Index found = none;
    for (auto it = first; it != last; ++it) {
      // An address may have been another task's before.
      const Task& candidate = evidence_.tasks[it->second];
      if (found == none || candidate.stopped_ms == 0 || candidate.stopped_ms > at_ms_) {
        found = it->second;
      }
    }
    return found;
  }

  /// A FireLens record, or an event of Container Insights. False for any other line.
  bool take_record() {
    const std::string_view record = message_;
    const auto log = json_member(record, "log");
    if (!log) return take_performance_event(record, at_ms_, place_, reading_);
    if (task_ == none) find_task(record);
    if (!unquote(*log, text_)) {
      ++evidence_.unreadable;
      return true;
    }
    const auto source = json_member(record, "source");
    take_application_line(text_, source && *source == "\"stderr\"");
    return true;
  }

  void find_task(std::string_view record) {
    const auto arn = json_member(record, "ecs_task_arn");
    if (!arn) return;
    const auto known =
        reading_.task_index.find(last_part(recording::json_unquoted(*arn).value_or("")));
    if (known == reading_.task_index.end()) return;
    task_ = known->second;
    if (const auto instance = json_member(record, "ec2_instance_id")) {
      evidence_.ec2_of_host.emplace(evidence_.tasks[task_].instance,
                                    recording::json_unquoted(*instance).value_or(""));
    }
  }

  void take_application_line(std::string_view text, bool is_stderr) {
    note_instant(at_ms_, at_ms_);
    const Said said = said_in(text);
    if (!said.to.empty() && !said.status.empty()) return take_failed_call(said);
    const auto duration = expectations::parse_milliseconds(said.took);
    if (said.status.empty() || said.request.size() < 2 || !duration) {
      return take_remark(text, is_stderr);
    }
    AnswerLine answer;
    answer.request = request_hash(said.request.substr(1, said.request.size() - 2));
    if (!sampler_.keeps(answer.request)) return;
    answer.at_ms = at_ms_;
    answer.took_us = duration->count() / 1000;
    answer.place = place_;
    answer.task = task();
    answer.status = number_of<std::uint16_t>(said.status, 0);
    answer.is_wrapped = text.data() != message_.data();
    sampler_.add(answer);
  }

  void take_failed_call(const Said& said) {
    if (evidence_.failed_calls.size() >= failed_calls_max) return;
    FailedCallLine line;
    line.at_ms = at_ms_;
    const auto duration = expectations::parse_milliseconds(said.took);
    line.took_ms = duration ? duration->count() / 1'000'000 : 0;
    line.place = place_;
    line.task = task();
    line.to = reading_.authority(recording::json_unquoted(said.to).value_or(""));
    line.status = number_of<std::uint16_t>(said.status, 0);
    line.timed_out = said.timed_out == "true";
    if (!said.error.empty()) {
      line.error = reading_.error(recording::json_unquoted(said.error).value_or(""));
    }
    evidence_.failed_calls.push_back(line);
  }

  void take_remark(std::string_view text, bool is_stderr) {
    auto& remarks = evidence_.remarks;
    const std::string kind = kind_of(text);
    const Index own = task();
    const auto known = std::find_if(remarks.begin(), remarks.end(), [&](const Remark& remark) {
      return remark.task == own && remark.is_stderr == is_stderr && kind_of(remark.text) == kind;
    });
    if (known != remarks.end()) {
      known->last_ms = at_ms_;
      ++known->count;
    } else if (remarks.size() < remarks_max) {
      remarks.push_back({own, is_stderr, std::string(text), at_ms_, at_ms_, 1, place_});
    }
  }

  Reading& reading_;
  Evidence& evidence_;
  RequestSampler& sampler_;
  std::string group_;
  std::string stream_;
  std::uint32_t file_;
  Index task_ = none;
  std::size_t log_reader_ = 0;  ///< That the last line was read by.
  std::int64_t at_ms_ = 0;
  Place place_;
  std::string message_;
  std::string text_;
};

std::vector<std::filesystem::path> entries_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> entries;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    entries.push_back(entry.path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::string true_name(const std::string& escaped) {
  return recording::unescaped_name(escaped).value_or(escaped);
}

}  // namespace

void read_logs(const std::filesystem::path& recording, std::size_t records_max, Reading& reading) {
  RequestSampler sampler(reading.evidence, records_max);
  for (const auto& group : entries_of(recording / "logs")) {
    if (!std::filesystem::is_directory(group)) continue;
    for (const auto& path : entries_of(group)) {
      if (path.extension() != ".jsonl") continue;
      const std::string below =
          "logs/" + group.filename().string() + "/" + path.filename().string();
      StreamReader reader(reading, sampler, true_name(group.filename().string()),
                          true_name(path.stem().string()), reading.file(below));
      LineFile lines(path);
      std::string_view line;
      while (lines.next(line)) reader.take(line, lines.number());
    }
  }
  if (reading.evidence.lines == 0) {
    throw recording::BadRecording(recording.string() + " is not a recording: no log line in it");
  }
}

}  // namespace hoplab::report::diagnosis
