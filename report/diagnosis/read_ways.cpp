// What changed on the way between subnets: network ACLs and route tables.
#include <map>
#include <utility>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/diagnosis/json_lines.hpp"

namespace hoplab::report::diagnosis {
namespace {

using Json = nlohmann::json;

/// What stands in a document about packets: whether it lets them pass.
using Lines = std::map<std::string, bool>;

std::string ports_of(const Json& entry) {
  const auto range = entry.find("PortRange");
  if (range == entry.end()) return "all ports";
  return fmt::format("ports {} to {}", range->value("From", 0), range->value("To", 65535));
}

/// The last rule of every ACL, which denies what no other one has decided, is no news.
Lines entries_of(const Json& acl) {
  constexpr int last_rule = 32767;
  Lines lines;
  for (const Json& entry : acl.value("Entries", Json::array())) {
    if (entry.value("RuleNumber", 0) == last_rule) continue;
    const bool is_allowed = text_of(entry, "RuleAction") == "allow";
    lines.emplace(
        fmt::format("{} {} {} {}", is_allowed ? "allows" : "denies", ports_of(entry),
                    entry.value("Egress", false) ? "to" : "from", text_of(entry, "CidrBlock")),
        is_allowed);
  }
  return lines;
}

Lines routes_of(const Json& table) {
  Lines lines;
  for (const Json& route : table.value("Routes", Json::array())) {
    const bool is_active = text_of(route, "State") != "blackhole";
    lines.emplace(fmt::format("{} is {}", text_of(route, "DestinationCidrBlock"),
                              is_active ? "a way" : "a blackhole"),
                  is_active);
  }
  return lines;
}

class WayHistory {
 public:
  WayHistory(Evidence& evidence, bool is_acl) : evidence_(evidence), is_acl_(is_acl) {}

  void take(const Json& document, Place place) {
    const std::int64_t at_ms = instant_of(document, "at");
    for (const Json& item : document.at(is_acl_ ? "NetworkAcls" : "RouteTables")) {
      const std::string id = text_of(item, is_acl_ ? "NetworkAclId" : "RouteTableId");
      Lines now = is_acl_ ? entries_of(item) : routes_of(item);
      compare(id, now, at_ms, place);
      known_[id] = std::move(now);
    }
  }

 private:
  void compare(const std::string& id, const Lines& now, std::int64_t at_ms, Place place) {
    for (WayChange& change : evidence_.way_changes) {
      const bool is_undone = now.contains(change.what) == lets_pass_[change.what];
      if (change.is_acl == is_acl_ && change.id == id && change.back_ms == 0 && is_undone) {
        change.back_ms = at_ms;
      }
    }
    const Lines& before = known_[id];
    for (const auto& [line, lets_pass] : now) {
      if (!lets_pass && !before.contains(line)) add(id, line, lets_pass, at_ms, place);
    }
    for (const auto& [line, lets_pass] : before) {
      if (lets_pass && !now.contains(line)) add(id, line, lets_pass, at_ms, place);
    }
  }
  void add(const std::string& id, const std::string& line, bool lets_pass, std::int64_t at_ms,
           Place place) {
    lets_pass_[line] = lets_pass;
    evidence_.way_changes.push_back({is_acl_, id, line, at_ms, 0, place});
  }

  Evidence& evidence_;
  bool is_acl_;
  std::map<std::string, Lines> known_;     ///< By id.
  std::map<std::string, bool> lets_pass_;  ///< Of what has changed.
};

}  // namespace

void read_ways(const std::filesystem::path& recording, Reading& reading) {
  for (const bool is_acl : {true, false}) {
    WayHistory history(reading.evidence, is_acl);
    for_each_document(recording, is_acl ? "config/network-acls.jsonl" : "config/route-tables.jsonl",
                      reading,
                      [&](const Json& document, Place place) { history.take(document, place); });
  }
}

}  // namespace hoplab::report::diagnosis
