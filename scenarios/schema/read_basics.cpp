#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "scenarios/schema/draft.hpp"
#include "scenarios/schema/scalars.hpp"

namespace hoplab::scenarios {
namespace {

using sim::Diagnostics;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A name that is also a piece of a path, an ARN or a log group.
bool is_name(std::string_view text, std::string_view more, std::size_t length_max) {
  return !text.empty() && text.size() <= length_max && is_letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter_or_digit(c) || more.find(c) != std::string_view::npos;
         });
}

std::optional<std::string> refuse(const Node& node, const char* what, const char* hint,
                                  Diagnostics& diagnostics) {
  diagnostics.error(node.mark, "E0214", fmt::format("'{}' is not {}", shown(node.text), what),
                    hint);
  return std::nullopt;
}

std::optional<std::string> read_scenario_name(const Node& node, Diagnostics& diagnostics) {
  auto text = read_text(node, diagnostics);
  if (!text || is_name(*text, "-_.", 100)) return text;
  return refuse(node, "a name", "letters, digits, '-', '_' and '.', at most 100", diagnostics);
}

std::optional<std::string> read_region(const Node& node, Diagnostics& diagnostics) {
  auto text = read_text(node, diagnostics);
  if (!text || (is_name(*text, "-", 32) && text->find('-') != std::string::npos)) return text;
  return refuse(node, "a region", "write it like us-east-1", diagnostics);
}

std::optional<std::string> read_account(const Node& node, Diagnostics& diagnostics) {
  auto text = read_text(node, diagnostics);
  const bool is_account =
      text && text->size() == 12 && text->find_first_not_of("0123456789") == std::string::npos;
  if (!text || is_account) return text;
  return refuse(node, "an AWS account", "twelve digits", diagnostics);
}

std::optional<WallTime> read_start_time(const Node& node, Diagnostics& diagnostics) {
  const auto text = read_text(node, diagnostics);
  if (!text) return std::nullopt;
  if (const auto time = sim::parse_iso8601(*text)) return time;
  diagnostics.error(node.mark, "E0217", fmt::format("'{}' is not an instant", shown(*text)),
                    "write it in UTC, like 2026-01-05T12:00:00Z");
  return std::nullopt;
}

/// The file's name without folders and extension, as far as it may be a name.
std::string default_name(const std::string& file) {
  std::string name = std::filesystem::path(file).stem().string().substr(0, 100);
  for (char& c : name) {
    if (!is_name(std::string("a") + c, "-_.", 2)) c = '-';
  }
  while (!name.empty() && !is_letter_or_digit(name.front())) name.erase(0, 1);
  return name.empty() ? "scenario" : name;
}

void read_version(const Section& top, Draft& draft) {
  const Node* node = top.require("hoplab", "the first line of a scenario is: hoplab: 1");
  if (node == nullptr) return;
  const auto version = read_integer(*node, {}, draft.diagnostics);
  if (!version || *version == 1) return;
  draft.diagnostics.error(
      node->mark, "E0216",
      fmt::format("this hoplab does not know version {} of the language", *version),
      "write hoplab: 1");
}

