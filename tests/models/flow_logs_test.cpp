// VPC Flow Logs: which interface has a record of which packets.
#include <gmock/gmock.h>

#include <array>
#include <numeric>
#include <set>
#include <sstream>

#include "tests/support/run_scenario.hpp"

namespace hoplab {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

struct Flow {
  std::string interface;
  std::string source;
  std::string target;
  int source_port = 0;
  int target_port = 0;
  std::int64_t packets = 0;
  std::int64_t bytes = 0;
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::string action;
  std::string status;
};

/// Every record behind the line of names.
std::vector<Flow> flows_of(const test::Run& run) {
  std::vector<Flow> flows;
  for (std::size_t index = 1; index < run.sink->flow_logs.size(); ++index) {
    std::istringstream line(run.sink->flow_logs[index]);
    std::array<std::string, 14> words;
    for (std::string& word : words) line >> word;
    Flow flow;
    flow.interface = words[2];
    flow.source = words[3];
    flow.target = words[4];
    flow.start = std::stoll(words[10]);
    flow.end = std::stoll(words[11]);
    flow.status = words[13];
    if (flow.status == "OK") {
      flow.source_port = std::stoi(words[5]);
      flow.target_port = std::stoi(words[6]);
      EXPECT_EQ(words[7], "6");
      flow.packets = std::stoll(words[8]);
      flow.bytes = std::stoll(words[9]);
      flow.action = words[12];
    }
    flows.push_back(flow);
  }
  return flows;
}

std::string two_services(const std::string& rest, const std::string& duration = "30s") {
  return "hoplab: 1\nname: flows\nduration: " + duration +
         "\nmesh: none\nnetwork: {latency: 1ms}\nservices:\n"
         "  a: {calls: [{to: b}]}\n  b: {serviceTime: {wait: 5ms}}\n" +
         rest;
}

constexpr const char* one_request =
    "workload: [{executor: constant-arrival-rate, rate: 1/s, to: a, requests: 1}]\n";

/// Of the connection from a to b: those to, or from, b's port at a task's interface.
std::vector<Flow> between(const std::vector<Flow>& flows, bool is_there) {
  std::vector<Flow> found;
  for (const Flow& flow : flows) {
    const bool is_of_mesh = flow.source.starts_with("10.") && flow.target.starts_with("10.");
    if (is_of_mesh && (is_there ? flow.target_port : flow.source_port) == 8080) {
      found.push_back(flow);
    }
  }
  return found;
}

// SYN 60, ACK 52, a request of 400 behind headers of 52, and the answer's ACK; SYN-ACK 60 and an
// answer of 400 and 1024 behind headers on the way back.
TEST(FlowLogs, OneCallIsARecordForEachDirectionAtBothInterfaces) {
  const auto flows = flows_of(test::run_text(two_services(one_request)));
  const auto there = between(flows, true);
  ASSERT_THAT(there, SizeIs(2));
  EXPECT_NE(there[0].interface, there[1].interface);
  EXPECT_THAT(there, Each(AllOf(Field(&Flow::packets, 4), Field(&Flow::bytes, 60 + 52 + 452 + 52),
                                Field(&Flow::action, "ACCEPT"))));
  const auto back = between(flows, false);
  ASSERT_THAT(back, SizeIs(2));
  EXPECT_THAT(back, Each(AllOf(Field(&Flow::packets, 2), Field(&Flow::bytes, 60 + 400 + 1024 + 52),
                               Field(&Flow::action, "ACCEPT"))));
}

TEST(FlowLogs, TheFirstLineNamesTheFieldsAsFilesInS3Do) {
  const auto run = test::run_text(two_services(one_request));
  EXPECT_EQ(
      run.sink->flow_logs.front(),
      "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
      "start end action log-status");
}

// RFC 5681: every second segment is acknowledged. 100 KiB are 71 segments of 1448 with the head.
TEST(FlowLogs, ABodyIsSegmentsAndEverySecondOneIsAcknowledged) {
  std::string text = two_services(one_request);
  text.replace(text.find("{wait: 5ms}"), 11, "{wait: 5ms}, responseSize: 100KiB");
  const auto flows = flows_of(test::run_text(text));
  const std::int64_t size = 400 + 100 * 1024;
  const std::int64_t segments = (size + 1447) / 1448;
  EXPECT_THAT(between(flows, false), Each(Field(&Flow::bytes, 60 + size + 52 * segments)));
  EXPECT_THAT(between(flows, true), Each(Field(&Flow::packets, 3 + (segments + 1) / 2)));
}

TEST(FlowLogs, AnInterfaceWithoutTrafficSaysSoEachMinute) {
  const auto flows = flows_of(test::run_text(two_services(
      "workload: [{executor: constant-arrival-rate, rate: 1/s, to: a, requests: 1, startTime: "
      "70s}]\n",
      "3m")));
  std::map<std::string, std::vector<std::int64_t>> idle;
  for (const Flow& flow : flows) {
    if (flow.status == "NODATA") idle[flow.interface].push_back(flow.start - 1767614400);
  }
  EXPECT_THAT(idle, SizeIs(2));
  for (const auto& [interface, starts] : idle) EXPECT_THAT(starts, ElementsAre(0, 120));
}

TEST(FlowLogs, ASynThatTheSecurityGroupRefusesLeavesOneInterfaceAndIsRejectedAtTheOther) {
  const auto flows = flows_of(
      test::run_text(two_services(std::string(one_request) +
                                  "faults: [{at: 0s, target: b, parameters: {port: 8080}, action: "
                                  "\"hoplab:ec2:revoke-security-group-ingress\"}]\n")));
  const auto there = between(flows, true);
  ASSERT_THAT(there, SizeIs(2));
  EXPECT_NE(there[0].action, there[1].action);
  for (const Flow& flow : there) {
    EXPECT_EQ(flow.bytes, 60 * flow.packets) << "SYNs and their repetitions alone";
    EXPECT_EQ(flow.packets, there[0].packets);
    EXPECT_GE(flow.packets, 5);
  }
  EXPECT_THAT(between(flows, false), IsEmpty());
}

TEST(FlowLogs, WhatAPathLosesIsMissingAtTheFarEndAndRefusedNowhere) {
  const auto flows = flows_of(test::run_text(
      two_services("workload: [{executor: constant-arrival-rate, rate: 50/s, to: a}]\n"
                   "faults: [{at: 1s, target: a->b, parameters: {loss: 10%}, action: "
                   "\"hoplab:link:loss\"}]\n")));
  std::map<std::string, std::int64_t> by_interface;
  for (const Flow& flow : between(flows, true)) {
    EXPECT_EQ(flow.action, "ACCEPT");
    by_interface[flow.interface] += flow.packets;
  }
  ASSERT_THAT(by_interface, SizeIs(2));
  const std::int64_t one = by_interface.begin()->second;
  const std::int64_t other = by_interface.rbegin()->second;
  EXPECT_NEAR(static_cast<double>(std::min(one, other)) / static_cast<double>(std::max(one, other)),
              0.95, 0.04);
}

TEST(FlowLogs, WithoutThemThereIsNoLine) {
  EXPECT_THAT(
      test::run_text(two_services(std::string(one_request) + "telemetry: {flowLogs: false}\n"))
          .sink->flow_logs,
      IsEmpty());
}

// One minute is the most that a Nitro instance takes.
TEST(FlowLogs, TenMinutesAreForMachinesThatAreNoNitroInstances) {
  const auto records_of = [](const std::string& type) {
    std::string text =
        two_services("hosts: {h: {instanceType: " + type +
                         "}}\nworkload: [{executor: constant-arrival-rate, rate: 1/s, to: a}]\n"
                         "telemetry: {flowLogs: {maxAggregationInterval: 10m}}\n",
                     "10m");
    text.replace(text.find("a: {calls"), 9, "a: {placement: h, calls");
    std::map<std::string, std::vector<std::int64_t>> by_interface;  // Packets of each record.
    for (const Flow& flow : between(flows_of(test::run_text(text)), true)) {
      by_interface[flow.interface].push_back(flow.packets);
    }
    return by_interface;
  };
  const auto nitro = records_of("m5.large");
  ASSERT_THAT(nitro, SizeIs(2));
  for (const auto& [interface, packets] : nitro) EXPECT_THAT(packets, SizeIs(10));
  std::vector<std::size_t> counts;
  std::set<std::int64_t> totals;
  for (const auto& [interface, packets] : records_of("m3.medium")) {
    counts.push_back(packets.size());
    totals.insert(std::accumulate(packets.begin(), packets.end(), std::int64_t{0}));
  }
  EXPECT_THAT(counts, UnorderedElementsAre(1U, 10U));
  EXPECT_THAT(totals, SizeIs(1)) << "both saw the same packets";
}

}  // namespace
}  // namespace hoplab
