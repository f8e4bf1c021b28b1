// Services that stand on real artefacts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A folder of its own with one task definition in it, "web.json".
class ArtefactsTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
    write("web.json", R"({
  "family": "web", "networkMode": "awsvpc", "cpu": "512", "memory": "1 GB",
  "containerDefinitions": [
    {"name": "proxy", "image": "envoy:1", "portMappings": [{"containerPort": 9901}]},
    {"name": "server", "image": "server:1", "portMappings": [{"containerPort": 9000}]},
    {"name": "cache", "image": "cache:1"}],
  "proxyConfiguration": {"type": "APPMESH", "containerName": "proxy", "properties": [
    {"name": "ProxyIngressPort", "value": "15000"}, {"name": "ProxyEgressPort", "value": "15001"},
    {"name": "AppPorts", "value": "9000"}]}
})");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const char* name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  [[nodiscard]] Loaded load(const std::string& service, const std::string& more = "") const {
    return load_text(fmt::format("hoplab: 1\nduration: 5m\n"
                                 "artefacts: {{taskDefinitions: [{{file: web.json}}]}}\n"
                                 "services: {{s: {}}}\n{}\n",
                                 service, more),
                     (folder_ / "s.yaml").string());
  }
  std::filesystem::path folder_;
};

TEST_F(ArtefactsTest, GiveAServiceItsPortAndSize) {
  const Loaded loaded = load("{taskDefinition: web}");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const Service& service = loaded.scenario->services.front();
  EXPECT_EQ(service.port, 9000);
  EXPECT_EQ(service.cpu, CpuUnits(512));
  EXPECT_EQ(service.memory, Bytes(1024 * 1024 * 1024));
  ASSERT_EQ(loaded.scenario->sources.size(), 2U);
  EXPECT_EQ(loaded.scenario->sources[1].first, "web.json");
}

TEST_F(ArtefactsTest, AreNotContradicted) {
  EXPECT_THAT(load("{taskDefinition: web, cpu: 256}").only_message(),
              HasSubstr("has both 'taskDefinition' and 'cpu'"));
  EXPECT_THAT(load("{taskDefinition: web, port: 80}").only_message(),
              HasSubstr("no container of task definition 'web:1' maps port 80"));
  EXPECT_THAT(load("{taskDefinition: wbe}").only_message(), HasSubstr("did you mean 'web'?"));
}

TEST_F(ArtefactsTest, NameTheContainers) {
  const auto message = [this](const char* expectation) {
    return load("{taskDefinition: web}", fmt::format("expectations: [{}]", expectation)).messages();
  };
  EXPECT_THAT(message("{accessLog: {container: s.proxy}}"), IsEmpty());
  EXPECT_THAT(message("{appLog: {container: s.server, count: 0}}"), IsEmpty());
  EXPECT_THAT(message("{accessLog: {container: s.envoy}}"),
              ElementsAre(HasSubstr("there is no container 's.envoy'")));
  EXPECT_THAT(message("{ecs: {service: s, container: app}}"),
              ElementsAre(HasSubstr("no container 'app'")));
}

TEST_F(ArtefactsTest, NameTheContainerThatAFaultMeans) {
  const auto message = [this](const char* parameters) {
    return load(
               "{taskDefinition: web}",
               fmt::format("faults: [{{at: 1m, action: 'hoplab:ecs:container-exit', target: s{}}}]",
                           parameters))
        .messages();
  };
  EXPECT_THAT(message(", parameters: {container: server}"), IsEmpty());
  EXPECT_THAT(message(""), ElementsAre(HasSubstr("no container 'app'")));
}

TEST_F(ArtefactsTest, NeedAProxyInAMesh) {
  write("web.json", R"({"family": "web", "containerDefinitions": [{"name": "s", "image": "i"}]})");
  EXPECT_THAT(load("{taskDefinition: web}").only_message(), HasSubstr("no proxyConfiguration"));
  EXPECT_THAT(load("{taskDefinition: web}", "mesh: none").messages(), IsEmpty());
}

TEST_F(ArtefactsTest, AreListedOnceEach) {
  const std::string text =
      "hoplab: 1\nduration: 5m\nservices: {s: {}}\n"
      "artefacts: {taskDefinitions: [{file: web.json}, {file: web.json}]}\n";
  EXPECT_THAT(load_text(text, (folder_ / "s.yaml").string()).places(), ElementsAre("4:56 E0411"));
}

TEST_F(ArtefactsTest, ThatAreMissingAreToldAfterEverythingElse) {
  const std::string text =
      "hoplab: 1\nduration: 5\nservices: {s: {taskDefinition: gone}}\n"
      "artefacts: {taskDefinitions: [{file: gone.json}]}\n";
  Loaded loaded;
  try {
    (void)parse_scenario(text, (folder_ / "s.yaml").string(), {}, loaded.diagnostics);
    FAIL() << "the file is missing";
  } catch (const FileError& error) {
    EXPECT_THAT(error.what(), HasSubstr("gone.json: No such file or directory"));
  }
  // Nothing is said of the family: it may well be in that file.
  EXPECT_THAT(loaded.places(), ElementsAre("2:11 E0204"));
}

}  // namespace
}  // namespace hoplab::scenarios
