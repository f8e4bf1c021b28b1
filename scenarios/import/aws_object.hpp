// One object of an AWS document while it is read: known keys with their types, the rest noted.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/schema/node.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/diagnostic.hpp"

namespace hoplab::scenarios {

/// Whose words these are. In a file of AWS's tools, a key that nobody knows is kept and noted; in
/// the scenario itself it is a mistake, text needs no quotes, and EC2's keys begin with a small
/// letter as those of all the other services do.
enum class Origin { file, scenario };

/// What reading one file needs: where mistakes go, and what was accepted without being simulated.
struct AwsReading {
  std::string file;
  Artefacts& artefacts;
  sim::Diagnostics& diagnostics;
  Origin origin = Origin::file;

  std::set<std::string> noted = {};
  std::vector<Subnet> subnets = {};  ///< Of files; they are the scenario's, not its artefacts'.

  /// Notes "file: path" once.
  void note_not_simulated(const std::string& path);
};

/// A key of EC2 ("IpProtocol") as this document spells it.
[[nodiscard]] std::string spelled(const AwsReading& reading, std::string_view ec2_key);

/// An object with a path for people ("containerDefinitions[].logConfiguration"). Getters give
/// nothing for an absent key and report a wrong type (E0301) or value (E0302) at its place. After
/// the last getter, `finish` notes the keys that nobody asked for.
class AwsObject {
 public:
  /// A value that is not an object is reported; the object is then empty.
  AwsObject(AwsReading& reading, const Node& node, std::string path);

  [[nodiscard]] std::optional<std::string> text(std::string_view key);
  /// As `text`. Absent or empty is an error too (E0303): `owner` without "key".
  [[nodiscard]] std::optional<std::string> required_text(std::string_view key,
                                                         std::string_view owner);
  /// As `text`, one of `words`.
  [[nodiscard]] std::optional<std::string> word(std::string_view key,
                                                const std::vector<std::string>& words);
  /// An object whose values are all text.
  [[nodiscard]] std::map<std::string, std::string> texts(std::string_view key);
  [[nodiscard]] std::optional<bool> boolean(std::string_view key);
  /// A whole number, written as a number or as text, in [least, most].
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, std::int64_t least,
                                                    std::int64_t most);
  /// As `integer`. Absent is an error too (E0303): `owner` without "key".
  [[nodiscard]] std::optional<std::int64_t> required_integer(std::string_view key,
                                                             std::string_view owner,
                                                             std::int64_t least, std::int64_t most);
  /// Calls `read` for each element of a list.
  void each(std::string_view key, const std::function<void(const Node&, std::string)>& read);
  /// The value of a key, whatever it is; counts as asked for.
  [[nodiscard]] const Node* child(std::string_view key);
  /// A key that is known and means nothing to the simulation.
  void ignore(std::string_view key) { known_.insert(std::string(key)); }
  /// Keys that AWS knows and the simulation does not: noted where they are given.
  void accept(const std::vector<std::string>& keys) { accepted_ = keys; }
  void finish();

  [[nodiscard]] const sim::SourceMark& mark() const { return node_.mark; }
  [[nodiscard]] std::string path_of(std::string_view key) const;
  /// One error at `value`. Names in a message pass through yaml::quoted: they come from outside.
  void complain(const Node& value, std::string code, const std::string& message,
                const std::string& hint = "");

  /// One error (E0303): `owner` without "key".
  void complain_of_absence(std::string_view key, std::string_view owner);
  /// One warning (W0702): it works here, and AWS would refuse `owner` without "key".
  void complain_in_aws(std::string_view key, std::string_view owner);

 private:
  AwsReading& reading_;
  const Node& node_;
  std::string path_;
  std::set<std::string> known_;
  std::vector<std::string> accepted_;
};

}  // namespace hoplab::scenarios
