// Rules that faults have taken out of security groups, so that several may take the same ones.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "models/vpc/security_group.hpp"

namespace hoplab::models::faults {

/// A rule is in its group as long as no revocation that covers it is open, in whatever order
/// revocations begin and end.
class Revocations {
 public:
  explicit Revocations(vpc::SecurityGroups& groups) : groups_(groups) {}

  /// Every ingress rule of the group that covers the port goes, if it has not gone already.
  void revoke(vpc::GroupRef group, int port);
  /// Takes one revoke back.
  void restore(vpc::GroupRef group, int port);

 private:
  struct Taken {
    std::multiset<int> ports;
    std::vector<vpc::Rule> rules;
  };

  vpc::SecurityGroups& groups_;
  std::map<vpc::GroupRef, Taken> taken_;
};

}  // namespace hoplab::models::faults
