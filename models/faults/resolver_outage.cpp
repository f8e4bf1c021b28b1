// The VPC's resolver fails the tasks of a service.
//
// What a real operator sees: connections that stand go on. Where a new one is needed the
// application cannot resolve the name, so nothing reaches its own Envoy: no access log line
// anywhere, the Envoy just has less to do. The application's log and its X-Ray subsegment say so
// (ENOTFOUND at once, EAI_AGAIN at once where the server failed, after 10 s where it said nothing).
// Where it is about the host name of a virtual node that is discovered by DNS, the application
// finds its Envoy and the Envoy does not find the tasks: it goes on with the addresses it has (a
// failed look-up each 5 s, update_failure), and a new Envoy, which has none, answers 503 UH. After
// `nxdomain` the resolver remembers that there was no such name for 15 minutes more.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/faults/task_network.hpp"

namespace hoplab::models::faults {
namespace {

class ResolverOutage final : public Fault {
 public:
  explicit ResolverOutage(const scenarios::Fault& spec)
      : spec_(spec),
        trouble_(trouble_of(text_parameter(spec, "mode"))),
        name_(text_parameter(spec, "name")) {}

  void inject(Controls& world) override {
    for (TaskHandle* task : world.tasks(spec_)) meet(world, *task);
  }
  void meet(Controls& world, TaskHandle& task) override { meet_interface(world, task.interface()); }
  /// An Envoy looks names up before the application of its task has started.
  void meet_interface(Controls& /*world*/, vpc::Interface& interface) override {
    vpc::Resolver& resolver = interface.resolver;
    if (std::ranges::find(troubled_, &resolver) != troubled_.end()) return;
    resolver.set_negative_ttl(duration_parameter(spec_, "negativeTtl"));
    resolver.begin(trouble_, name_);
    troubled_.push_back(&resolver);
  }
  void heal(Controls& /*world*/) override {
    for (vpc::Resolver* resolver : troubled_) resolver->end(trouble_, name_);
    troubled_.clear();
  }

 private:
  using Trouble = vpc::Resolver::Trouble;
  static Trouble trouble_of(const std::string& mode) {
    if (mode == "nxdomain") return Trouble::no_such_name;
    return mode == "servfail" ? Trouble::server_failure : Trouble::silence;
  }

  scenarios::Fault spec_;
  Trouble trouble_;
  std::string name_;  ///< Empty: every name.
  std::vector<vpc::Resolver*> troubled_;
};

}  // namespace

FaultKind resolver_outage() {
  return {{.action = "hoplab:route53:resolver-outage",
           .target = scenarios::FaultAction::Target::service,
           .parameters = {some_text("mode", "timeout", "what a look-up comes to",
                                    "nxdomain|servfail|timeout"),
                          {.name = "negativeTtl",
                           .type = scenarios::FaultAction::Type::duration,
                           .required = false,
                           .default_value = "900s",
                           .meaning = "nxdomain: how long the resolver remembers it"},
                          some_text("name", "", "the one name that it is about; not given: all")},
           .symptom = "new connections fail in the application itself: no Envoy has a line, the "
                      "application's log says ENOTFOUND or EAI_AGAIN",
           .fis_equivalent = ""},
          [](const scenarios::Fault& spec) -> std::unique_ptr<Fault> {
            return std::make_unique<ResolverOutage>(spec);
          }};
}

}  // namespace hoplab::models::faults
