#include "tests/fuzz/questions.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "models/cloudwatch/alarm_board.hpp"
#include "models/cloudwatch/alarm_document.hpp"
#include "models/cloudwatch/metric_query.hpp"
#include "report/insights/event_reader.hpp"
#include "report/insights/insights.hpp"
#include "report/insights/json_value.hpp"
#include "report/insights/query_mistake.hpp"
#include "report/recording/file_trouble.hpp"
#include "report/recording/json_text.hpp"
#include "report/xray/filter.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/report/temporary_folder.hpp"
#include "tests/xray/documents.hpp"

namespace hoplab::fuzz {
namespace {

namespace cloudwatch = models::cloudwatch;
namespace insights = report::insights;
namespace recording = report::recording;
namespace xray = report::xray;

/// A file that is written again for each run.
class Scratch {
 public:
  explicit Scratch(const char* name) : path_(folder_ / name) {}
  void write(std::string_view bytes) { report::testing::write_bytes(path_, std::string(bytes)); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  report::testing::TemporaryFolder folder_;
  std::filesystem::path path_;
};

constexpr std::string_view log_lines =
    R"({"timestamp":1767614400000,"ingestionTime":1767614401000,"message":"{\"level\":\"info\",)"
    R"(\"status\":200,\"ms\":12.5,\"log\":\"{\\\"a\\\":[1,{\\\"b\\\":\\\"x\\\"}]}\"}"})"
    "\n"
    R"({"timestamp":1767614460000,"ingestionTime":1767614461000,"message":"{\"level\":\"error\",)"
    R"(\"status\":503,\"ip\":\"10.0.0.1\",\"tags\":[\"a\",\"b\"],\"ok\":false,\"no\":null}"})"
    "\n"
    R"({"timestamp":1767614520000,"ingestionTime":1767614521000,"message":"GET /cart 200 \"-\""})"
    "\n";

/// Errors of the query are no findings; a place outside of it is.
std::optional<insights::Answer> answer_of(const insights::LogStore& store, std::string_view query) {
  insights::Question question;
  question.query = query;
  question.threads = 1;
  try {
    return insights::ask(store, question);
  } catch (const insights::MalformedQuery& mistake) {
    promise(!mistake.code().empty() && *mistake.what() != '\0', "every mistake says something");
    const insights::Span where = mistake.where();
    promise(where.begin <= where.end && where.end <= query.size(), "every mistake has a place");
    return std::nullopt;
  }
}

/// The fields of a message, spelt as in its line, in both ways.
void check_fields(const std::string& spelt) {
  static const insights::Projection fields = [] {
    insights::Projection made;
    made.add({"a"}, 0);
    made.add({"log"}, 1);
    made.add({"status"}, 2);
    return made;
  }();
  insights::Arena arena;
  std::vector<insights::Value> fast(3);
  std::vector<insights::Value> slow(3);
  if (!fields.scan_spelt(spelt, fast, arena)) return;
  std::string buffer;
  insights::RawEvent event;
  event.message = spelt;
  event.is_spelt = true;
  std::string_view message;
  promise(insights::message_text(event, buffer, message), "what has fields can be decoded");
  fields.scan(message, slow, arena);
  for (std::size_t i = 0; i < fast.size(); ++i) {
    const bool is_same = fast[i].kind == slow[i].kind && fast[i].text == slow[i].text;
    promise(is_same, "a field is the same before the message is decoded and after");
  }
}

cloudwatch::MetricStore two_metrics() {
  cloudwatch::MetricStore store;
  for (int minute = 0; minute < 6; ++minute) {
    for (const char* const name : {"a", "b"}) {
      cloudwatch::MetricDatum datum;
      datum.metric = {"n", name, {}};
      datum.at = sim::WallTime(std::chrono::minutes(minute));
      datum.samples = 1;
      datum.sum = datum.minimum = datum.maximum = minute;
      store.add(std::move(datum));
    }
  }
  return store;
}

constexpr std::chrono::minutes minutes_with_data{6};

