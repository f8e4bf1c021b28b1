// AWS artefacts: what is read, what is noted, and what is wrong with them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>

#include "scenarios/import/artefacts.hpp"
#include "tests/scenarios/damage.hpp"

namespace hoplab::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

using Import = void (*)(std::string_view, const std::string&, Artefacts&, sim::Diagnostics&);

struct Imported {
  Artefacts artefacts;
  sim::Diagnostics diagnostics;

  [[nodiscard]] std::vector<std::string> places() const {
    std::vector<std::string> all;
    for (const sim::Diagnostic& it : diagnostics.sorted()) {
      all.push_back(fmt::format("{}:{} {}", it.mark.line, it.mark.column, it.code));
    }
    return all;
  }
  /// "line:column code message | hint" of the only diagnostic.
  [[nodiscard]] std::string only() const {
    const auto all = diagnostics.sorted();
    if (all.size() != 1) return fmt::format("{} diagnostics", all.size());
    return places().front() + " " + all.front().message + " | " + all.front().hint;
  }
};

Imported imported(Import import_artefact, std::string_view text) {
  Imported result;
  import_artefact(text, "x.json", result.artefacts, result.diagnostics);
  return result;
}

Imported task(std::string_view text) { return imported(import_task_definition, text); }
Imported groups(std::string_view text) {
  Imported result;
  std::vector<Subnet> subnets;
  import_ec2(text, "x.json", result.artefacts, subnets, result.diagnostics);
  return result;
}

/// What is said of a task whose keys, beside the family, are `keys`; they begin at 1:16.
Imported task_with(std::string_view keys) {
  return task(fmt::format("{{\"family\":\"f\", {}}}", keys));
}
/// Of a task with one container; its keys, beside the name, begin at 2:15.
Imported container_with(std::string_view keys) {
  return task_with(fmt::format("\"containerDefinitions\": [\n{{\"name\":\"app\",{}}}]", keys));
}
/// Of a group with one rule; its keys begin at 2:2.
Imported rule_with(std::string_view keys) {
  return groups(fmt::format(
      "{{\"SecurityGroups\": [{{\"GroupId\": \"sg-1\", \"IpPermissions\": [\n{{{}}}]}}]}}", keys));
}

// --- What is read -----------------------------------------------------------------------------

TEST(TaskDefinitions, TheTalksOwnIsReadWhole) {
  const std::string text = shipped_text("scenarios/talk/b-task-definition.json");
  const Imported result = task(text);
  EXPECT_THAT(result.places(), IsEmpty());
  ASSERT_EQ(result.artefacts.task_definitions.size(), 1U);
  const TaskDefinition& b = result.artefacts.task_definitions.front();
  EXPECT_EQ(b.family, "b");
  EXPECT_EQ(b.revision, 7);
  EXPECT_EQ(b.network_mode, "awsvpc");
  EXPECT_EQ(b.cpu, CpuUnits(1024));
  EXPECT_EQ(b.memory, Bytes(std::int64_t{2} << 30));
  EXPECT_EQ(b.proxy_container, "envoy");
  EXPECT_THAT(b.app_ports, ElementsAre(8080));
  EXPECT_EQ(b.proxy_ingress_port, 15000);
  EXPECT_EQ(b.proxy_egress_port, 15001);
  EXPECT_EQ(b.json, text);
  ASSERT_EQ(b.containers.size(), 5U);
  const ContainerDefinition& app = b.containers.front();
  EXPECT_EQ(app.name, "app");
  EXPECT_TRUE(app.essential);
  EXPECT_THAT(app.environment, ElementsAre(Pair("PORT", "8080")));
  EXPECT_EQ(app.log_driver, "awsfirelens");
  EXPECT_EQ(app.log_options.at("log_group_name"), "/ecs/b/app");
  ASSERT_EQ(app.port_mappings.size(), 1U);
  EXPECT_EQ(app.port_mappings.front().container_port, 8080);
  EXPECT_EQ(b.containers[4].name, "xray-daemon");
  EXPECT_FALSE(b.containers[4].essential);
  EXPECT_EQ(b.containers[4].memory, Bytes(256 << 20));
  EXPECT_EQ(b.containers[4].port_mappings.front().protocol, "udp");
}

TEST(TaskDefinitions, TheFormThatIsRegisteredWillDo) {
  const Imported result = task(shipped_text("scenarios/talk/a-task-definition.json"));
  EXPECT_THAT(result.places(), IsEmpty());
  ASSERT_EQ(result.artefacts.task_definitions.size(), 1U);
  EXPECT_EQ(result.artefacts.task_definitions.front().family, "a");
  EXPECT_EQ(result.artefacts.task_definitions.front().revision, 1);
}

