// The path between two services' machines gets narrow.
//
// What a real operator sees: large answers take long to arrive. The caller's Envoy has the head of
// the answer as soon as ever, so its x-envoy-upstream-service-time stays as it was while DURATION
// grows with the size of the body. Small requests suffer only where they queue behind large ones.

#include <memory>
#include <utility>
#include <vector>

#include "models/faults/fault.hpp"

namespace hoplab::models::faults {
namespace {

sim::BytesPerSecond bandwidth_parameter(const scenarios::Fault& spec, std::string_view name) {
  const auto value = sim::parse_bandwidth(text_parameter(spec, name));
  HOPLAB_ASSERT(value.has_value(), "a bandwidth passed validation but does not parse");
  return *value;
}

class LinkBandwidth final : public Fault {
 public:
  explicit LinkBandwidth(const scenarios::Fault& spec)
      : spec_(spec),
        there_(bandwidth_parameter(spec, "bandwidth")),
        back_(spec.parameters.contains("replyBandwidth")
                  ? bandwidth_parameter(spec, "replyBandwidth")
                  : there_) {}

  void inject(Controls& world) override {
    for (const auto& [from, to] : world.links(spec_)) {
      narrow(world.paths().at(from->host, to->host), there_);
      narrow(world.paths().at(to->host, from->host), back_);
    }
  }
  void heal(Controls& /*world*/) override {
    for (const auto& [path, bandwidth] : narrowed_) path->remove_bandwidth(bandwidth);
    narrowed_.clear();
  }

 private:
  void narrow(vpc::Path& path, sim::BytesPerSecond bandwidth) {
    path.add_bandwidth(bandwidth);
    narrowed_.emplace_back(&path, bandwidth);
  }

  scenarios::Fault spec_;
  sim::BytesPerSecond there_;
  sim::BytesPerSecond back_;
  std::vector<std::pair<vpc::Path*, sim::BytesPerSecond>> narrowed_;
};

}  // namespace

FaultKind link_bandwidth() {
  using Type = scenarios::FaultAction::Type;
  return {{.action = "hoplab:link:bandwidth",
           .target = scenarios::FaultAction::Target::link,
           .parameters = {{.name = "bandwidth",
                           .type = Type::bandwidth,
                           .required = true,
                           .default_value = "",
                           .meaning = "of the path there, for example 8Mbps"},
                          {.name = "replyBandwidth",
                           .type = Type::bandwidth,
                           .required = false,
                           .default_value = "",
                           .meaning = "of the way back; as bandwidth where not given"}},
           .symptom = "DURATION grows with the size of answers while x-envoy-upstream-service-time "
                      "stays as it was",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<LinkBandwidth>(spec);
          }};
}

}  // namespace hoplab::models::faults
