#include "models/world/places.hpp"

#include "models/world/network_setup.hpp"

namespace hoplab::models {

using namespace std::chrono_literals;

Places::Places(sim::Engine& engine, const scenarios::Scenario& scenario, vpc::Network& network)
    : engine_(engine), scenario_(scenario), network_(network) {
  engine.platform().set_default_latency(scenario.network.latency);
  for (const scenarios::Host& host : scenario.hosts) hosts_[host.name] = &host;
  for (const scenarios::Subnet& subnet : scenario.subnets) subnets_[subnet.name] = &subnet;
}

ec2::Instance& Places::instance_named(const std::string& name) {
  std::unique_ptr<ec2::Instance>& place = instances_[name];
  if (place) return *place;
  const scenarios::Host& host = *hosts_.at(name);
  const ec2::InstanceType* type = ec2::find_instance_type(host.instance_type);
  HOPLAB_ASSERT(type != nullptr, "an unknown instance type passed validation");
  sim::Rng rng = sim::Rng::stream(engine_.seed(), "host/" + name);
  const double drawn = sim::in_seconds(scenario_.network.clock_offset_sd) * rng.standard_normal();
  place = std::make_unique<ec2::Instance>();
  place->name = name;
  place->type = type;
  place->subnet = subnets_.at(host.subnet);
  place->host =
      engine_.platform().add_host({.name = name, .bandwidth = scenario_.network.bandwidth});
  place->clock = {scenario_.start_time,
                  host.clock_offset.value_or(sim::seconds_to_duration(drawn))};
  place->equip(engine_, host);
  return *place;
}

void Places::add_spare_instances() {
  for (const auto& [name, host] : hosts_) static_cast<void>(instance_named(name));
}

void Places::build_links() {
  set_zone_latencies(scenario_, instances_, engine_.platform());
  for (const scenarios::Link& link : scenario_.links) {
    const auto first = instances_.find(link.first);
    const auto second = instances_.find(link.second);
    if (first == instances_.end() || second == instances_.end()) continue;
    const auto set = [&](sim::HostId from, sim::HostId to) {
      if (link.latency) engine_.platform().set_latency(from, to, *link.latency);
      if (link.jitter > 0s) network_.paths().at(from, to).set_jitter(link.jitter);
      if (link.bandwidth) network_.paths().at(from, to).add_bandwidth(*link.bandwidth);
    };
    set(first->second->host, second->second->host);
    set(second->second->host, first->second->host);
  }
}

vpc::Ipv4 Places::take_address(std::string_view name, const ec2::Instance& instance) {
  return addresses_.take(name, *vpc::parse_cidr(instance.subnet->cidr_block));
}

}  // namespace hoplab::models