TEST(TaskDefinitions, WhatIsNotSimulatedIsNotedOnceEach) {
  const Imported result = task_with(R"("ipcMode": "task", "containerDefinitions": [
      {"name": "a", "ulimits": [], "dockerLabels": {"x": "y"}}, {"name": "b", "ulimits": []}],
      "volumes": [{"name": "v"}])");
  EXPECT_THAT(result.places(), IsEmpty());
  EXPECT_THAT(result.artefacts.accepted_not_simulated,
              ElementsAre("x.json: containerDefinitions[].ulimits",
                          "x.json: containerDefinitions[].dockerLabels", "x.json: ipcMode",
                          "x.json: volumes"));
}

TEST(TaskDefinitions, NotesDoNotCarryControlCharacters) {
  const Imported result = container_with("\"\\u001b[2Jx\": 1");
  EXPECT_THAT(result.artefacts.accepted_not_simulated,
              ElementsAre("x.json: containerDefinitions[].?[2Jx"));
}

TEST(TaskDefinitions, SizesAreUnitsOrWords) {
  const auto cpu = [](const char* size) {
    const Imported result = task_with(
        fmt::format("\"cpu\": \"{}\", \"containerDefinitions\": [{{\"name\":\"c\"}}]", size));
    return result.diagnostics.has_errors()
               ? result.only()
               : std::to_string(result.artefacts.task_definitions.front().cpu.count());
  };
  EXPECT_EQ(cpu("1024"), "1024");
  EXPECT_EQ(cpu("1 vCPU"), "1024");
  EXPECT_EQ(cpu(".5 vcpu"), "512");
  EXPECT_EQ(cpu("0.25 vCPU"), "256");
  for (const char* size : {"", "0", "-1", "inf", "nan", "1e3", "1e300", "0x10", "1.5", "1v CPU",
                           "1 GB", "256 vCPU", "99999999999999999999", " 1024"}) {
    EXPECT_THAT(cpu(size), HasSubstr("1:23 E0302 cpu is not a task size")) << size;
  }
}

TEST(TaskDefinitions, StopTimeoutAndReservationAreRead) {
  const Imported result =
      container_with("\"stopTimeout\": 45, \"memoryReservation\": 64, \"user\": \"1337\"");
  EXPECT_THAT(result.places(), IsEmpty());
  const auto& container = result.artefacts.task_definitions.front().containers.front();
  EXPECT_EQ(container.stop_timeout, std::chrono::seconds(45));
  EXPECT_EQ(container.memory, Bytes(64 << 20));
  EXPECT_EQ(container.user, "1337");
}

TEST(SecurityGroups, TheTalksOwnAreReadWhole) {
  const Imported result = groups(shipped_text("scenarios/talk/security-groups.json"));
  EXPECT_THAT(result.places(), IsEmpty());
  EXPECT_THAT(result.artefacts.accepted_not_simulated, IsEmpty());
  ASSERT_EQ(result.artefacts.security_groups.size(), 2U);
  const SecurityGroup& a = result.artefacts.security_groups[0];
  const SecurityGroup& b = result.artefacts.security_groups[1];
  EXPECT_EQ(a.group_name, "service-a");
  EXPECT_THAT(a.ingress.front().cidrs, ElementsAre("0.0.0.0/0"));
  EXPECT_EQ(b.ingress.front().protocol, "tcp");
  EXPECT_EQ(b.ingress.front().port_first, 8080);
  EXPECT_EQ(b.ingress.front().port_last, 8080);
  EXPECT_THAT(b.ingress.front().group_ids, ElementsAre(a.group_id));
  EXPECT_EQ(b.egress.front().protocol, "-1");
}

TEST(SecurityGroups, ProtocolNumbersAreNames) {
  const auto protocol = [](const char* written) {
    const Imported result =
        rule_with(fmt::format("\"IpProtocol\": \"{}\", \"FromPort\": 1, \"ToPort\": 2", written));
    EXPECT_THAT(result.places(), IsEmpty()) << written;
    return result.artefacts.security_groups.front().ingress.front().protocol;
  };
  EXPECT_EQ(protocol("6"), "tcp");
  EXPECT_EQ(protocol("17"), "udp");
  EXPECT_EQ(protocol("1"), "icmp");
  EXPECT_EQ(protocol("50"), "50");
}

TEST(SecurityGroups, OnlyFilledListsOfWhatIsNotSimulatedAreNoted) {
  EXPECT_THAT(rule_with(R"("IpProtocol": "-1", "Ipv6Ranges": [], "PrefixListIds": [{}])")
                  .artefacts.accepted_not_simulated,
              ElementsAre("x.json: SecurityGroups[].IpPermissions[].PrefixListIds"));
}

// --- What is wrong ----------------------------------------------------------------------------

