#include "models/mesh/control_plane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/app/draw.hpp"

namespace hoplab::models::mesh {
namespace {

using namespace std::chrono_literals;

constexpr sim::Duration first_connection = 1s;
constexpr sim::Duration reconnection_max = 30s;
constexpr sim::Duration stream_life = 30min;
constexpr sim::Duration stream_life_jitter = 5min;
constexpr int status_ok = 0;
constexpr int status_unavailable = 14;

sim::Duration below(sim::Rng& rng, sim::Duration most) {
  if (most <= 0ns) return {};
  return sim::Duration(
      static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(most.count()))));
}

}  // namespace

ControlPlane::ControlPlane(sim::Engine& engine, cloudmap::Registry& registry,
                           const scenarios::Scenario& scenario)
    : engine_(engine), registry_(registry), scenario_(scenario) {
  for (const scenarios::Service& service : scenario.services) {
    if (service.node.discovery == scenarios::VirtualNodeSettings::Discovery::cloud_map) continue;
    found_by_dns_.insert(service.name);
  }
  registry.watch([this](const std::string& service) { on_registry_change(service); });
}

sim::Rng ControlPlane::rng_of(const std::string& what, std::uint64_t number) {
  return sim::Rng::stream(engine_.seed(), fmt::format("appmesh/{}/{}", what, number));
}

const std::vector<vpc::Ipv4>& ControlPlane::addresses(const std::string& service) {
  const auto [place, is_new] = view_.try_emplace(service);
  if (is_new) place->second = registry_.addresses(service);
  return place->second;
}

// --- Streams ----------------------------------------------------------------------------------

ControlPlane::Id ControlPlane::add(ConfigurationUser& user, const std::string& name,
                                   const std::vector<std::string>& services) {
  const Id id = next_id_++;
  Stream& stream = streams_[id];
  stream.user = &user;
  stream.name = name;
  stream.services = services;
  for (const std::string& service : services) streams_of_service_[service].insert(id);
  return id;
}

ControlPlane::Id ControlPlane::adopt(ConfigurationUser& user, const std::string& name,
                                     const std::vector<std::string>& services) {
  const Id id = add(user, name, services);
  Stream& stream = streams_[id];
  stream.is_connected = true;
  schedule_recycling(id, stream);
  return id;
}

ControlPlane::Id ControlPlane::connect(ConfigurationUser& user, const std::string& name,
                                       const std::vector<std::string>& services) {
  const Id id = add(user, name, services);
  if (is_up_) engine_.after(first_connection, [this, id] { establish(id); });
  return id;
}

void ControlPlane::disconnect(Id id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  engine_.cancel(found->second.recycling);
  for (const std::string& service : found->second.services) {
    streams_of_service_[service].erase(id);
  }
  streams_.erase(found);
}

void ControlPlane::establish(Id id) {
  const auto found = streams_.find(id);
  if (!is_up_ || found == streams_.end() || found->second.is_connected) return;
  Stream& stream = found->second;
  stream.is_connected = true;
  schedule_recycling(id, stream);
  stream.user->on_stream(true, status_ok, "");
  stream.user->on_configuration();
}

// Long streams would never be spread over new servers.
void ControlPlane::schedule_recycling(Id id, Stream& stream) {
  sim::Rng rng = rng_of("stream/" + stream.name, ++stream.attempts);
  const sim::Duration life = stream_life + below(rng, stream_life_jitter);
  stream.recycling = engine_.after(life, sim::call<&ControlPlane::recycle>(*this, id));
}

void ControlPlane::recycle(Id id) {
  const auto found = streams_.find(id);
  if (found == streams_.end() || !found->second.is_connected) return;
  ConfigurationUser& user = *found->second.user;
  user.on_stream(false, status_ok, "");
  user.on_stream(true, status_ok, "");
  schedule_recycling(id, found->second);
}

void ControlPlane::begin_outage() {
  if (!std::exchange(is_up_, false)) return;
  for (auto& [id, stream] : streams_) {
    if (!std::exchange(stream.is_connected, false)) continue;
    engine_.cancel(stream.recycling);
    stream.user->on_stream(false, status_unavailable, "upstream connect error or disconnect/reset");
  }
}

void ControlPlane::end_outage() {
  if (std::exchange(is_up_, true)) return;
  for (auto& [service, addresses] : view_) addresses = registry_.addresses(service);
  for (auto& [id, stream] : streams_) {
    sim::Rng rng = rng_of("reconnection/" + stream.name, ++stream.attempts);
    const Id which = id;
    engine_.after(below(rng, reconnection_max), [this, which] { establish(which); });
  }
}

// --- What changes -----------------------------------------------------------------------------

void ControlPlane::on_registry_change(const std::string& service) {
  if (found_by_dns_.contains(service)) return;
  // Nobody has asked for it yet; who does gets what is there then.
  if (!view_.contains(service) || !polls_due_.insert(service).second) return;
  sim::Rng rng = rng_of("poll/" + service, ++polls_made_[service]);
  engine_.after(app::draw(scenario_.control_plane.endpoints, rng),
                [this, service] { poll(service); });
}

void ControlPlane::poll(const std::string& service) {
  polls_due_.erase(service);
  if (!is_up_) return;  // The end of the outage catches up.
  view_[service] = registry_.addresses(service);
  push_endpoints(service);
}

void ControlPlane::push_endpoints(const std::string& service) {
  const std::set<Id> all = streams_of_service_[service];
  for (const Id id : all) {
    const auto found = streams_.find(id);
    if (found == streams_.end() || !found->second.is_connected) continue;
    found->second.user->on_endpoints(service, view_[service]);
  }
}

void ControlPlane::reconfigure() {
  sim::Rng rng = rng_of("configuration", ++reconfigurations_);
  engine_.after(app::draw(scenario_.control_plane.configuration, rng), [this] {
    if (!is_up_) return;
    for (auto& [id, stream] : streams_) {
      if (stream.is_connected) stream.user->on_configuration();
    }
  });
}

}  // namespace hoplab::models::mesh
