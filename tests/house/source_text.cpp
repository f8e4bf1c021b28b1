#include "tests/house/source_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>

namespace hoplab::house {
namespace {

namespace fs = std::filesystem;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// Walks over the text once; every branch moves at_ forward.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text) { clean_.reserve(text.size()); }

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(clean_);
  }

 private:
  void step() {
    if (starts("//")) return blank_until(line_end());
    if (starts("/*")) return blank_until(after("*/", at_ + 2));
    if (text_[at_] == '"') return is_raw_string() ? raw_string() : quoted('"');
    // A quote between two word characters separates digits: 1'000.
    if (text_[at_] == '\'' && !(at_ > 0 && is_word(text_[at_ - 1]))) return quoted('\'');
    clean_ += text_[at_++];
  }

  [[nodiscard]] bool starts(std::string_view what) const {
    return text_.substr(at_).starts_with(what);
  }
  [[nodiscard]] std::size_t after(std::string_view what, std::size_t from) const {
    const auto found = text_.find(what, from);
    return found == std::string_view::npos ? text_.size() : found + what.size();
  }
  [[nodiscard]] std::size_t line_end() const {
    return std::min(text_.find('\n', at_), text_.size());
  }
  [[nodiscard]] bool is_raw_string() const { return at_ > 0 && text_[at_ - 1] == 'R'; }

  void blank_until(std::size_t end) {
    for (; at_ < end; ++at_) clean_ += text_[at_] == '\n' ? '\n' : ' ';
  }

  // Keeps both quotes, so that `f("")` still reads as a call with one argument.
  void literal_until(std::size_t end) {
    clean_ += text_[at_++];
    blank_until(end - 1);
    if (at_ < end) clean_ += text_[at_++];
  }

  void quoted(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2U : 1U;
    }
    literal_until(std::min(end + 1, text_.size()));
  }

  void raw_string() {
    const auto open = text_.find('(', at_);
    if (open == std::string_view::npos) return quoted('"');
    const std::string close = ")" + std::string(text_.substr(at_ + 1, open - at_ - 1)) + "\"";
    literal_until(after(close, open));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string clean_;
};

std::string squeezed(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (!is_blank(c)) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) {
      return true;
    }
  }
  return false;
}

// Whether the brace after this text opens a scope whose members are looked at one by one.
bool opens_scope(std::string_view heading) {
  constexpr std::array scopes = {"namespace", "class", "struct", "union", "enum", "extern"};
  const auto head = heading.substr(0, heading.find('('));
  return std::any_of(scopes.begin(), scopes.end(),
                     [&](std::string_view word) { return has_word(head, word); }) &&
         heading.find(')') == std::string_view::npos;
}

// Where `=` stands outside of parentheses and template brackets, `operator=` and its kind apart.
std::size_t assignment_in(std::string_view heading) {
  int depth = 0;
  for (std::size_t at = 0; at < heading.size(); ++at) {
    const char c = heading[at];
    if (heading.substr(at).starts_with("operator")) return std::string_view::npos;
    if (c == '(' || c == '<') ++depth;
    if (c == ')' || c == '>') --depth;
    if (c == '=' && depth == 0) return at;
  }
  return std::string_view::npos;
}

// A heading with closed parentheses (else this is an argument, `f(T value = {})`); where it is an
// initialiser (a table), only a lambda's.
bool opens_function(std::string_view heading) {
  const auto opened = std::count(heading.begin(), heading.end(), '(');
  if (opened == 0 || opened > std::count(heading.begin(), heading.end(), ')')) return false;
  if (opens_scope(heading)) return false;
  const auto assignment = assignment_in(heading);
  if (assignment == std::string_view::npos) return true;
  const auto value = heading.find_first_not_of(" \t\n", assignment + 1);
  return value != std::string_view::npos && heading[value] == '[';
}

