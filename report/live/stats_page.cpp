#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "report/live/site.hpp"
#include "report/recording/json_text.hpp"
#include "scenarios/schema/regular_expression.hpp"

namespace hoplab::report::live {
namespace {

using recording::json_string;

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

HttpResponse stats_page(std::string text, std::string_view query) {
  const auto filter = parameter(query, "filter");
  const bool is_used_only = parameter(query, "usedonly").has_value();
  const bool is_json = parameter(query, "format") == "json";
  if (!filter && !is_used_only && !is_json)
    return {200, "text/plain; charset=UTF-8", std::move(text)};
  std::optional<scenarios::RegularExpression> expression;
  if (filter) {
    expression.emplace(fmt::format("(?s).*(?:{}).*", *filter));
    if (!expression->trouble().empty()) {
      return {400, "text/plain; charset=UTF-8",
              "Invalid re2 regex: " + expression->trouble() + "\n"};
    }
  }
  std::string out;
  JsonForm json;
  for (std::string_view rest = text; !rest.empty();) {
    const auto newline = rest.find('\n');
    const std::string_view line = rest.substr(0, newline);
    rest = newline == std::string_view::npos ? "" : rest.substr(newline + 1);
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    const Row row{line.substr(0, colon), line.substr(colon + 2)};
    if (is_used_only && !row.is_used()) continue;
    if (expression && !expression->matches(row.name)) continue;
    if (is_json) {
      json.add(row);
    } else {
      out += fmt::format("{}\n", line);
    }
  }
  if (is_json) return {200, "application/json", json.text()};
  return {200, "text/plain; charset=UTF-8", std::move(out)};
}

}  // namespace hoplab::report::live
