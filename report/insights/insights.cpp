#include "report/insights/insights.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "report/insights/event_reader.hpp"
#include "report/insights/mapped_file.hpp"
#include "report/insights/rows.hpp"
#include "report/insights/source_time.hpp"
#include "report/insights/steps.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::report::insights {
namespace {

constexpr std::size_t chunk_size = std::size_t{2} << 20U;
constexpr std::size_t groups_max = 50;  ///< Source: StartQuery, logGroupNames.

/// Sums are added up lane by lane, so that the number of threads never shows in an answer.
constexpr std::size_t lanes_count = 8;

struct Work {
  std::size_t file = 0;  ///< An index into the scan's files.
  Chunk chunk;
};

/// What the first segment makes of all events.
class Scan {
 public:
  Scan(const LogStore& store, const Plan& plan, const TimeRange& range,
       const std::vector<std::uint32_t>& files)
      : store_(store), plan_(plan), range_(range) {
    for (const std::uint32_t index : files) {
      const LogFile& log = store.files()[index];
      files_.push_back({index, MappedFile(log.path)});
      for (const Chunk& chunk : chunks_of(files_.back().file.text(), log.form, chunk_size)) {
        work_.push_back({files_.size() - 1, chunk});
      }
    }
    const Segment& first = plan.segments.front();
    for (std::size_t i = 0; i < lanes_count; ++i) {
      auto lane = std::make_unique<Lane>();
      if (const auto* const stats = std::get_if<Stats>(&first.end)) lane->grouper.emplace(*stats);
      if (const auto* const collect = std::get_if<Collect>(&first.end)) {
        lane->collector.emplace(*collect);
      }
      lanes_.push_back(std::move(lane));
    }
  }

  void run(unsigned threads);

  /// The lanes' rows in the first lane's grouper or collector.
  Grouper* grouper() { return lanes_.front()->grouper ? &*lanes_.front()->grouper : nullptr; }
  Collector& collector() { return *lanes_.front()->collector; }
  [[nodiscard]] const Statistics& statistics() const { return statistics_; }

 private:
  struct OpenFile {
    std::uint32_t index;
    MappedFile file;
  };
  struct Lane {
    std::optional<Grouper> grouper;
    std::optional<Collector> collector;
    ScanCounts counts;
    std::uint64_t matched = 0;
  };

  void run_lane(std::size_t number);
  void merge_lanes();

  const LogStore& store_;
  const Plan& plan_;
  TimeRange range_;
  std::vector<OpenFile> files_;
  std::vector<Work> work_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  Statistics statistics_;
};

/// True when the line cannot be a result: the text that it needs is not there, and nothing in it is
/// spelt in another way.
bool lacks_text(const RawEvent& event, const std::string& needed) {
  return !needed.empty() && event.message.find(needed) == std::string_view::npos &&
         event.message.find("\\u") == std::string_view::npos;
}

void Scan::run_lane(std::size_t number) {
  Lane& lane = *lanes_[number];
  const Segment& segment = plan_.segments.front();
  EventLoader loader(plan_, store_);
  Frame frame;
  frame.slots.resize(plan_.slots);
  frame.loader = &loader;
  Origin origin;
  const std::function<void()> take_row = [&] {
    ++lane.matched;
    if (lane.grouper) {
      lane.grouper->take(frame, origin.sighting);
    } else {
      lane.collector->take(frame, origin);
    }
    ++origin.part;
  };
  std::uint32_t file = 0;
  bool is_lines = false;
  const auto take_event = [&](const RawEvent& event) {
    if (is_lines && lacks_text(event, plan_.needed_text)) return true;
    origin = {{event.timestamp_ms, {file, event.offset}}, 0, 0};
    loader.take(event, file, frame);
    run_steps(segment.steps, 0, frame, take_row);
    return true;
  };
  // Neighbours follow each other, so that what is let go stays so.
  const std::size_t stop = (number + 1) * work_.size() / lanes_count;
  for (std::size_t i = number * work_.size() / lanes_count; i < stop; ++i) {
    const OpenFile& open = files_[work_[i].file];
    const LogForm form = store_.files()[open.index].form;
    file = open.index;
    is_lines = form == LogForm::event_lines || form == LogForm::text_lines;
    const Chunk& chunk = work_[i].chunk;
    for_each_raw_event(open.file.text(), form, chunk, range_, lane.counts, take_event);
    // A line's beginning is looked for in the part before.
    open.file.let_go(chunk.begin - std::min(chunk.begin, chunk_size), chunk.begin);
  }
}

void Scan::run(unsigned threads) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  threads = std::min<unsigned>(threads, lanes_count);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr trouble;
  const auto work = [&] {
    try {
      for (std::size_t lane = next++; lane < lanes_count; lane = next++) run_lane(lane);
    } catch (const std::exception&) {
      const std::lock_guard lock(mutex);
      if (!trouble) trouble = std::current_exception();
      next = lanes_count;
    }
  };
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < threads && work_.size() > 1; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  if (trouble) std::rethrow_exception(trouble);
  merge_lanes();
}