TEST(TaskDefinitions, AreNotMistakenForOtherFiles) {
  EXPECT_THAT(task(R"({"SecurityGroups": []})").only(), HasSubstr("list it under artefacts.ec2"));
  EXPECT_THAT(groups(R"({"taskDefinition": {}})").only(),
              HasSubstr("list it under artefacts.taskDefinitions"));
  EXPECT_THAT(groups(R"({"containerDefinitions": []})").only(),
              HasSubstr("list it under artefacts.taskDefinitions"));
  for (const char* text : {"[]", "5", "{}", R"({"taskDefinition": 5})"}) {
    EXPECT_THAT(task(text).places(), ElementsAre("1:1 E0306")) << text;
    EXPECT_THAT(groups(text).places(), ElementsAre("1:1 E0306")) << text;
  }
}

struct Mistake {
  const char* keys;
  const char* place;  ///< "line:column code" of the only error.
};

TEST(TaskDefinitions, EachMistakeIsToldOnceAtItsPlace) {
  const Mistake mistakes[] = {
      {R"("containerDefinitions": 5)", "1:40 E0301"},
      {R"("containerDefinitions": [])", "1:40 E0303"},
      {R"("containerDefinitions": null)", "1:40 E0303"},
      {R"("containerDefinitions": [7])", "1:41 E0301"},
      {R"("containerDefinitions": [{}])", "1:41 E0303"},
      {R"("containerDefinitions": [{"name": ""}])", "1:41 E0303"},
      {R"("containerDefinitions": [{"name": 5}])", "1:50 E0301"},
      {R"("containerDefinitions": [{"name":"c"},{"name":"c"}])", "1:54 E0305"},
      {R"("networkMode": "awsvcp", "containerDefinitions": [{"name":"c"}])", "1:31 E0302"},
      {R"("revision": 0, "containerDefinitions": [{"name":"c"}])", "1:28 E0302"}};
  for (const auto& [keys, place] : mistakes) {
    EXPECT_THAT(task_with(keys).places(), ElementsAre(place)) << keys;
  }
  const char* container = R"("containerDefinitions": [{"name":"c"}])";
  EXPECT_THAT(task(fmt::format("{{{}}}", container)).only(),
              HasSubstr("1:1 E0303 a task definition without \"family\" | add \"family\""));
  EXPECT_THAT(task(fmt::format("{{\"family\": 5, {}}}", container)).places(),
              ElementsAre("1:12 E0301"));
}

TEST(TaskDefinitions, MistakesInContainersAreToldOnceAtTheirPlace) {
  const Mistake mistakes[] = {
      {R"("essential": "true")", "2:28 E0301"},
      {R"("stopTimeout": -1)", "2:30 E0302"},
      {R"("cpu": 1.5)", "2:22 E0301"},
      {R"("portMappings": [{"hostPort": 80}])", "2:32 E0303"},
      {R"("portMappings": [{"containerPort": 0}])", "2:50 E0302"},
      {R"("portMappings": [{"containerPort": "x"}])", "2:50 E0301"},
      {R"("portMappings": [{"containerPort": 80, "protocol": "tpc"}])", "2:66 E0302"},
      {R"("portMappings": [80])", "2:32 E0301"},
      {R"("environment": [{"name": "A", "value": 5}])", "2:54 E0301"},
      {R"("environment": {"A": "5"})", "2:30 E0301"},
      {R"("logConfiguration": {"logDriver": "awslog"})", "2:49 E0302"},
      {R"("logConfiguration": {"options": ["a"]})", "2:47 E0301"},
      {R"("logConfiguration": {"options": {"a": 5}})", "2:53 E0301"}};
  for (const auto& [keys, place] : mistakes) {
    EXPECT_THAT(container_with(keys).places(), ElementsAre(place)) << keys;
  }
  EXPECT_THAT(container_with(R"("logConfiguration": {"logDriver": "awslog"})").only(),
              HasSubstr("did you mean 'awslogs'?"));
}

TEST(TaskDefinitions, MistakesInTheProxyAreToldOnceAtTheirPlace) {
  const auto places = [](const char* proxy) {
    return container_with(
               fmt::format("\"image\": \"i\"}}],\n\"proxyConfiguration\": {}, \"tags\": [{{",
                           proxy))
        .places();
  };
  EXPECT_THAT(places(R"({"containerName": "app"})"), IsEmpty());
  EXPECT_THAT(places(R"({"containerName": "envoy"})"), ElementsAre("3:41 E0304"));
  EXPECT_THAT(places(R"({"containerName": 5})"), ElementsAre("3:41 E0301"));
  EXPECT_THAT(places(R"({"type": "APPMESH"})"), ElementsAre("3:23 E0303"));
  EXPECT_THAT(places(R"({"type": "X", "containerName": "app"})"), ElementsAre("3:32 E0302"));
  const auto ports = [&](const char* value) {
    return places(fmt::format(R"({{"containerName": "app", "properties": [
{{"name": "AppPorts", "value": {}}}]}})",
                              value)
                      .c_str());
  };
  EXPECT_THAT(ports(R"("80,8443")"), IsEmpty());
  for (const char* value : {R"("80,")", R"("80, 81")", R"("")", R"("0")", R"("70000")"}) {
    EXPECT_THAT(ports(value), ElementsAre("4:31 E0302")) << value;
  }
  EXPECT_THAT(ports("80"), ElementsAre("4:31 E0301"));
}

