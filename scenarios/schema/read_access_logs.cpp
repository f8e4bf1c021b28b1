// Access logs: where an Envoy writes them, and in which format.
#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/log_format.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

// --- The short form ---------------------------------------------------------------------------

std::optional<FormatText> read_format_text(const Node& node, Diagnostics& diagnostics) {
  auto text = read_text(node, diagnostics);
  return text ? std::optional(FormatText{node.mark, *std::move(text)}) : std::nullopt;
}

void read_json(const Section& format, AccessLogFile& result, Diagnostics& diagnostics) {
  format.each("json", [&](const Node& item) {
    const Section member(item, "a member of the access log's JSON", {"key", "value"}, diagnostics);
    const Node* key = member.require("key");
    const Node* value = member.require("value");
    if (key == nullptr || value == nullptr) return;
    auto name = read_text(*key, diagnostics);
    auto text = read_format_text(*value, diagnostics);
    if (name && text) result.json.emplace_back(*std::move(name), *std::move(text));
  });
}

// --- Where a mistake stands -------------------------------------------------------------------

/// Walks a scalar as it is spelt in its file, byte by byte of what it says. It gives up where the
/// two no longer go together in a way that is plain to see.
class Speller {
 public:
  Speller(std::string_view source, const SourceMark& mark) : source_(source), place_(mark) {
    for (int line = 1; line < mark.line; ++line) {
      at_ = std::min(source_.find('\n', at_), source_.size() - 1) + 1;
    }
    at_ = std::min(at_ + static_cast<std::size_t>(mark.column) - 1, source_.size());
    quote_ = at_ < source_.size() ? source_[at_] : '\0';
    if (quote_ == '\'' || quote_ == '"') move(1);
    if (quote_ == '|') enter_block();
  }

  /// Past one byte of the text; false: no more can be said.
  bool pass(char c) {
    if (at_ >= source_.size()) return false;
    const bool is_escape = quote_ == '"' && source_[at_] == '\\';
    if (is_escape) {
      constexpr std::string_view of_two = "\"\\/nt";
      const bool is_short =
          at_ + 1 < source_.size() && of_two.find(source_[at_ + 1]) != std::string_view::npos;
      if (is_short) move(2);
      return is_short;
    }
    if (source_[at_] != c) return false;
    if (c == '\n') return quote_ == '|' && next_line();
    move(quote_ == '\'' && c == '\'' ? 2 : 1);
    return true;
  }
  [[nodiscard]] const SourceMark& place() const { return place_; }

 private:
  void move(std::size_t bytes) {
    at_ += bytes;
    place_.column += static_cast<int>(bytes);
  }
  /// "|", then lines that are further in than what they belong to.
  void enter_block() {
    at_ = source_.find('\n', at_);
    if (at_ == std::string_view::npos) return;
    const std::size_t text = source_.find_first_not_of(' ', at_ + 1);
    indent_ = text == std::string_view::npos ? 0 : text - at_ - 1;
    next_line();
  }
  bool next_line() {
    at_ += 1 + indent_;
    ++place_.line;
    place_.column = static_cast<int>(indent_) + 1;
    return true;
  }

  std::string_view source_;
  SourceMark place_;
  std::size_t at_ = 0;
  std::size_t indent_ = 0;
  char quote_ = '\0';
};

SourceMark place_in(const FormatText& text, std::size_t at, const Scenario& scenario) {
  // Those of artefacts are named as written, marks have the whole path.
  const auto source = std::ranges::find_if(scenario.sources, [&](const auto& it) {
    return text.mark.file == it.first || text.mark.file.ends_with("/" + it.first);
  });
  if (source == scenario.sources.end()) return text.mark;
  Speller speller(source->second, text.mark);
  for (std::size_t i = 0; i < at; ++i) {
    if (!speller.pass(text.text[i])) return text.mark;
  }
  return speller.place();
}

// --- Checks -----------------------------------------------------------------------------------

constexpr std::size_t path_max = 255;
constexpr std::size_t text_max = 1000;
constexpr std::size_t member_max = 100;

class Checker {
 public:
  explicit Checker(Draft& draft) : draft_(draft) {}

