// What a scenario means before anything is simulated: who can reach whom, and by which rule.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/writers/text_layout.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::writers {

/// A rule of a security group that lets a flow through.
struct ExplainedRule {
  std::string group;  ///< "sg-b".
  std::string rule;   ///< "tcp 8080 from 0.0.0.0/0".
  sim::SourceMark mark;
};

/// One caller and one of the services behind the name that it calls.
struct ExplainedCall {
  std::string caller;
  bool is_load = false;
  std::string name;    ///< The virtual service: "b".
  std::string host;    ///< The authority: "b.local:8080".
  std::string what;    ///< "GET /user".
  std::string callee;  ///< The service that answers.
  std::string share;   ///< Of the route: "90 of 100"; "" when it gets all.
  std::vector<std::string> hops;
  std::string network_hop;  ///< That which crosses the network; "" for a load, which no rule stops.
  std::uint16_t port = 0;
  std::vector<std::string> caller_groups;
  std::vector<std::string> callee_groups;
  std::optional<ExplainedRule> egress;   ///< Absent: nothing lets it out.
  std::optional<ExplainedRule> ingress;  ///< Absent: nothing lets it in.
  bool is_tracked = true;
};

struct Explanation {
  std::string scenario;
  std::string file;
  std::string long_form;
  std::vector<ExplainedCall> calls;
  std::vector<std::string> simulated;  ///< Of the task definitions, groups and mesh.
  std::vector<std::string> accepted_not_simulated;
  std::vector<sim::Diagnostic> warnings;
};

/// The verdicts are those of models/vpc, on the groups that a run would start with. Where a rule
/// names addresses, the first task of each service speaks for all of them.
[[nodiscard]] Explanation explain(const scenarios::Scenario& scenario,
                                  std::vector<sim::Diagnostic> warnings);

[[nodiscard]] std::string to_text(const Explanation& explanation, const Ink& ink);
/// "hoplab.explain/1".
[[nodiscard]] std::string to_json(const Explanation& explanation);

}  // namespace hoplab::report::writers
