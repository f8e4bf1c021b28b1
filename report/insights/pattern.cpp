#include "report/insights/pattern.hpp"

#include <algorithm>

#include <re2/re2.h>

namespace hoplab::report::insights {
namespace {

/// RE2 of 2022 knows (?P<name>...) only.
std::string with_named_groups(const std::string& pattern) {
  std::string out;
  bool is_in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    out += pattern[i];
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += pattern[++i];
      continue;
    }
    is_in_class = pattern[i] == '[' || (is_in_class && pattern[i] != ']');
    if (is_in_class || pattern.compare(i, 3, "(?<") != 0 || i + 3 >= pattern.size()) continue;
    const char next = pattern[i + 3];
    if (next == '=' || next == '!') continue;  // Look-behind: RE2 says that it has none.
    out += "?P<";
    i += 2;
  }
  return out;
}

re2::RE2::Options quiet_options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(false);
  options.set_max_mem(std::int64_t{16} << 20);
  return options;
}

re2::StringPiece piece_of(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

RegularExpression::RegularExpression(const std::string& pattern, Span where)
    : engine_(std::make_unique<re2::RE2>(with_named_groups(pattern), quiet_options())) {
  if (!engine_->ok()) {
    const bool has_look_around =
        pattern.find("(?=") != std::string::npos || pattern.find("(?!") != std::string::npos ||
        pattern.find("(?<=") != std::string::npos || pattern.find("(?<!") != std::string::npos;
    throw MalformedQuery("E0604", where, "bad regular expression: " + engine_->error(),
                         has_look_around ? "there is no look-ahead and no look-behind" : "");
  }
  groups_.resize(static_cast<std::size_t>(engine_->NumberOfCapturingGroups()));
  for (const auto& [name, index] : engine_->NamedCapturingGroups()) {
    groups_[static_cast<std::size_t>(index) - 1] = name;
  }
}

RegularExpression::~RegularExpression() = default;
RegularExpression::RegularExpression(RegularExpression&&) noexcept = default;

bool RegularExpression::is_in(std::string_view text) const {
  return re2::RE2::PartialMatch(piece_of(text), *engine_);
}

bool RegularExpression::capture(std::string_view text, std::vector<std::string_view>& texts) const {
  std::vector<re2::StringPiece> pieces(groups_.size() + 1);
  if (!engine_->Match(piece_of(text), 0, text.size(), re2::RE2::UNANCHORED, pieces.data(),
                      static_cast<int>(pieces.size()))) {
    return false;
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    texts[i] = {pieces[i].data(), pieces[i].size()};
  }
  return true;
}

Glob::Glob(std::string_view pattern) {
  for (std::size_t begin = 0; begin <= pattern.size();) {
    const std::size_t end = std::min(pattern.find('*', begin), pattern.size());
    literals_.emplace_back(pattern.substr(begin, end - begin));
    begin = end + 1;
  }
}

bool Glob::capture(std::string_view text, std::vector<std::string_view>& texts) const {
  // What stands before the first star may stand anywhere. If the rest is not behind its first
  // place, it is not behind a later one either.
  std::size_t at = text.find(literals_.front());
  if (at == std::string_view::npos) return false;
  at += literals_.front().size();
  for (std::size_t star = 0; star < stars(); ++star) {
    const std::string& behind = literals_[star + 1];
    const bool takes_all = behind.empty() && star + 1 == stars();
    const std::size_t end = takes_all ? text.size() : text.find(behind, at);
    if (end == std::string_view::npos) return false;
    texts[star] = text.substr(at, end - at);
    at = end + behind.size();
  }
  return true;
}

}  // namespace hoplab::report::insights
