#include "report/cli/option_kinds.hpp"

#include <charconv>
#include <system_error>

#include <CLI/CLI.hpp>

namespace hoplab::report::cli {
namespace {

void read_window(const std::string& text, StudyRange& range) {
  const auto comma = text.find(',');
  const auto side = [](const std::string& part, std::optional<diagnosis::Instant>& target) {
    if (part.empty()) return true;
    target = diagnosis::parse_instant(part);
    return target.has_value();
  };
  const bool is_good = comma != std::string::npos && side(text.substr(0, comma), range.from) &&
                       side(text.substr(comma + 1), range.to);
  const bool is_comparable =
      range.from && range.to && range.from->is_since_first == range.to->is_since_first;
  if (is_good && is_comparable && range.from->value_ms >= range.to->value_ms) {
    throw CLI::ValidationError("--window", "ends before it begins: " + text);
  }
  if (!is_good) {
    throw CLI::ValidationError(
        "--window", "want FROM,TO: times since the first record (2m,3m) or ISO 8601 instants");
  }
}

}  // namespace

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && at == end ? std::optional(value) : std::nullopt;
}

void add_instant(CLI::App& app, const std::string& name, std::optional<diagnosis::Instant>& target,
                 const std::string& meaning) {
  const auto read = [&target, name](const std::string& text) {
    target = diagnosis::parse_instant(text);
    if (!target) {
      throw CLI::ValidationError(
          name, "want a time since the first record (2m) or an ISO 8601 instant in UTC");
    }
  };
  app.add_option_function<std::string>(name, read, meaning)->type_name("TIME");
}

CLI::Option* add_window(CLI::App& app, StudyRange& range, const std::string& meaning) {
  return app
      .add_option_function<std::string>(
          "--window", [&range](const std::string& text) { read_window(text, range); }, meaning)
      ->type_name("FROM,TO");
}

}  // namespace hoplab::report::cli