void Scan::merge_lanes() {
  Lane& first = *lanes_.front();
  ScanCounts counts;
  for (const auto& lane : lanes_) {
    counts += lane->counts;
    statistics_.records_matched += lane->matched;
    if (lane == lanes_.front()) continue;
    if (first.grouper) first.grouper->merge(*lane->grouper);
    if (first.collector) first.collector->merge(*lane->collector);
  }
  statistics_.records_scanned = counts.events;
  statistics_.bytes_scanned = counts.bytes;
  statistics_.unreadable = counts.unreadable;
  statistics_.cut_off = counts.cut_off;
}

/// Takes rows through one segment behind the first, and holds what comes out.
class Later {
 public:
  Later(const Plan& plan, const Segment& segment) : segment_(segment) {
    frame_.slots.resize(plan.slots);
    if (const auto* const stats = std::get_if<Stats>(&segment.end)) grouper_.emplace(*stats);
    if (const auto* const collect = std::get_if<Collect>(&segment.end)) {
      collector_.emplace(*collect);
    }
  }

  void take_groups(Grouper& groups) {
    groups.finish();
    for (std::size_t i = 0; i < groups.size(); ++i) {
      groups.show(i, frame_);
      take({{0, {0, i}}, i, 0});
    }
  }

  void take_rows(const std::vector<Row>& rows, const Collect& from) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t k = 0; k < from.captures.size(); ++k) {
        frame_.slots[from.captures[k].slot] = rows[i].values[k].view();
      }
      take({rows[i].origin.sighting, i, 0});
    }
  }

  std::optional<Grouper>& grouper() { return grouper_; }
  std::optional<Collector>& collector() { return collector_; }

 private:
  void take(Origin origin) {
    frame_.arena.reset();
    run_steps(segment_.steps, 0, frame_, [&] {
      if (grouper_) {
        grouper_->take(frame_, origin.sighting);
      } else {
        collector_->take(frame_, origin);
      }
      ++origin.part;
    });
  }

  const Segment& segment_;
  Frame frame_;
  std::optional<Grouper> grouper_;
  std::optional<Collector> collector_;
};

/// The rows behind the last segment.
std::vector<Row> run_segments(const Plan& plan, Scan& scan) {
  Grouper* grouper = scan.grouper();
  std::vector<Row> rows;
  if (grouper == nullptr) rows = scan.collector().finish();
  std::vector<std::unique_ptr<Later>> kept;  // A grouper's texts are looked at behind it.
  for (std::size_t i = 1; i < plan.segments.size(); ++i) {
    kept.push_back(std::make_unique<Later>(plan, plan.segments[i]));
    Later& later = *kept.back();
    if (grouper != nullptr) {
      later.take_groups(*grouper);
    } else {
      later.take_rows(rows, std::get<Collect>(plan.segments[i - 1].end));
    }
    grouper = later.grouper() ? &*later.grouper() : nullptr;
    if (later.collector()) rows = later.collector()->finish();
  }
  return rows;
}

