#include "report/writers/query_results.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "report/insights/period.hpp"
#include "report/insights/value.hpp"
#include "report/recording/json_text.hpp"
#include "report/writers/text_layout.hpp"

namespace hoplab::report::writers {
namespace {

using insights::Answer;
using insights::Field;
using Cells = std::vector<std::string>;

/// A value on one line.
std::string on_one_line(std::string_view value) {
  std::string line;
  for (const char c : value) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '\x7F') {
      line += "\xEF\xBF\xBD";  // Nothing in a log may steer the terminal.
    } else {
      line += c;
    }
  }
  return line;
}

const std::string* find_value(const std::vector<Field>& row, const std::string& name) {
  const auto found =
      std::find_if(row.begin(), row.end(), [&](const Field& field) { return field.name == name; });
  return found == row.end() ? nullptr : &found->value;
}

std::string table(const Cells& names, const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths;
  std::vector<bool> are_numbers(names.size(), true);
  for (const std::string& name : names) widths.push_back(display_width(name));
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
      if (!row[i].empty() && !insights::parse_number(row[i])) are_numbers[i] = false;
    }
  }
  std::string out;
  const auto add_line = [&](const Cells& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line += "  ";
      line += are_numbers[i] && !rows.empty() ? pad_left(cells[i], widths[i])
                                              : pad_right(cells[i], widths[i]);
    }
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  };
  add_line(names);
  Cells rule;
  for (const std::size_t width : widths) rule.emplace_back(width, '-');
  add_line(rule);
  for (const Cells& row : rows) add_line(row);
  return out;
}

void append_csv(std::string& out, std::string_view value) {
  if (value.find_first_of("\",\r\n") == std::string_view::npos) {
    out += value;
    return;
  }
  out += '"';
  for (const char c : value) {
    out += c;
    if (c == '"') out += '"';
  }
  out += '"';
}

/// What the groups' own events tell.
struct GroupFacts {
  std::string name;
  std::size_t streams = 0;
  std::uint64_t events = 0;
  std::int64_t first_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_ms = std::numeric_limits<std::int64_t>::min();
};

std::vector<GroupFacts> facts_of(const insights::LogStore& store) {
  std::vector<GroupFacts> list;
  for (const insights::LogGroup& group : store.groups()) {
    GroupFacts facts;
    facts.name = group.name;
    std::vector<std::string> streams;
    insights::Selection selection;
    selection.groups = {group.name};
    (void)store.for_each_event(selection, [&](const insights::LogEvent& event) {
      ++facts.events;
      facts.first_ms = std::min(facts.first_ms, event.timestamp_ms);
      facts.last_ms = std::max(facts.last_ms, event.timestamp_ms);
      const auto place = std::lower_bound(streams.begin(), streams.end(), event.stream);
      if (place == streams.end() || *place != event.stream) streams.emplace(place, event.stream);
      return true;
    });
    facts.streams = streams.size();
    list.push_back(std::move(facts));
  }
  return list;
}

std::string instant_text(std::int64_t at_ms) {
  std::string text;
  insights::append_instant(text, at_ms);
  return text;
}

}  // namespace

std::string results_table(const Answer& answer) {
  if (answer.rows.empty()) return "no rows\n";
  Cells names;
  for (const std::string& column : answer.columns) names.push_back(on_one_line(column));
  std::vector<Cells> rows;
  for (const auto& row : answer.rows) {
    Cells cells;
    for (const std::string& column : answer.columns) {
      const std::string* const value = find_value(row, column);
      cells.push_back(value == nullptr ? "" : on_one_line(*value));
    }
    rows.push_back(std::move(cells));
  }
  return table(names, rows);
}

std::string log_lines(const Answer& answer) {
  std::string out;
  for (const auto& row : answer.rows) {
    std::string line;
    for (const std::string& column : answer.columns) {
      const std::string* const value = find_value(row, column);
      if (value != nullptr) line += (line.empty() ? "" : " ") + on_one_line(*value);
    }
    out += line + "\n";
  }
  return out;
}

