// Parts of the long form, each as JSON.
#pragma once

#include <string>
#include <vector>

#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

/// As the language writes them; read back, they are the same to the last bit.
[[nodiscard]] std::string share_text(Ratio share);
[[nodiscard]] std::string rate_text(PerSecond rate);
[[nodiscard]] std::string start_time_text(WallTime instant);

[[nodiscard]] std::string distribution_json(const Distribution& distribution);
[[nodiscard]] std::string call_json(const Call& call);
[[nodiscard]] std::string mesh_json(const Scenario& scenario);
/// The same of Service Connect, and of a service in it.
[[nodiscard]] std::string connect_mesh_json(const Scenario& scenario);
[[nodiscard]] std::string connect_json(const Scenario& scenario, const Service& service);
/// By id; those of files aside.
[[nodiscard]] std::string network_acls_json(const Scenario& scenario);
[[nodiscard]] std::string route_tables_json(const Scenario& scenario);
[[nodiscard]] std::string metric_histories_json(const std::vector<MetricHistory>& histories);
[[nodiscard]] std::string workload_json(const std::vector<Load>& workload);
/// All faults; where an alarm can stop the experiment, those that are its.
[[nodiscard]] std::string experiment_json(const Scenario& scenario);
/// The others, as `faults`; an empty list where there are none.
[[nodiscard]] std::string faults_beside_experiment_json(const Scenario& scenario);
[[nodiscard]] std::string expectations_json(const std::vector<Expectation>& expectations);

}  // namespace hoplab::scenarios
