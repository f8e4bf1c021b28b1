#include "scenarios/schema/regular_expression.hpp"

#include <re2/re2.h>

namespace hoplab::scenarios {
namespace {

RE2::Options quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

}  // namespace

struct RegularExpression::Compiled {
  explicit Compiled(const std::string& pattern) : expression(pattern, quiet()) {}
  RE2 expression;
};

RegularExpression::RegularExpression(const std::string& pattern)
    : compiled_(std::make_unique<Compiled>(pattern)) {}
RegularExpression::~RegularExpression() = default;
RegularExpression::RegularExpression(RegularExpression&& other) noexcept = default;
RegularExpression& RegularExpression::operator=(RegularExpression&& other) noexcept = default;

const std::string& RegularExpression::trouble() const { return compiled_->expression.error(); }

bool RegularExpression::matches(std::string_view text) const {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), compiled_->expression);
}

}  // namespace hoplab::scenarios