TEST(SecurityGroups, EachMistakeIsToldOnceAtItsPlace) {
  const Mistake mistakes[] = {
      {R"("FromPort": 1, "ToPort": 2)", "2:1 E0303"},
      {R"("IpProtocol": "foo")", "2:16 E0302"},
      {R"("IpProtocol": "tcp", "ToPort": 2)", "2:1 E0303"},
      {R"("IpProtocol": "tcp", "FromPort": 3, "ToPort": 2)", "2:48 E0302"},
      {R"("IpProtocol": "udp", "FromPort": 3, "ToPort": 2)", "2:48 E0302"},
      {R"("IpProtocol": "tcp", "FromPort": -1, "ToPort": 2)", "2:35 E0302"},
      {R"("IpProtocol": "-1", "IpRanges": [{}])", "2:35 E0303"},
      {R"("IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/33"}])", "2:46 E0302"},
      {R"("IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0"}])", "2:46 E0302"},
      {R"("IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.300/8"}])", "2:46 E0302"},
      {R"("IpProtocol": "-1", "IpRanges": [{"CidrIp": "::/0"}])", "2:46 E0302"},
      {R"("IpProtocol": "-1", "UserIdGroupPairs": [{}])", "2:43 E0303"}};
  for (const auto& [keys, place] : mistakes) {
    EXPECT_THAT(rule_with(keys).places(), ElementsAre(place)) << keys;
  }
  EXPECT_THAT(groups(R"({"SecurityGroups": 5})").places(), ElementsAre("1:20 E0301"));
  EXPECT_THAT(groups(R"({"SecurityGroups": [{}, {}, 7, {"GroupId": 5}]})").places(),
              ElementsAre("1:21 E0303", "1:25 E0303", "1:29 E0301", "1:44 E0301"));
  EXPECT_THAT(groups(R"({"SecurityGroups": [{"GroupId": "s"}, {"GroupId": "s"}]})").only(),
              HasSubstr("1:39 E0305 the group \"s\" is given twice"));
}

// --- Much of it, and damaged ------------------------------------------------------------------

TEST(TaskDefinitions, ManyOfAnythingTakeNoTimeToSpeakOf) {
  std::string keys;
  std::string containers = R"({"name":"c"})";
  std::string all_groups = R"({"GroupId":"sg"})";
  for (int i = 0; i < 50'000; ++i) {
    keys += fmt::format("\"k{}\": 0, ", i);
    containers += fmt::format(",{{\"name\":\"c{}\"}}", i);
    all_groups += fmt::format(",{{\"GroupId\":\"sg-{}\"}}", i);
  }
  const std::clock_t start = std::clock();
  EXPECT_EQ(task_with(keys + "\"containerDefinitions\": [{\"name\":\"c\"}]")
                .artefacts.accepted_not_simulated.size(),
            50'000U);
  EXPECT_THAT(task_with("\"containerDefinitions\": [" + containers + "]").places(), IsEmpty());
  EXPECT_THAT(groups("{\"SecurityGroups\": [" + all_groups + "]}").places(), IsEmpty());
  EXPECT_LT(std::clock() - start, 10 * CLOCKS_PER_SEC);
}

TEST(TaskDefinitions, DamagedFilesAreReadOrRefusedWithAReason) {
  TextDamage damage(20260107);
  const std::string tasks = shipped_text("scenarios/talk/b-task-definition.json");
  const std::string security_groups = shipped_text("scenarios/talk/security-groups.json");
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    const bool is_task = round % 2 == 0;
    const std::string text = damage(is_task ? tasks : security_groups);
    const Imported result = is_task ? task(text) : groups(text);
    refused += result.diagnostics.has_errors() ? 1 : 0;
    for (const sim::Diagnostic& it : result.diagnostics.sorted()) {
      ASSERT_GE(it.mark.line, 1) << it.message << "\n" << text;
      ASSERT_GE(it.mark.column, 1) << it.message << "\n" << text;
    }
  }
  EXPECT_GT(refused, 1000);
  EXPECT_LT(refused, 4000);
}

}  // namespace
}  // namespace hoplab::scenarios