void evaluate_alarms(std::string_view json, const cloudwatch::MetricStore& store) {
  sim::Diagnostics diagnostics;
  auto alarms = cloudwatch::parse_alarms(json, "fuzz.json", {}, diagnostics);
  // The place of a mistake is the alarm's name; lines are not known any more.
  for (const auto& it : diagnostics.sorted()) {
    promise(!sim::to_string(it).empty() && it.mark.file.starts_with("fuzz.json"),
            "every diagnostic says something, of this file");
  }
  if (alarms.empty()) return;
  cloudwatch::AlarmBoard board(std::move(alarms), sim::WallTime());
  for (std::chrono::minutes now{0}; now <= minutes_with_data; ++now) {
    const auto at = sim::WallTime(now) + cloudwatch::AlarmBoard::evaluation_delay;
    for (const auto& change : board.evaluate(store, at)) {
      promise(change.alarm != nullptr && change.before.state != change.after.state,
              "a change is of an alarm, and from one state to another");
      promise(!cloudwatch::history_item(change).empty(), "a change can be told");
    }
  }
}

}  // namespace

void ask_insights(std::string_view query) {
  static Scratch scratch("lines.jsonl");
  static const insights::LogStore store = [] {
    scratch.write(log_lines);
    return insights::LogStore(scratch.path());
  }();
  const auto answer = answer_of(store, query);
  if (answer) promise(answer->statistics.records_scanned <= 3, "no event is there twice");
}

void read_log_lines(std::string_view lines) {
  static Scratch scratch("lines.jsonl");
  scratch.write(lines);
  const std::string bytes(lines);
  check_fields(bytes);
  check_fields(recording::json_string(lines));
  check_fields("\"" + bytes + "\"");
  try {
    const insights::LogStore store(scratch.path());
    std::optional<std::uint64_t> scanned;
    for (const std::string_view query :
         {"fields @timestamp, @message, @logStream, a, log.b, status | sort status desc",
          "fields jsonParse(log) as l | filter l.a > 1 or l.b = \"x\" | stats count(*), "
          "avg(l.status), max(status), count_distinct(a) by bin(1m), l.b",
          "parse @message '* \"*\" *' as first, second, third | filter ispresent(third) | dedup a",
          "fields jsonParse(@message) as m | unnest m.list into one | display one, one.a"}) {
      const auto answer = answer_of(store, query);
      promise(answer.has_value(), "the query is a good one");
      const std::uint64_t now = answer->statistics.records_scanned;
      promise(!scanned || *scanned == now, "every query sees the same events");
      scanned = now;
    }
  } catch (const recording::BadRecording&) {  // There is nothing to read in it.
  }
}

void filter_traces(std::string_view text) {
  static const auto store = report::xray::testing::store_of(report::xray::testing::shop_trace());
  const auto filter = xray::parse_filter(text);
  if (const auto* const mistake = std::get_if<xray::FilterMistake>(&filter)) {
    promise(mistake->at <= text.size(), "every mistake has a place");
    promise(!mistake->code.empty() && !xray::to_string(*mistake, text).empty(),
            "every mistake says something");
    return;
  }
  for (const xray::Trace& trace : store->traces()) {
    (void)std::get<xray::Filter>(filter).holds(trace);
  }
}

void ask_metrics(std::string_view text) {
  static const cloudwatch::MetricStore store = two_metrics();
  if (text.starts_with('{') || text.starts_with('[')) evaluate_alarms(text, store);
  sim::Diagnostics diagnostics;
  const auto sum = *cloudwatch::Statistic::parse("Sum", {}, diagnostics);
  const auto metric = [&](const char* id, const char* name) {
    cloudwatch::MetricQuery query;
    query.id = id;
    query.stat = cloudwatch::MetricStat{{"n", name, {}}, sum, cloudwatch::Period{60}};
    return query;
  };
  cloudwatch::MetricQuery expression;
  expression.id = "e1";
  expression.expression = text;
  const auto request = cloudwatch::MetricRequest::make(
      {metric("m1", "a"), metric("m2", "b"), expression}, {"expression", 1, 1}, diagnostics);
  if (request) {
    cloudwatch::BandModels models;
    const cloudwatch::TimeRange range = {sim::WallTime(), sim::WallTime(minutes_with_data)};
    const auto results = request->run(store, range, models, diagnostics);
    promise(results.has_value() != diagnostics.has_errors(), "results, or errors");
  } else {
    promise(diagnostics.has_errors(), "a request, or errors");
  }
  check_places(diagnostics);
}

}  // namespace hoplab::fuzz