  void check(const AccessLogFile& file) {
    const SourceMark& mark = file.mark;
    if (!checked_.insert(places_of(file)).second) return;
    check_length(mark, "the path", file.path, path_max);
    if (file.text) check_text(*file.text);
    std::set<std::string> keys;
    for (const auto& [key, value] : file.json) {
      check_length(value.mark, "the key of a member", key, member_max);
      check_length(value.mark, "the value of a member", value.text, member_max);
      check_operators(value);
      if (keys.insert(key).second) continue;
      draft_.diagnostics.error(value.mark, "E0221",
                               fmt::format("the access log has two members '{}'", shown(key)),
                               "keep one of the two");
    }
    if (file.is_output()) return;
    draft_.diagnostics.warning(
        mark, "W0425",
        fmt::format("access logs go to the file '{}' in the container: no log driver sees it, and "
                    "no line reaches a log group",
                    shown(file.path)),
        "write /dev/stdout, unless this is what you want to see");
  }

 private:
  void check_text(const FormatText& text) {
    check_length(text.mark, "the format", text.text, text_max);
    check_operators(text);
    if (text.text.ends_with('\n')) return;
    draft_.diagnostics.warning(text.mark, "W0426",
                               "the format does not end its lines: Envoy writes them one behind "
                               "the other, and log drivers take them for one",
                               R"(end it with a line break: "...\n")");
  }

  void check_length(const SourceMark& mark, const char* what, const std::string& text,
                    std::size_t most) {
    const auto follows = [](char byte) {
      return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
    };
    const auto characters =
        text.size() - static_cast<std::size_t>(std::ranges::count_if(text, follows));
    if (characters > 0 && characters <= most) return;
    draft_.diagnostics.error(mark, "E0221",
                             fmt::format("{} of an access log has {} characters", what, characters),
                             fmt::format("App Mesh takes 1 to {}", most));
  }

  void check_operators(const FormatText& text) {
    const LogPieces read = take_apart(text.text, draft_.scenario.envoy_profile);
    for (const LogFormatTrouble& trouble : read.troubles) {
      draft_.diagnostics.error(place_in(text, trouble.at, draft_.scenario), "E0221",
                               trouble.message, trouble.hint);
    }
  }

  using Place = std::tuple<std::string, int, int>;
  /// Of every part: two logs may share one by an alias, and differ in another.
  static std::vector<Place> places_of(const AccessLogFile& file) {
    const auto place = [](const SourceMark& mark) {
      return Place(mark.file, mark.line, mark.column);
    };
    std::vector<Place> places = {place(file.mark)};
    if (file.text) places.push_back(place(file.text->mark));
    for (const auto& [key, value] : file.json) places.push_back(place(value.mark));
    return places;
  }

  Draft& draft_;
  /// A log that many nodes share is told once.
  std::set<std::vector<Place>> checked_;
};

}  // namespace

void read_access_log_format(const Node& node, AccessLogFile& result, Diagnostics& diagnostics) {
  if (node.kind == Node::Kind::scalar) {
    result.text = read_format_text(node, diagnostics);
    return;
  }
  const Section format(node, "'format' of an access log", {"text", "json"}, diagnostics);
  format.excludes("json", "text");
  if (format.is_readable() && !format.has("json")) {
    if (const Node* text = format.require("text")) {
      result.text = read_format_text(*text, diagnostics);
    }
  }
  read_json(format, result, diagnostics);
}

void read_access_log(const Section& section, std::optional<AccessLogFile>& result, Draft& draft) {
  const Node* node = section.find("accessLog");
  if (node == nullptr) return;
  const Section log(*node, "'accessLog'", {"path", "format"}, draft.diagnostics);
  AccessLogFile file;
  file.mark = node->mark;
  if (const Node* path = log.find("path")) {
    file.mark = path->mark;
    log.take("path", read_text, file.path);
  }
  if (const Node* format = log.find("format"))
    read_access_log_format(*format, file, draft.diagnostics);
  result = std::move(file);
}

void complete_access_logs(Draft& draft) {
  Scenario& scenario = draft.scenario;
  if (!scenario.has_mesh) return;
  Checker checker(draft);
  if (scenario.is_service_connect()) {
    if (scenario.connect_log_format) checker.check(*scenario.connect_log_format);
    return complete_connect_logs(draft);
  }
  if (scenario.access_log) checker.check(*scenario.access_log);
  for (Service& service : scenario.services) {
    if (!service.node.access_log) service.node.access_log = scenario.access_log;
    if (service.node.access_log) checker.check(*service.node.access_log);
  }
}

}  // namespace hoplab::scenarios
