// Which rule of a security group went missing, and when.
#include <map>

#include <nlohmann/json.hpp>

#include "report/diagnosis/json_lines.hpp"

namespace hoplab::report::diagnosis {
namespace {

using Json = nlohmann::json;

struct Ports {
  int first = 0;
  int last = 65535;
  std::string text = "all traffic";
};

Ports ports_of(const Json& permission) {
  Ports ports;
  const std::string protocol = text_of(permission, "IpProtocol");
  if (protocol == "-1") return ports;
  ports.first = permission.value("FromPort", 0);
  ports.last = permission.value("ToPort", ports.first);
  ports.text = protocol + " " + std::to_string(ports.first);
  if (ports.last != ports.first) ports.text += "-" + std::to_string(ports.last);
  return ports;
}

using Rules = std::map<std::string, Ports>;

/// One entry for each pair of ports and source.
Rules rules_of(const Json& group) {
  Rules rules;
  for (const Json& permission : group.value("IpPermissions", Json::array())) {
    const Ports ports = ports_of(permission);
    for (const Json& range : permission.value("IpRanges", Json::array())) {
      rules.emplace(ports.text + " from " + text_of(range, "CidrIp"), ports);
    }
    for (const Json& pair : permission.value("UserIdGroupPairs", Json::array())) {
      rules.emplace(ports.text + " from " + text_of(pair, "GroupId"), ports);
    }
  }
  return rules;
}

class GroupHistory {
 public:
  explicit GroupHistory(Evidence& evidence) : evidence_(evidence) {}

  void take(const Json& document, Place place) {
    const std::int64_t at_ms = instant_of(document, "at");
    for (const Json& group : document.at("SecurityGroups")) {
      const std::string id = group.at("GroupId").get<std::string>();
      auto rules = rules_of(group);
      if (const auto before = known_.find(id); before != known_.end()) {
        compare(id, before->second, rules, at_ms, place);
      }
      known_[id] = {std::move(rules), place};
    }
  }

 private:
  struct Known {
    Rules rules;
    Place place;
  };

  void compare(const std::string& id, const Known& before, const Rules& now, std::int64_t at_ms,
               Place place) {
    for (const auto& [rule, ports] : before.rules) {
      if (now.contains(rule)) continue;
      evidence_.rule_losses.push_back(
          {id, rule, ports.first, ports.last, at_ms, 0, before.place, place});
    }
    for (auto& loss : evidence_.rule_losses) {
      if (loss.group == id && loss.back_ms == 0 && now.contains(loss.rule)) loss.back_ms = at_ms;
    }
  }

  Evidence& evidence_;
  std::map<std::string, Known> known_;
};

}  // namespace

void read_security_groups(const std::filesystem::path& recording, Reading& reading) {
  GroupHistory history(reading.evidence);
  const bool is_there =
      for_each_document(recording, "config/security-groups.jsonl", reading,
                        [&](const Json& document, Place place) { history.take(document, place); });
  if (!is_there) reading.evidence.missing.emplace_back("config/security-groups.jsonl");
}

}  // namespace hoplab::report::diagnosis