std::string results_json(const Answer& answer) {
  std::string out = "{\"results\":[";
  for (std::size_t i = 0; i < answer.rows.size(); ++i) {
    out += i == 0 ? "\n[" : ",\n[";
    for (std::size_t k = 0; k < answer.rows[i].size(); ++k) {
      const Field& field = answer.rows[i][k];
      out += k == 0 ? "{\"field\":" : ",{\"field\":";
      recording::append_json_string(out, field.name);
      out += ",\"value\":";
      recording::append_json_string(out, field.value);
      out += '}';
    }
    out += ']';
  }
  const auto& statistics = answer.statistics;
  const auto real = [](std::uint64_t count) { return std::to_string(count) + ".0"; };
  out += answer.rows.empty() ? "]" : "\n]";
  out += ",\n\"statistics\":{\"recordsMatched\":" + real(statistics.records_matched) +
         ",\"recordsScanned\":" + real(statistics.records_scanned) +
         ",\"bytesScanned\":" + real(statistics.bytes_scanned) + "},\n\"status\":\"Complete\"}\n";
  return out;
}

std::string results_csv(const Answer& answer) {
  std::string out;
  const auto add_line = [&](const Cells& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out += ',';
      append_csv(out, cells[i]);
    }
    out += "\r\n";
  };
  add_line(answer.columns);
  for (const auto& row : answer.rows) {
    Cells cells;
    for (const std::string& column : answer.columns) {
      const std::string* const value = find_value(row, column);
      cells.push_back(value == nullptr ? "" : *value);
    }
    add_line(cells);
  }
  return out;
}

std::string mistake_text(std::string_view query, const insights::MalformedQuery& mistake) {
  const std::size_t at = std::min(mistake.where().begin, query.size());
  const std::string_view before = query.substr(0, at);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t newline = before.rfind('\n');
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view line = query.substr(start, query.find('\n', start) - start);
  const std::size_t column = display_width(query.substr(start, at - start)) + 1;
  std::string out = "query:" + std::to_string(lines + 1) + ":" + std::to_string(column) +
                    ": error[" + mistake.code() + "]: " + mistake.what() + "\n";
  const std::size_t stop = std::min(std::max(mistake.where().end, at + 1), start + line.size());
  const std::size_t length = stop < at ? 0 : display_width(query.substr(at, stop - at));
  out += "  " + on_one_line(line) + "\n  " +
         std::string(display_width(on_one_line(line.substr(0, at - start))), ' ') + "^" +
         std::string(length > 1 ? length - 1 : 0, '~') + "\n";
  if (!mistake.hint().empty()) out += "  hint: " + mistake.hint() + "\n";
  return out;
}

std::string groups_table(const insights::LogStore& store) {
  std::vector<Cells> rows;
  for (const GroupFacts& facts : facts_of(store)) {
    const bool has_events = facts.events > 0;
    rows.push_back({facts.name, std::to_string(facts.streams), std::to_string(facts.events),
                    has_events ? instant_text(facts.first_ms) : "",
                    has_events ? instant_text(facts.last_ms) : ""});
  }
  return table({"group", "streams", "events", "first", "last"}, rows);
}

std::string groups_json(const insights::LogStore& store) {
  std::string out = "{\"schema\":\"hoplab.log-groups/1\",\"groups\":[";
  bool is_first = true;
  for (const GroupFacts& facts : facts_of(store)) {
    out += is_first ? "\n{\"logGroupName\":" : ",\n{\"logGroupName\":";
    is_first = false;
    recording::append_json_string(out, facts.name);
    out += ",\"streams\":" + std::to_string(facts.streams) +
           ",\"events\":" + std::to_string(facts.events);
    if (facts.events > 0) {
      out += ",\"firstEventTimestamp\":" + std::to_string(facts.first_ms) +
             ",\"lastEventTimestamp\":" + std::to_string(facts.last_ms);
    }
    out += '}';
  }
  return out + "\n]}\n";
}

}  // namespace hoplab::report::writers
