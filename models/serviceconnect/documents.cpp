#include "models/serviceconnect/documents.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/schema/connect_words.hpp"
#include "sim/random.hpp"

namespace hoplab::models::serviceconnect {

mesh::ServiceWords describe(const scenarios::Scenario& scenario,
                            const scenarios::Service& service) {
  using Json = nlohmann::ordered_json;
  mesh::ServiceWords words;
  words.configuration = scenarios::connect_words(scenario, service);
  Json resources = Json::array();
  if (service.connect.is_endpoint) {
    const std::string& name = service.connect.discovery_name;
    const std::uint64_t id = sim::stable_hash("registry/" + scenario.mesh_name + "/" + name);
    resources.push_back(
        {{"discoveryName", name},
         {"discoveryArn", fmt::format("arn:aws:servicediscovery:{}:{}:service/srv-{:016x}",
                                      scenario.region, scenario.account, id)}});
  }
  words.resources = resources.dump();
  return words;
}

}  // namespace hoplab::models::serviceconnect
