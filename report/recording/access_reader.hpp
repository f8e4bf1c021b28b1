// Access-log lines in whatever format an Envoy was told to write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/recording/access_line.hpp"
#include "scenarios/schema/log_format.hpp"
#include "scenarios/schema/log_time.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::recording {

/// Finds the fields of AccessLine in lines of one format, text or JSON; those that the format does
/// not have are "-". A reader needs START_TIME, DURATION, RESPONSE_CODE, RESPONSE_FLAGS,
/// REQ(:AUTHORITY), REQ(X-REQUEST-ID) and UPSTREAM_HOST, uncut; it can do without the flags where
/// it is told so, as Service Connect's formats do.
///
/// In a text, a value ends where the text behind it in the format comes for the first time.
///
/// Cost: one pass; no allocation but for JSON's strings.
class AccessReader {
 public:
  enum class Flags { needed, dispensable };
  explicit AccessReader(const scenarios::AccessLogFile& file, Flags flags = Flags::needed);

  /// Why no line in this format can be read: "has no %DURATION%"; empty when they can.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  [[nodiscard]] bool can_read() const { return trouble_.empty(); }
  /// Nothing for lines in another format. Views in the result are good until the next call.
  [[nodiscard]] std::optional<AccessLine> read(std::string_view line);

 private:
  using Field = std::string_view AccessLine::*;
  struct Step {
    Field field = nullptr;  ///< Null: a literal, or a value that nobody asks for.
    bool is_literal = false;
    std::string text;  ///< Of a literal.
  };
  using Steps = std::vector<Step>;
  struct Member {
    std::string key;
    Steps steps;
    std::string decoded;  ///< Of the last line.
  };

  [[nodiscard]] Steps steps_of(std::string_view format);
  void note_time(const scenarios::LogPiece& piece);
  void look_for_what_lacks();
  static bool match(const Steps& steps, std::string_view text, AccessLine& line);
  bool match_members(std::string_view text, AccessLine& line);

  bool is_default_ = false;
  Flags flags_;
  bool has_flags_ = false;
  Steps text_;
  std::vector<Member> members_;
  std::vector<Field> found_;
  std::optional<scenarios::LogTime> time_;
  std::string trouble_;
};

}  // namespace hoplab::report::recording
