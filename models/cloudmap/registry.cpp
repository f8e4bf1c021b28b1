#include "models/cloudmap/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/app/draw.hpp"
#include "sim/random.hpp"

namespace hoplab::models::cloudmap {
namespace {

/// Route 53 puts no more records into an answer.
constexpr std::size_t answer_max = 8;

}  // namespace

Registry::Registry(sim::Engine& engine, const scenarios::ControlPlaneTimings& timings)
    : engine_(engine), timings_(timings) {}

const std::vector<Record>& Registry::records(const std::string& service) const {
  static const std::vector<Record> none;
  const auto found = services_.find(service);
  return found == services_.end() ? none : found->second;
}

std::vector<vpc::Ipv4> Registry::addresses(const std::string& service) const {
  const std::vector<Record>& all = records(service);
  const bool has_healthy = std::ranges::any_of(all, &Record::is_healthy);
  std::vector<vpc::Ipv4> addresses;
  for (const Record& record : all) {
    if (record.is_healthy || !has_healthy) addresses.push_back(record.address);
  }
  return addresses;
}

void Registry::put(const std::string& service, Record record) {
  services_[service].push_back(std::move(record));
}

sim::Duration Registry::delay(std::string_view what, const std::string& instance_id) {
  sim::Rng rng = sim::Rng::stream(engine_.seed(), fmt::format("cloudmap/{}/{}", what, instance_id));
  return app::draw(timings_.cloud_map, rng);
}

void Registry::apply(const std::string& service, const Change& change) {
  if (const auto frozen = frozen_.find(service); frozen != frozen_.end()) {
    return frozen->second.push_back(change);
  }
  change();
  for (const Watcher& watcher : watchers_) watcher(service);
}

void Registry::thaw(const std::string& service) {
  const auto frozen = frozen_.find(service);
  if (frozen == frozen_.end()) return;
  const std::vector<Change> changes = std::move(frozen->second);
  frozen_.erase(frozen);
  for (const Change& change : changes) apply(service, change);
}

void Registry::register_instance(const std::string& service, Record record) {
  const std::string id = record.instance_id;
  const std::function<void()> done = [this, service, record = std::move(record), id] {
    registering_.erase(id);
    apply(service, [this, service, record] { services_[service].push_back(record); });
  };
  registering_[id] = engine_.after(delay("register", id), done);
}

void Registry::deregister_instance(const std::string& service, const std::string& instance_id) {
  if (const auto pending = registering_.find(instance_id); pending != registering_.end()) {
    engine_.cancel(pending->second);
    registering_.erase(pending);
    return;
  }
  engine_.after(delay("deregister", instance_id), [this, service, instance_id] {
    apply(service, [this, service, instance_id] {
      std::erase_if(services_[service],
                    [&](const Record& it) { return it.instance_id == instance_id; });
    });
  });
}

void Registry::set_health(const std::string& service, const std::string& instance_id,
                          bool is_healthy) {
  engine_.after(timings_.custom_health, [this, service, instance_id, is_healthy] {
    apply(service, [this, service, instance_id, is_healthy] {
      for (Record& record : services_[service]) {
        if (record.instance_id == instance_id) record.is_healthy = is_healthy;
      }
    });
  });
}

Resolver::Resolver(sim::Engine& engine, const Registry& registry, std::string service,
                   const scenarios::ControlPlaneTimings& timings, std::string rng_name,
                   Listener listener)
    : engine_(engine),
      registry_(registry),
      service_(std::move(service)),
      timings_(timings),
      rng_name_(std::move(rng_name)),
      listener_(std::move(listener)) {}

void Resolver::prime() {
  known_ = answer();
  ask_for_others();
}

// Those left out are drawn one by one; the others keep the order of registration.
std::vector<vpc::Ipv4> Resolver::answer() const {
  std::vector<vpc::Ipv4> all = registry_.addresses(service_);
  if (all.size() <= answer_max) return all;
  sim::Rng rng = sim::Rng::stream(engine_.seed(), fmt::format("{}/answer/{}", rng_name_, asked_));
  while (all.size() > answer_max) {
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(rng.below(all.size())));
  }
  return all;
}

void Resolver::ask_for_others() {
  const bool has_all = registry_.addresses(service_).size() <= answer_max;
  if (has_all || timings_.dns_ttl == sim::Duration::zero()) return;
  if (std::exchange(is_due_, true)) return;
  engine_.after(timings_.dns_ttl, sim::call<&Resolver::ask>(*this));
}

void Resolver::on_change() {
  if (std::exchange(is_due_, true)) return;
  sim::Duration wait = knows_none_until_ - engine_.now();
  if (!known_.empty() || wait <= sim::Duration::zero()) {
    const auto ttl = static_cast<std::uint64_t>(timings_.dns_ttl.count());
    sim::Rng rng = sim::Rng::stream(engine_.seed(), fmt::format("{}/{}", rng_name_, asked_));
    wait =
        ttl == 0 ? sim::Duration::zero() : sim::Duration(static_cast<std::int64_t>(rng.below(ttl)));
  }
  engine_.after(wait, sim::call<&Resolver::ask>(*this));
}

void Resolver::ask() {
  is_due_ = false;
  ++asked_;
  std::vector<vpc::Ipv4> now_known = answer();
  ask_for_others();
  if (now_known == known_) return;
  known_ = std::move(now_known);
  if (known_.empty()) knows_none_until_ = engine_.now() + timings_.dns_negative_ttl;
  listener_(known_);
}

}  // namespace hoplab::models::cloudmap
