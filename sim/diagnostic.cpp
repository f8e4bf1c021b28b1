#include "sim/diagnostic.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace hoplab::sim {
namespace {

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "error";
}

std::string place(const SourceMark& mark) {
  if (mark.line <= 0) return mark.file;
  if (mark.column <= 0) return fmt::format("{}:{}", mark.file, mark.line);
  return fmt::format("{}:{}:{}", mark.file, mark.line, mark.column);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replace, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic) {
  const std::string code = diagnostic.code.empty() ? "" : fmt::format("[{}]", diagnostic.code);
  std::string text = fmt::format("{}: {}{}: {}", place(diagnostic.mark), word(diagnostic.severity),
                                 code, diagnostic.message);
  if (!diagnostic.hint.empty()) text += fmt::format("\n  hint: {}", diagnostic.hint);
  return text;
}

void Diagnostics::error(SourceMark mark, std::string code, std::string message, std::string hint) {
  entries_.push_back(
      {std::move(mark), Severity::error, std::move(code), std::move(message), std::move(hint)});
  ++errors_;
}

void Diagnostics::warning(SourceMark mark, std::string code, std::string message,
                          std::string hint) {
  entries_.push_back(
      {std::move(mark), Severity::warning, std::move(code), std::move(message), std::move(hint)});
}

void Diagnostics::note(SourceMark mark, std::string code, std::string message, std::string hint) {
  entries_.push_back(
      {std::move(mark), Severity::note, std::move(code), std::move(message), std::move(hint)});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> result = entries_;
  std::stable_sort(result.begin(), result.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.mark.file, a.mark.line, a.mark.column) <
           std::tie(b.mark.file, b.mark.line, b.mark.column);
  });
  return result;
}

std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates) {
  const std::size_t distance_max = 1 + word.size() / 3;
  std::size_t nearest = std::numeric_limits<std::size_t>::max();
  std::string result;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance > distance_max || distance >= nearest) continue;
    nearest = distance;
    result = candidate;
  }
  return result;
}

void fail_assertion(const char* condition, const char* why, const char* file, int line) {
  std::string_view name(file);
  // The folder differs from one build machine to the next; the message must not.
  if (const auto slash = name.rfind('/'); slash != std::string_view::npos) {
    name.remove_prefix(slash + 1);
  }
  throw InternalError(fmt::format("{}: {} ({}:{})", condition, why, name, line));
}

}  // namespace hoplab::sim
