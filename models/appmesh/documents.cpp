#include "models/appmesh/documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "models/mesh/translate.hpp"
#include "scenarios/schema/mesh_words.hpp"
#include "sim/random.hpp"

namespace hoplab::models::appmesh {
namespace {

using Json = nlohmann::ordered_json;
using mesh::default_request_timeout;
using mesh::listener_port_of;
using scenarios::Route;
using scenarios::Scenario;
using scenarios::Service;
using scenarios::VirtualService;

/// How long before the run's start the mesh was made. Assumed.
constexpr sim::Duration made_before = std::chrono::hours(24);

class Describer {
 public:
  explicit Describer(const Scenario& scenario) : scenario_(scenario) {
    for (const Service& service : scenario.services) services_[service.name] = &service;
    for (const VirtualService& service : scenario.virtual_services) {
      virtual_services_[service.name] = &service;
    }
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> all();

 private:
  [[nodiscard]] Json metadata(const std::string& path) const;
  [[nodiscard]] Json listener(std::uint16_t port) const;
  [[nodiscard]] const std::string& node_of(const std::string& service) const {
    return services_.at(service)->virtual_node;
  }
  void add(const std::string& kind, const std::string& member, Json object);
  void add_node(const Service& service);
  void add_service(const VirtualService& service);
  void add_router(const VirtualService& service, const std::string& router);
  void add_route(const VirtualService& service, const Route& route, std::size_t index);
  [[nodiscard]] Json http_route(const Route& route, std::uint16_t port) const;

  const Scenario& scenario_;
  std::map<std::string, const Service*> services_;
  std::map<std::string, const VirtualService*> virtual_services_;
  std::vector<std::pair<std::string, std::string>> documents_;
};

bool is_plain(const VirtualService& service) {
  if (!service.router.empty() || service.routes.size() != 1) return false;
  const Route& route = service.routes.front();
  const bool is_any = scenarios::match_words(route) == R"({"prefix":"/"})";
  return is_any && route.targets.size() == 1 && !route.request_timeout && !route.idle_timeout &&
         !route.retry;
}

std::string router_of(const VirtualService& service) {
  return service.router.empty() ? service.name + "-router" : service.router;
}

Json Describer::metadata(const std::string& path) const {
  const auto text =
      fmt::format("{:016x}{:016x}", sim::stable_hash(fmt::format("{}/{}", scenario_.seed, path)),
                  sim::stable_hash(fmt::format("{}/{}/low", scenario_.seed, path)));
  const double made =
      static_cast<double>(sim::epoch_milliseconds(scenario_.start_time - made_before)) / 1000.0;
  Json json;
  json["arn"] = fmt::format("arn:aws:appmesh:{}:{}:{}", scenario_.region, scenario_.account, path);
  json["createdAt"] = made;
  json["lastUpdatedAt"] = made;
  json["meshOwner"] = scenario_.account;
  json["resourceOwner"] = scenario_.account;
  json["uid"] = fmt::format("{}-{}-4{}-8{}-{}", text.substr(0, 8), text.substr(8, 4),
                            text.substr(13, 3), text.substr(17, 3), text.substr(20, 12));
  json["version"] = 1;
  return json;
}

Json Describer::listener(std::uint16_t port) const {
  return {{"portMapping", {{"port", port}, {"protocol", "http"}}}};
}

void Describer::add(const std::string& kind, const std::string& member, Json object) {
  documents_.emplace_back(kind, Json{{member, std::move(object)}}.dump());
}

void Describer::add_node(const Service& service) {
  Json spec;
  spec["backends"] = Json::array();
  const auto add_backend = [&](const std::string& name) {
    const auto known = virtual_services_.find(name);
    const std::string& hostname = known == virtual_services_.end() ? name : known->second->hostname;
    Json backend{{"virtualService", {{"virtualServiceName", hostname}}}};
    if (std::ranges::find(spec["backends"], backend) == spec["backends"].end()) {
      spec["backends"].push_back(std::move(backend));
    }
  };
  if (service.node.backends) {
    for (const std::string& name : *service.node.backends) add_backend(name);
  } else {
    for (const scenarios::Call& call : service.calls) add_backend(call.to);
  }
  Json its_listener = listener(listener_port_of(service));
  its_listener.update(Json::parse(scenarios::listener_words(service.node)));
  spec["listeners"] = Json::array({std::move(its_listener)});
  spec["logging"] = Json::parse(
      scenarios::logging_words(service.node.access_log.value_or(scenarios::AccessLogFile{})));
  spec["serviceDiscovery"] = Json::parse(scenarios::discovery_words(service));
  add("virtual-nodes", "virtualNode",
      {{"meshName", scenario_.mesh_name},
       {"metadata",
        metadata(fmt::format("mesh/{}/virtualNode/{}", scenario_.mesh_name, service.virtual_node))},
       {"spec", std::move(spec)},
       {"status", {{"status", "ACTIVE"}}},
       {"virtualNodeName", service.virtual_node}});
}

void Describer::add_service(const VirtualService& service) {
  Json provider;
  if (is_plain(service)) {
    provider["virtualNode"] = {
        {"virtualNodeName", node_of(service.routes.front().targets.front().service)}};
  } else {
    provider["virtualRouter"] = {{"virtualRouterName", router_of(service)}};
  }
  add("virtual-services", "virtualService",
      {{"meshName", scenario_.mesh_name},
       {"metadata",
        metadata(fmt::format("mesh/{}/virtualService/{}", scenario_.mesh_name, service.hostname))},
       {"spec", {{"provider", std::move(provider)}}},
       {"status", {{"status", "ACTIVE"}}},
       {"virtualServiceName", service.hostname}});
}

void Describer::add_router(const VirtualService& service, const std::string& router) {
  add("virtual-routers", "virtualRouter",
      {{"meshName", scenario_.mesh_name},
       {"metadata", metadata(fmt::format("mesh/{}/virtualRouter/{}", scenario_.mesh_name, router))},
       {"spec", {{"listeners", Json::array({listener(service.port)})}}},
       {"status", {{"status", "ACTIVE"}}},
       {"virtualRouterName", router}});
}

Json Describer::http_route(const Route& route, std::uint16_t port) const {
  Json targets = Json::array();
  for (const scenarios::WeightedTarget& target : route.targets) {
    const Service& service = *services_.at(target.service);
    Json json{{"virtualNode", service.virtual_node}, {"weight", target.weight}};
    if (listener_port_of(service) != port) json["port"] = listener_port_of(service);
    targets.push_back(std::move(json));
  }
  Json json{{"action", {{"weightedTargets", std::move(targets)}}},
            {"match", Json::parse(scenarios::match_words(route))}};
  if (route.retry) {
    Json policy = Json::parse(scenarios::retry_words(*route.retry));
    // The API wants one; without one of its own an attempt has as long as the request.
    if (!policy.contains("perRetryTimeout")) {
      const sim::Duration whole = route.request_timeout.value_or(default_request_timeout);
      policy["perRetryTimeout"] =
          Json::parse(scenarios::timeout_words(whole, std::nullopt))["perRequest"];
    }
    json["retryPolicy"] = std::move(policy);
  }
  Json timeout = Json::parse(scenarios::timeout_words(route.request_timeout, route.idle_timeout));
  if (!timeout.empty()) json["timeout"] = std::move(timeout);
  return json;
}

void Describer::add_route(const VirtualService& service, const Route& route, std::size_t index) {
  const std::string router = router_of(service);
  const std::string name =
      route.name.empty() ? fmt::format("{}-route-{}", service.name, index + 1) : route.name;
  Json spec{{"httpRoute", http_route(route, service.port)}};
  if (route.priority) spec["priority"] = *route.priority;
  add("routes", "route",
      {{"meshName", scenario_.mesh_name},
       {"metadata", metadata(fmt::format("mesh/{}/virtualRouter/{}/route/{}", scenario_.mesh_name,
                                         router, name))},
       {"routeName", name},
       {"spec", std::move(spec)},
       {"status", {{"status", "ACTIVE"}}},
       {"virtualRouterName", router}});
}

std::vector<std::pair<std::string, std::string>> Describer::all() {
  const char* filter =
      scenario_.egress_filter == scenarios::EgressFilter::allow_all ? "ALLOW_ALL" : "DROP_ALL";
  add("mesh", "mesh",
      {{"meshName", scenario_.mesh_name},
       {"metadata", metadata("mesh/" + scenario_.mesh_name)},
       {"spec", {{"egressFilter", {{"type", filter}}}}},
       {"status", {{"status", "ACTIVE"}}}});
  for (const auto& [name, service] : services_) add_node(*service);
  std::map<std::string, const VirtualService*> routers;
  for (const auto& [name, service] : virtual_services_) {
    add_service(*service);
    if (!is_plain(*service)) routers.emplace(router_of(*service), service);
  }
  for (const auto& [router, service] : routers) add_router(*service, router);
  for (const auto& [router, service] : routers) {
    for (std::size_t index = 0; index < service->routes.size(); ++index) {
      add_route(*service, service->routes[index], index);
    }
  }
  return std::move(documents_);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> describe_mesh(const Scenario& scenario) {
  if (!scenario.has_mesh) return {};
  return Describer(scenario).all();
}

}  // namespace hoplab::models::appmesh
