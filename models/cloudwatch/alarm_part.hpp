// One object of an alarm's document: hands out its members, and tells what is wrong with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/schema/node.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::models::cloudwatch {

/// A member that is absent or null is no mistake: it has no value. One of another type than it is
/// asked for is one mistake (E0910), at its place, and has no value either.
class AlarmPart {
 public:
  /// `whose` begins each message: "alarm 'cpu'". `node`, a mapping, and `diagnostics` outlive this.
  AlarmPart(const scenarios::Node& node, std::string whose, sim::Diagnostics& diagnostics)
      : node_(&node), whose_(std::move(whose)), diagnostics_(&diagnostics) {}

  /// Reports every member that is not in `members`; `what` they are of: "an alarm". True when there
  /// is none.
  bool expect_only(const std::string& what, const std::vector<std::string>& members) const;

  [[nodiscard]] bool has(std::string_view member) const { return find(member) != nullptr; }
  [[nodiscard]] std::string text(std::string_view member) const;  ///< "" for no value.
  [[nodiscard]] std::vector<std::string> texts(std::string_view member) const;
  [[nodiscard]] bool flag(std::string_view member, bool otherwise) const;
  [[nodiscard]] std::optional<double> number(std::string_view member) const;
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view member, std::int64_t min,
                                                  std::int64_t max) const;
  /// A whole number of any size; what is none is told as `must`.
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view member,
                                                  const std::string& must) const;
  /// The index of a text in a list of words.
  [[nodiscard]] std::optional<std::size_t> choice(std::string_view member,
                                                  const std::vector<std::string>& words) const;
  /// An object.
  [[nodiscard]] std::optional<AlarmPart> part(std::string_view member) const;
  /// The objects of a list, each called `list[index]`; an entry that is none is a mistake, and its
  /// hint is an example.
  [[nodiscard]] static std::vector<AlarmPart> parts_of(const scenarios::Node& list,
                                                       const std::string& called,
                                                       const std::string& example,
                                                       sim::Diagnostics& diagnostics);
  [[nodiscard]] std::vector<AlarmPart> parts(std::string_view member,
                                             const std::string& example) const;
  /// The same as text(), without a word about what is wrong.
  [[nodiscard]] std::string peek(std::string_view member) const;
  /// All of it, on one line.
  [[nodiscard]] std::string json() const { return scenarios::to_json(*node_); }
  /// Of a list; 0 for anything else.
  [[nodiscard]] std::size_t size(std::string_view member) const;

  /// A mistake at a member, or of the whole where it has no such member.
  void fail(std::string_view member, const std::string& what, const std::string& hint = "") const;
  /// The same, where a member is needed: nothing when the whole document has it, wrong or not.
  void require(std::string_view member, const std::string& hint = "") const;

  /// From now on messages begin with `whose`.
  void call(std::string whose) { whose_ = std::move(whose); }
  [[nodiscard]] const std::string& whose() const { return whose_; }

 private:
  [[nodiscard]] const scenarios::Node* find(std::string_view member) const;
  /// The member when it is of that kind; reports it otherwise.
  [[nodiscard]] const scenarios::Node* find(std::string_view member, scenarios::Node::Kind kind,
                                            const char* must_be) const;

  const scenarios::Node* node_;
  std::string whose_;
  sim::Diagnostics* diagnostics_;
};

}  // namespace hoplab::models::cloudwatch
