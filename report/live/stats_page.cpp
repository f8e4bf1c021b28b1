#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "report/live/site.hpp"
#include "report/recording/json_text.hpp"
#include "scenarios/schema/regular_expression.hpp"

namespace hoplab::report::live {
namespace {

using recording::json_string;

constexpr const char* plain = "text/plain; charset=UTF-8";

template <typename Visit>
void for_each_line(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    const auto newline = text.find('\n');
    visit(text.substr(0, newline));
    text = newline == std::string_view::npos ? "" : text.substr(newline + 1);
  }
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto digit = [&](std::size_t at) {
      const char c = at < text.size() ? text[at] : '?';
      return digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    };
    const bool is_escape = text[i] == '%' && digit(i + 1) != std::string_view::npos &&
                           digit(i + 2) != std::string_view::npos;
    if (!is_escape) {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    out += static_cast<char>(digit(i + 1) * 16 + digit(i + 2));
    i += 2;
  }
  return out;
}

/// One line of /stats.
struct Row {
  std::string_view name;
  std::string_view value;
  [[nodiscard]] bool is_histogram() const {
    return value.starts_with("P0(") || value == "No recorded values";
  }
  [[nodiscard]] bool is_used() const { return value != "0" && value != "No recorded values"; }
};

/// "P25(nan,3.1)" as {"interval":null,"cumulative":3.1}; its quantile goes to `quantile`.
std::string quantile_json(std::string_view word, std::string& quantile) {
  const auto open = word.find('(');
  const auto comma = word.find(',', open);
  if (open == std::string_view::npos || comma == std::string_view::npos || !word.ends_with(')')) {
    return "";
  }
  const auto number = [](std::string_view text) {
    return text == "nan" ? std::string("null") : std::string(text);
  };
  quantile = word.substr(1, open - 1);
  return fmt::format("{{\"interval\":{},\"cumulative\":{}}}",
                     number(word.substr(open + 1, comma - open - 1)),
                     number(word.substr(comma + 1, word.size() - comma - 2)));
}

/// Source: Envoy docs, GET /stats?format=json.
class JsonForm {
 public:
  void add(const Row& row) {
    if (row.is_histogram()) return add_histogram(row);
    plain_ += fmt::format("{}{{\"name\":{},\"value\":{}}}", plain_.empty() ? "" : ",",
                          json_string(row.name), row.value);
  }
  [[nodiscard]] std::string text() const {
    std::string out = "{\"stats\":[" + plain_;
    if (!histograms_.empty()) {
      out += fmt::format(
          "{}{{\"histograms\":{{\"supported_quantiles\":[{}],\"computed_quantiles\":[{}]}}}}",
          plain_.empty() ? "" : ",", quantiles_, histograms_);
    }
    return out + "]}";
  }

 private:
  void add_histogram(const Row& row) {
    std::string values;
    std::string quantiles;
    std::string_view rest = row.value;
    while (rest.starts_with('P')) {
      const auto blank = rest.find(' ');
      std::string quantile;
      const std::string value = quantile_json(rest.substr(0, blank), quantile);
      if (value.empty()) break;
      values += (values.empty() ? "" : ",") + value;
      quantiles += (quantiles.empty() ? "" : ",") + quantile;
      rest = blank == std::string_view::npos ? "" : rest.substr(blank + 1);
    }
    if (!quantiles.empty()) quantiles_ = quantiles;
    histograms_ += fmt::format("{}{{\"name\":{},\"values\":[{}]}}", histograms_.empty() ? "" : ",",
                               json_string(row.name), values);
  }

  std::string plain_;
  std::string histograms_;
  std::string quantiles_;
};

/// The families of a Prometheus page without the series that are 0. A histogram is its buckets, sum
/// and count, and goes as a whole with a count of 0.
class UsedFamilies {
 public:
  void add(std::string_view line) {
    if (line.starts_with("# TYPE ")) {
      is_histogram_ = line.ends_with(" histogram");
      head_ = line;
      return;
    }
    if (line.empty()) {
      if (head_.empty()) text_ += '\n';  // Something of the family was written.
      return;
    }
    if (is_histogram_) series_ += fmt::format("{}\n", line);
    const bool is_last = !is_histogram_ || line.substr(0, line.find('{')).ends_with("_count");
    if (!is_last) return;
    const std::string whole =
        is_histogram_ ? std::exchange(series_, "") : fmt::format("{}\n", line);
    if (line.ends_with(" 0")) return;
    if (!head_.empty()) text_ += std::exchange(head_, "") + '\n';
    text_ += whole;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  bool is_histogram_ = false;
  std::string head_;    ///< Of a family that has nothing yet.
  std::string series_;  ///< The lines of a histogram whose count has not come.
  std::string text_;
};

}  // namespace

std::optional<std::string> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view part = query.substr(0, end);
    const auto equals = part.find('=');
    if (part.substr(0, equals) == name) {
      return equals == std::string_view::npos ? "" : unescaped(part.substr(equals + 1));
    }
    query = end == std::string_view::npos ? "" : query.substr(end + 1);
  }
  return std::nullopt;
}

StatsQuery read_stats_query(std::string_view query) {
  StatsQuery read;
  read.is_used_only = parameter(query, "usedonly").has_value();
  if (const auto filter = parameter(query, "filter")) {
    const auto expression =
        std::make_shared<scenarios::RegularExpression>(fmt::format("(?s).*(?:{}).*", *filter));
    if (!expression->trouble().empty()) {
      read.refusal = {400, plain, "Invalid re2 regex: " + expression->trouble() + "\n"};
    }
    read.has_filter = true;
    read.shows = [expression](std::string_view name) { return expression->matches(name); };
  }
  const std::string format = parameter(query, "format").value_or("");
  if (format == "json") {
    read.form = StatsQuery::Form::json;
  } else if (format == "prometheus") {
    read.form = StatsQuery::Form::prometheus;
  } else if (format == "html" || format == "active-html") {
    read.refusal = {400, plain,
                    format == "html" ? "HTML output was disabled by building with "
                                       "--define=admin_html=disabled"
                                     : "Active HTML output was disabled by building with "
                                       "--define=admin_html=disabled"};
  } else if (!format.empty() && format != "text") {
    read.refusal = {400, plain, "usage: /stats?format=(html|active-html|json|prometheus|text)\n\n"};
  }
  return read;
}

HttpResponse stats_page(std::string text, const StatsQuery& query) {
  if (query.refusal) return *query.refusal;
  const bool is_json = query.form == StatsQuery::Form::json;
  if (!query.has_filter && !query.is_used_only && !is_json) return {200, plain, std::move(text)};
  std::string out;
  JsonForm json;
  for_each_line(text, [&](std::string_view line) {
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) return;
    const Row row{line.substr(0, colon), line.substr(colon + 2)};
    if (query.is_used_only && !row.is_used()) return;
    if (query.shows && !query.shows(row.name)) return;
    if (is_json) {
      json.add(row);
    } else {
      out += fmt::format("{}\n", line);
    }
  });
  if (is_json) return {200, "application/json", json.text()};
  return {200, plain, std::move(out)};
}

HttpResponse recorded_prometheus_page(std::string text, const StatsQuery& query) {
  if (query.refusal) return *query.refusal;
  if (query.has_filter) {
    return {400, plain,
            "a recording does not have the names that a filter is about in this form; "
            "/stats can be filtered\n"};
  }
  if (!query.is_used_only) return {200, plain, std::move(text)};
  UsedFamilies families;
  for_each_line(text, [&](std::string_view line) { families.add(line); });
  return {200, plain, families.text()};
}

}  // namespace hoplab::report::live
