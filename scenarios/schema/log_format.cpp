#include "scenarios/schema/log_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "scenarios/schema/log_time.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using Argument = LogOperator::Argument;

bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return small;
}

/// An operator as it is written: "%REQ(X?Y):Z%".
struct Written {
  std::string_view whole;
  std::string_view name;
  std::optional<std::string_view> argument;
  std::optional<std::string_view> length;
};

/// What begins with the "%" at the front of `text`; nothing when that begins no operator.
std::optional<Written> operator_at(std::string_view text) {
  Written written;
  std::size_t at = 1;
  while (at < text.size() && is_name_character(text[at])) ++at;
  written.name = text.substr(1, at - 1);
  if (at < text.size() && text[at] == '(') {
    const std::size_t close = text.find(')', at);
    if (close == std::string_view::npos) return std::nullopt;
    written.argument = text.substr(at + 1, close - at - 1);
    at = close + 1;
  }
  if (at < text.size() && text[at] == ':') {
    const std::size_t start = ++at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    if (at == start) return std::nullopt;
    written.length = text.substr(start, at - start);
  }
  if (written.name.empty() || at >= text.size() || text[at] != '%') return std::nullopt;
  written.whole = text.substr(0, at + 1);
  return written;
}

class Parser {
 public:
  Parser(std::string_view format, std::string_view profile) : format_(format), profile_(profile) {}

  LogPieces parse() {
    while (at_ < format_.size()) {
      const std::string_view rest = format_.substr(at_);
      if (rest.front() != '%') {
        add_text(rest.substr(0, rest.find('%')));
      } else if (rest.starts_with("%%")) {
        add_text("%");
        ++at_;
      } else {
        take_operator(rest);
      }
    }
    return std::move(result_);
  }

 private:
  void add_text(std::string_view text) {
    auto& pieces = result_.pieces;
    if (pieces.empty() || pieces.back().value != LogValue::literal) pieces.emplace_back();
    pieces.back().text += text;
    at_ += text.size();
  }

  void complain(std::string message, std::string hint) {
    result_.troubles.push_back({at_, std::move(message), std::move(hint)});
  }

  void take_operator(std::string_view rest) {
    const auto written = operator_at(rest);
    if (!written) {
      complain("'%' begins no operator here",
               "write %% for a percent sign, or an operator as %PROTOCOL%, %REQ(:PATH)%, "
               "%REQ(USER-AGENT):20%");
      at_ = format_.size();  // Where the next one would begin, nobody can say.
      return;
    }
    if (const LogOperator* known = find_log_operator(written->name)) {
      if (fits(*written, *known)) add(*written, *known);
    } else {
      complain_of_name(*written);
    }
    at_ += written->whole.size();
  }

  void complain_of_name(const Written& written) {
    std::vector<std::string> names;
    for (const LogOperator& it : log_operators()) {
      if (it.since <= minor_version(profile_)) names.emplace_back(it.name);
    }
    const std::string nearest = sim::nearest_name(written.name, names);
    complain(fmt::format("Envoy knows no operator %{}%", shown(written.name)),
             nearest.empty() ? "the operators are in Envoy's documentation, \"Access logging\""
                             : fmt::format("did you mean %{}%?", nearest));
  }

  bool fits(const Written& written, const LogOperator& known) {
    const std::size_t before = result_.troubles.size();
    if (known.since > minor_version(profile_)) {
      complain(fmt::format("Envoy {} has no operator %{}%: it came with v1.{}", profile_,
                           known.name, known.since),
               "leave it out, or say envoyProfile of a later one");
    }
    if (known.argument == Argument::required && (!written.argument || written.argument->empty())) {
      complain(fmt::format("%{}% wants an argument", known.name),
               known.value == LogValue::environment
                   ? fmt::format("write %{}(NAME)%", known.name)
                   : fmt::format("write it in brackets, as in %{}(X-NAME)%", known.name));
    }
    if (known.argument == Argument::none && written.argument) {
      complain(fmt::format("%{}% takes no argument", known.name),
               fmt::format("write %{}%", known.name));
    }
    if (written.length && !known.takes_length) {
      complain(fmt::format("%{}% takes no length", known.name),
               "only headers, metadata, filter state and environment variables can be cut");
    }
    return result_.troubles.size() == before;
  }

  void add(const Written& written, const LogOperator& known) {
    LogPiece piece;
    piece.value = known.value;
    piece.part = known.part;
    piece.is_number = known.is_number;
    piece.name = known.name;
    piece.text = written.argument.value_or("");
    if (written.length) {
      std::uint32_t length = 0;
      const char* const end = written.length->data() + written.length->size();
      if (std::from_chars(written.length->data(), end, length).ec != std::errc()) {
        return complain(fmt::format("the length {} is too large", *written.length), "");
      }
      piece.length_max = length;
    }
    const bool is_good = known.value == LogValue::start_time ? check_time(piece)
                         : is_of_headers(known)              ? take_headers(piece)
                                                             : true;
    if (is_good) result_.pieces.push_back(std::move(piece));
  }

  static bool is_of_headers(const LogOperator& known) {
    return known.value == LogValue::request_header || known.value == LogValue::response_header ||
           known.name == "TRAILER";
  }

  bool check_time(const LogPiece& piece) {
    std::string trouble;
    if (LogTime::parse(piece.text, trouble)) return true;
    if (trouble == "%n") {
      complain("a time format must not break the line", "leave %n out");
      return false;
    }
    complain(fmt::format("'{}' is no conversion of a time format", shown(trouble)),
             "there are %Y %m %d %H %M %S %s %f, %1f to %9f, %E1S to %E9S, %F %T and others of "
             "strftime");
    return false;
  }

  bool take_headers(LogPiece& piece) {
    const std::string names = in_small_letters(piece.text);
    const std::size_t mark = names.find('?');
    piece.text = names.substr(0, mark);
    if (mark == std::string::npos) return true;
    piece.alternative = names.substr(mark + 1);
    if (piece.alternative.find('?') == std::string::npos) return true;
    complain(fmt::format("%{}% takes one alternative header, not several", piece.name),
             "write %REQ(FIRST?OTHER)%");
    return false;
  }

  std::string_view format_;
  std::string_view profile_;
  std::size_t at_ = 0;
  LogPieces result_;
};

}  // namespace

std::string LogPiece::spelling() const {
  std::string spelt = fmt::format("%{}", name);
  if (!text.empty()) {
    spelt += fmt::format("({}{}{})", text, alternative.empty() ? "" : "?", alternative);
  }
  if (length_max) spelt += fmt::format(":{}", *length_max);
  return spelt + "%";
}

LogPieces take_apart(std::string_view format, std::string_view profile) {
  return Parser(format, profile).parse();
}

}  // namespace hoplab::scenarios
