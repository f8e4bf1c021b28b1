// What the language knows of one fault action: a row of the catalogue.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hoplab::scenarios {

/// The models hand over the whole list, so that the reader can check names and values without
/// knowing how a fault works.
struct FaultAction {
  /// What the target names. `cluster` and `mesh` may be left out: there is one of each.
  enum class Target { service, host, link, subnet, zone, cluster, mesh };
  /// block: of IPv4 addresses, "10.0.2.0/24".
  enum class Type { integer, duration, ratio, text, bandwidth, bytes, boolean, block };
  struct Parameter {
    std::string name;
    Type type = Type::text;
    bool required = false;
    std::string default_value;  ///< As text; "" when there is none.
    std::string meaning;        ///< With unit and range, for people.
    std::int64_t minimum = 0;   ///< integer only.
    std::int64_t maximum = 0;
    std::string words = {};  ///< text only: "tcp|udp"; "" for any.
  };
  /// What AWS asks of the target's task definition before it would act. To break it is a warning.
  enum class Asks {
    nothing,
    task_pid_mode,               ///< pidMode "task".
    fault_injection_or_pid_mode  ///< enableFaultInjection, or pidMode "task".
  };
  std::string action;  ///< "hoplab:ecs:container-exit".
  Target target = Target::service;
  std::vector<Parameter> parameters;
  std::string symptom;         ///< What an operator sees first.
  std::string fis_equivalent;  ///< The FIS action it equals, or "".
  Asks asks = Asks::nothing;
  /// AWS refuses a second one of these on a task while the first acts.
  bool is_alone_on_task = false;
  /// A parameter in seconds that says how long it lasts, as SSM documents have one; "" for none.
  std::string length_parameter = {};
};

}  // namespace hoplab::scenarios