/// EC2's ConnectionTrackingSpecification, of all interfaces.
void read_tracking(const Node& node, Network& network, Diagnostics& diagnostics) {
  const Section section(node, "'connectionTracking'", {"tcpEstablishedTimeout"}, diagnostics);
  const Node* timeout = section.find("tcpEstablishedTimeout");
  if (timeout == nullptr) return;
  const auto length = read_duration(*timeout, diagnostics);
  if (!length) return;
  network.conntrack_established = *length;
  if (*length >= std::chrono::seconds(60) && *length <= std::chrono::seconds(432'000)) return;
  diagnostics.error(timeout->mark, "E0212",
                    fmt::format("EC2 takes no idle time-out of {}", sim::format(*length)),
                    "write 60s to 432000s");
}

void read_network(const Section& top, Draft& draft) {
  const Node* node = top.find("network");
  if (node == nullptr) return;
  Network& network = draft.scenario.network;
  const Section section(*node, "'network'",
                        {"latency", "interZoneLatency", "loopback", "clientLatency", "bandwidth",
                         "clockOffsetSd", "synSchedule", "connectionTracking", "links"},
                        draft.diagnostics);
  section.take("latency", read_duration, network.latency);
  section.take("interZoneLatency", read_duration, network.zone_latency);
  section.take("synSchedule",
               choice_of<Network::SynSchedule>({{"classic", Network::SynSchedule::classic},
                                                {"linear", Network::SynSchedule::linear}}),
               network.syn_schedule);
  if (const Node* tracking = section.find("connectionTracking")) {
    read_tracking(*tracking, network, draft.diagnostics);
  }
  section.take("loopback", read_duration, network.loopback);
  section.take("clientLatency", read_duration, network.client_latency);
  section.take("bandwidth", read_bandwidth, network.bandwidth);
  section.take("clockOffsetSd", read_duration, network.clock_offset_sd);
}

}  // namespace

bool check_name(const std::string& name, const sim::SourceMark& mark, const char* what,
                Diagnostics& diagnostics) {
  if (is_name(name, "-_", 64)) return true;
  diagnostics.error(mark, "E0214", fmt::format("'{}' cannot be the name of {}", shown(name), what),
                    "letters, digits, '-' and '_', a letter or digit first, at most 64");
  return false;
}

std::optional<std::string> read_aws_name(const Node& node, Diagnostics& diagnostics) {
  auto text = read_text(node, diagnostics);
  if (!text || is_name(*text, "-_", 255)) return text;
  return refuse(node, "a name that AWS takes", "letters, digits, '-' and '_', at most 255",
                diagnostics);
}

std::optional<std::string> read_path(const Node& node, Diagnostics& diagnostics) {
  auto text = read_text(node, diagnostics);
  const bool is_path = text && text->starts_with('/') && text->size() <= 2048 &&
                       std::all_of(text->begin(), text->end(),
                                   [](char c) { return c > ' ' && c < 0x7F && c != '"'; });
  if (!text || is_path) return text;
  return refuse(node, "a path", "it starts with '/'; encode blanks and non-ASCII as %XX",
                diagnostics);
}

std::optional<std::string> read_method(const Node& node, Diagnostics& diagnostics) {
  static const std::vector<std::string> methods = {"GET",   "HEAD",   "POST",   "PUT",
                                                   "PATCH", "DELETE", "OPTIONS"};
  const auto index = read_choice(node, methods, diagnostics);
  return index ? std::optional(methods[*index]) : std::nullopt;
}

void read_basics(const Section& top, Draft& draft) {
  Scenario& scenario = draft.scenario;
  read_version(top, draft);
  scenario.name = default_name(scenario.file);
  top.take("name", read_scenario_name, scenario.name);
  top.take("description", read_text, scenario.description);
  top.take("seed", integer_in<std::uint64_t>(0, std::numeric_limits<std::int64_t>::max()),
           scenario.seed);
  top.require("duration", "how long the load runs, in simulated time: duration: 5m");
  top.take("duration", read_positive_duration, scenario.duration);
  scenario.start_time = *sim::parse_iso8601("2026-01-05T12:00:00Z");
  top.take("startTime", read_start_time, scenario.start_time);
  std::size_t profile = envoy_profiles().size() - 1;
  top.take(
      "envoyProfile",
      [](const Node& node, Diagnostics& diagnostics) {
        return read_choice(node, envoy_profiles(), diagnostics);
      },
      profile);
  scenario.envoy_profile = envoy_profiles()[profile];
  top.take("region", read_region, scenario.region);
  top.take("account", read_account, scenario.account);
  top.take("cluster", read_aws_name, scenario.cluster);
  read_network(top, draft);
}

}  // namespace hoplab::scenarios
