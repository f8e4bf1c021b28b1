// Paths between two machines that differ from the others.
#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

struct Ends {
  std::vector<std::string> first;
  std::vector<std::string> second;
};

/// A host, or a service, which stands for the hosts of its tasks.
std::vector<std::string> hosts_of(const Node& node, const Names& names, Draft& draft) {
  const auto name = read_text(node, draft.diagnostics);
  if (!name) return {};
  if (names.is_busy_host(*name)) return {*name};
  const auto& hosts = draft.scenario.hosts;
  if (std::ranges::find(hosts, *name, &Host::name) != hosts.end()) return {*name};
  if (const Service* service = names.service(*name); service != nullptr) {
    return names.hosts(*service);
  }
  draft.diagnostics.error(node.mark, "E0402",
                          fmt::format("there is no host or service '{}'", shown(*name)),
                          hint_for(*name, names.places(), draft.diagnostics));
  return {};
}

Ends read_ends(const Section& section, const Names& names, Draft& draft) {
  const Node* node = section.require("between", "write between: [HOST, HOST]");
  if (node == nullptr) return {};
  if (node->kind != Node::Kind::sequence || node->items.size() != 2) {
    draft.diagnostics.error(node->mark, "E0203", "'between' wants a list of two hosts",
                            "write between: [HOST, HOST]");
    return {};
  }
  Ends ends{hosts_of(node->items[0], names, draft), hosts_of(node->items[1], names, draft)};
  if (ends.first.size() == 1 && ends.first == ends.second) {
    draft.diagnostics.error(node->mark, "E0412",
                            fmt::format("'{}' needs no network to itself", ends.first.front()),
                            "name two hosts");
    return {};
  }
  return ends;
}

bool is_told(const Scenario& scenario, const std::string& first, const std::string& second) {
  return std::ranges::any_of(scenario.links, [&](const Link& link) {
    return (link.first == first && link.second == second) ||
           (link.first == second && link.second == first);
  });
}

void read_link(const Node& node, const Names& names, Draft& draft) {
  const Section section(node, "a link", {"between", "latency", "jitter", "bandwidth"},
                        draft.diagnostics);
  Link link;
  link.mark = node.mark;
  section.take("latency", read_duration, link.latency);
  section.take("jitter", read_duration, link.jitter);
  section.take("bandwidth", read_bandwidth, link.bandwidth);
  if (!section.is_readable()) return;
  const Ends ends = read_ends(section, names, draft);
  for (const std::string& first : ends.first) {
    for (const std::string& second : ends.second) {
      if (first == second) continue;
      if (is_told(draft.scenario, first, second)) {
        draft.diagnostics.error(
            node.mark, "E0411",
            fmt::format("the link between '{}' and '{}' is given twice", first, second),
            "leave one of them out");
        return;
      }
      link.first = first;
      link.second = second;
      draft.scenario.links.push_back(link);
    }
  }
}

}  // namespace

void read_links(const Section& top, Draft& draft) {
  if (!draft.has_services) return;
  const Names names(draft.scenario);
  for (const Node* item : draft.links) read_link(*item, names, draft);
  const Node* network = top.find("network");
  const Node* links = network == nullptr ? nullptr : network->find("links");
  if (links == nullptr) return;
  if (links->kind != Node::Kind::sequence) {
    draft.diagnostics.error(links->mark, "E0203", "'links' wants a list",
                            "write links: [{between: [HOST, HOST], latency: 2ms}]");
    return;
  }
  for (const Node& item : links->items) read_link(item, names, draft);
}

}  // namespace hoplab::scenarios