std::vector<std::vector<Field>> shown_rows(const Plan& plan, const std::vector<Row>& rows) {
  const auto& captures = std::get<Collect>(plan.segments.back().end).captures;
  std::vector<std::size_t> places(plan.slots, no_slot);
  for (std::size_t i = 0; i < captures.size(); ++i) places[captures[i].slot] = i;
  std::vector<std::vector<Field>> shown_list;
  for (const Row& row : rows) {
    std::vector<Field> fields;
    for (const Column& column : plan.columns) {
      const Value value = row.values[places[column.slot]].view();
      const bool is_there = !value.is_missing() && (column.shows_json || value.kind != Kind::json);
      if (is_there && column.name != "@ptr") fields.push_back({column.name, shown(value)});
    }
    if (plan.rows_are_events) fields.push_back({"@ptr", ptr_of(row.origin.sighting.place)});
    shown_list.push_back(std::move(fields));
  }
  return shown_list;
}

[[noreturn]] void fail_group(const LogStore& store, const std::string& name, Span where) {
  std::vector<std::string> known;
  for (const LogGroup& group : store.groups()) known.push_back(group.name);
  const std::string near = sim::nearest_name(name, known);
  std::string all;
  for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
  throw MalformedQuery(
      "E0608", where,
      "Log group '" + name + "' does not exist for account ID '" + store.account() + "'",
      near.empty() ? "there are " + all : "did you mean '" + near + "'?");
}

std::vector<std::uint32_t> selected_files(const LogStore& store, const Question& question,
                                          const Plan& plan) {
  std::vector<std::string> names = question.groups;
  std::vector<std::string> prefixes;
  Span where;
  if (plan.source) {
    names.insert(names.end(), plan.source->groups.begin(), plan.source->groups.end());
    prefixes = plan.source->prefixes;
    where = plan.source->span;
  }
  if (names.size() > groups_max) {
    throw MalformedQuery("E0606", where, "a query looks at no more than 50 log groups");
  }
  for (const std::string& name : names) {
    if (store.find_group(name) == nullptr) fail_group(store, name, where);
  }
  std::vector<std::uint32_t> files;
  for (const LogGroup& group : store.groups()) {
    const bool is_named = std::find(names.begin(), names.end(), group.name) != names.end();
    const bool has_prefix =
        std::any_of(prefixes.begin(), prefixes.end(),
                    [&](const std::string& prefix) { return group.name.starts_with(prefix); });
    if (!is_named && !has_prefix && !(names.empty() && prefixes.empty())) continue;
    files.insert(files.end(), group.files.begin(), group.files.end());
  }
  return files;
}

}  // namespace

Answer ask(const LogStore& store, const Question& question) {
  PlanOptions options;
  options.limit = question.limit;
  // A range without an end ends with the last event, for those who count from there.
  const auto closed_range = [&] {
    TimeRange range = question.range;
    const auto known = range.to_ms == TimeRange().to_ms ? store.range() : std::nullopt;
    if (known) range.to_ms = known->to_ms;
    return range;
  };
  options.now_s = [&] { return closed_range().to_ms / 1000; };
  const Plan plan = make_plan(question.query, options);
  const TimeRange range = plan.source ? source_range(*plan.source, closed_range()) : question.range;
  Scan scan(store, plan, range, selected_files(store, question, plan));
  scan.run(question.threads);
  Answer answer;
  answer.rows = shown_rows(plan, run_segments(plan, scan));
  answer.statistics = scan.statistics();
  for (const Column& column : plan.columns) answer.columns.push_back(column.name);
  return answer;
}

void check_query(std::string_view query) { (void)make_plan(query, {}); }

}  // namespace hoplab::report::insights