// Preprocessor lines, their continuations included, say nothing about structure.
void blank_preprocessor(std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto first = text.find_first_not_of(" \t", at);
    if (first < end && text[first] == '#') {
      auto stop = end;
      while (stop > at && stop < text.size() && text[stop - 1] == '\\') {
        stop = std::min(text.find('\n', stop + 1), text.size());
      }
      for (; at < stop; ++at) text[at] = text[at] == '\n' ? '\n' : ' ';
    }
    at = std::max(at, end) + 1;
  }
}

// Finds function bodies: a brace behind a heading with parentheses, outside of any other body.
class BodyFinder {
 public:
  explicit BodyFinder(const std::string& text) : text_(text) {}

  std::vector<FunctionExtent> run() {
    for (at_ = 0; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      step(text_[at_]);
    }
    return std::move(found_);
  }

 private:
  void step(char c) {
    if (c == '{') return open();
    if (c == '}') return close();
    if (body_depth_ > 0) return;
    if (c == ';' || (c == ':' && is_access_label())) return forget_heading();
    if (heading_.empty() && is_blank(c)) return;
    if (heading_.empty()) heading_line_ = line_;
    heading_ += c;
  }

  void open() {
    if (body_depth_ > 0) {
      ++body_depth_;
    } else if (opens_function(heading_)) {
      body_depth_ = 1;
      found_.push_back({heading_line_, 0, squeezed(heading_)});
    } else if (opens_scope(heading_)) {
      forget_heading();
    } else {
      body_depth_ = 1;  // An initialiser: its braces are no functions, and it is not measured.
      is_initialiser_ = true;
      heading_ += '{';
    }
  }

  void close() {
    if (body_depth_ == 0 || --body_depth_ > 0) {
      if (body_depth_ == 0) forget_heading();
      return;
    }
    if (is_initialiser_) {  // What follows still belongs to it: `int a{1}, b{2};`, `T f() : x{1}
                            // {`.
      is_initialiser_ = false;
      heading_ += '}';
      return;
    }
    // `Type() : member{value} {`: the first brace was no body when another follows at once.
    if (next_visible() == '{' || next_visible() == ',') {
      found_.pop_back();
      return;
    }
    found_.back().last_line = line_;
    forget_heading();
  }

  [[nodiscard]] char next_visible() const {
    const auto at = text_.find_first_not_of(" \t\n", at_ + 1);
    return at == std::string::npos ? '\0' : text_[at];
  }
  [[nodiscard]] bool is_access_label() const {
    const auto word = squeezed(heading_);
    return word == "public" || word == "private" || word == "protected";
  }
  void forget_heading() {
    heading_.clear();
    heading_line_ = line_;
  }

  const std::string& text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int body_depth_ = 0;
  bool is_initialiser_ = false;
  int heading_line_ = 1;
  std::string heading_;
  std::vector<FunctionExtent> found_;
};

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string without_comments_and_literals(std::string_view text) { return Blanker(text).run(); }

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::vector<Include> includes_of(std::string_view text) {
  static const std::regex form(R"re(^\s*#\s*include\s+["<]([^">]+)[">])re");
  // Literals are blanked too, so the cleaned text only says where directives stand.
  const std::string clean = without_comments_and_literals(text);
  const auto clean_lines = lines_of(clean);
  const auto lines = lines_of(text);
  std::vector<Include> found;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto mark = clean_lines[i].find_first_not_of(" \t");
    if (mark == std::string_view::npos || clean_lines[i][mark] != '#') continue;
    std::match_results<std::string_view::const_iterator> match;
    if (!std::regex_search(lines[i].begin(), lines[i].end(), match, form)) continue;
    found.push_back({static_cast<int>(i) + 1, match[1].str()});
  }
  return found;
}

std::vector<FunctionExtent> functions_of(std::string_view text) {
  std::string clean = without_comments_and_literals(text);
  blank_preprocessor(clean);
  return BodyFinder(clean).run();
}

std::vector<SourceFile> cpp_files(const fs::path& root) {
  std::vector<SourceFile> files;
  for (const char* folder : {"sim", "scenarios", "models", "report", "tests", "examples"}) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".hpp" && extension != ".cpp") continue;
      files.push_back({fs::relative(entry.path(), root).generic_string(), read(entry.path())});
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace hoplab::house
