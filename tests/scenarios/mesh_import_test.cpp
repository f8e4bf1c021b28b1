// Objects of App Mesh and of EC2 as the AWS tools print them, tied to the services behind them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "scenarios/schema/long_form.hpp"
#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

namespace fs = std::filesystem;
using std::chrono_literals::operator""s;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Artefacts : public testing::Test {
 protected:
  Artefacts() {
    folder_ = fs::temp_directory_path() /
              fmt::format("hoplab-{}", testing::UnitTest::GetInstance()->random_seed());
    folder_ += testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::create_directories(folder_ / "mesh");
  }
  ~Artefacts() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  [[nodiscard]] Loaded load(const std::string& more, const std::string& services) const {
    return load_text(
        fmt::format("hoplab: 1\nname: s\nduration: 5m\nservices:\n{}\n{}\n", services, more),
        (folder_ / "s.yaml").string());
  }
  /// The canary of App Mesh's guides: a router sends a tenth of the requests to the new version.
  void write_canary() const;

  fs::path folder_;
};

constexpr const char* metadata =
    R"("metadata":{"arn":"arn:aws:appmesh:us-east-1:111122223333:mesh/apps/x",
      "createdAt":1600000000.1,"lastUpdatedAt":1600000000.1,
      "meshOwner":"111122223333","resourceOwner":"111122223333",
      "uid":"00000000-0000-0000-0000-000000000000","version":1},"status":{"status":"ACTIVE"})";

std::string node_json(const std::string& name, const std::string& backend) {
  const std::string backends =
      backend.empty() ? "[]"
                      : R"([{"virtualService":{"virtualServiceName":")" + backend + R"("}}])";
  return fmt::format(
      R"({{"virtualNode":{{"meshName":"apps",{},"spec":{{"backends":{},"listeners":[{{
        "healthCheck":{{"protocol":"http","path":"/ping","healthyThreshold":2,
          "intervalMillis":5000,"timeoutMillis":2000,"unhealthyThreshold":2}},
        "portMapping":{{"port":8080,"protocol":"http"}}}}],
        "logging":{{"accessLog":{{"file":{{"path":"/dev/stdout"}}}}}},
        "serviceDiscovery":{{"awsCloudMap":{{"namespaceName":"apps.local","serviceName":"{}"}}}}}},
        "virtualNodeName":"{}"}}}})",
      metadata, backends, name, name);
}

void Artefacts::write_canary() const {
  write("mesh/1.json", node_json("a", "b.apps.local"));
  write("mesh/2.json", node_json("b-v1", ""));
  write("mesh/3.json", node_json("b-v2", ""));
  write("mesh/4.json", R"({"virtualService":{"meshName":"apps","spec":{"provider":{"virtualRouter":
      {"virtualRouterName":"b-router"}}},"virtualServiceName":"b.apps.local"}})");
  write("mesh/5.json", R"({"meshName":"apps","virtualRouterName":"b-router","spec":{"listeners":[
      {"portMapping":{"port":8080,"protocol":"http"}}]}})");
  write("mesh/6.json", R"({"meshName":"apps","virtualRouterName":"b-router","routeName":"b-route",
      "spec":{"priority":10,"httpRoute":{"match":{"prefix":"/"},"action":{"weightedTargets":[
        {"virtualNode":"b-v1","weight":90},{"virtualNode":"b-v2","weight":10}]},
        "timeout":{"perRequest":{"unit":"s","value":3}},
        "retryPolicy":{"maxRetries":4,"httpRetryEvents":["server-error","client-error"],
          "tcpRetryEvents":["connection-error"],"perRetryTimeout":{"unit":"ms","value":2000}}}}})");
}

constexpr const char* canary =
    "  a: {calls: [{to: b.apps.local}]}\n  b-v1: {family: b}\n  b-v2: {family: b, revision: 2}";

TEST_F(Artefacts, OfAppMeshRouteRequestsByWeight) {
  write_canary();
  const Loaded loaded = load("artefacts: {appmesh: [mesh/*.json]}", canary);
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const Scenario& scenario = *loaded.scenario;
  EXPECT_EQ(scenario.mesh_name, "apps");
  EXPECT_EQ(scenario.services[0].hostname, "a.apps.local");
  EXPECT_EQ(scenario.services[0].calls[0].to, "b");
  ASSERT_EQ(scenario.virtual_services.size(), 1U);
  const VirtualService& b = scenario.virtual_services[0];
  EXPECT_EQ(b.router, "b-router");
  const Route& route = b.routes.at(0);
  EXPECT_EQ(route.name, "b-route");
  EXPECT_EQ(route.targets.at(1).service, "b-v2");
  EXPECT_EQ(route.targets.at(1).weight, 10U);
  EXPECT_EQ(route.request_timeout, std::optional<Duration>(3s));
  EXPECT_EQ(route.retry.value().retries_max, 4U);
  EXPECT_THAT(route.retry->status_codes,
              ElementsAre(409, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511));
  ASSERT_TRUE(scenario.services[1].node.health_check);
  EXPECT_EQ(scenario.services[1].node.health_check->path, "/ping");
  EXPECT_EQ(scenario.services[1].node.health_check->timeout, 2s);
  EXPECT_THAT(scenario.artefacts.accepted_not_simulated, IsEmpty());
  EXPECT_EQ(scenario.artefacts.files.size(), 6U);
}

TEST_F(Artefacts, OfAppMeshAreWrittenOutInTheLongForm) {
  write_canary();
  const Loaded loaded = load("artefacts: {appmesh: [mesh/*.json]}", canary);
  ASSERT_TRUE(loaded.scenario);
  const std::string text = long_form(*loaded.scenario);
  const Loaded again = load_text(text, (folder_ / "s.yaml").string());
  ASSERT_TRUE(again.scenario) << testing::PrintToString(again.messages());
  EXPECT_EQ(long_form(*again.scenario), text);
  EXPECT_THAT(text, HasSubstr("httpRetryEvents: [server-error, client-error]"));
  EXPECT_THAT(text, HasSubstr("perRetryTimeout: {unit: ms, value: 2000}"));
  EXPECT_THAT(text, HasSubstr("priority: 10"));
}

TEST_F(Artefacts, OfAppMeshMustFitTogether) {
  write_canary();
  write("mesh/4.json", R"({"virtualServiceName":"b.apps.local","spec":{"provider":{"virtualNode":
      {"virtualNodeName":"c"}}}})");
  EXPECT_THAT(load("artefacts: {appmesh: [mesh/*.json]}", canary).only_message(),
              HasSubstr("no service is virtual node 'c'"));
  write("mesh/7.json", node_json("a", ""));
  EXPECT_THAT(load("artefacts: {appmesh: [mesh/*.json]}", canary).messages(),
              Contains(HasSubstr("virtual node \"a\" is given twice")));
}

TEST_F(Artefacts, MistakesInThemAreToldAtTheirPlace) {
  const auto message = [&](const std::string& text) {
    write("x.json", text);
    return load("artefacts: {appmesh: [x.json]}", "  a: {}").only_message();
  };
  EXPECT_THAT(message("{}"), HasSubstr("this is no object of App Mesh"));
  EXPECT_THAT(message(R"({"routeName":"r","virtualRouterName":"v","spec":{"httpRoute":{}}})"),
              HasSubstr("route \"r\" leads nowhere"));
  EXPECT_THAT(message(R"({"virtualNodeName":"n","spec":{"listeners":[{"portMapping":
                          {"port":0,"protocol":"http"}}]}})"),
              HasSubstr("outside 1..65535"));
  EXPECT_THAT(message(R"({"virtualNodeName":"n"})"), HasSubstr("a virtual node without \"spec\""));
  EXPECT_THAT(message(R"({"virtualNodeName":"n","spec":{"listeners":[{"portMapping":{"port":80,
                 "protocol":"http"}}]}})"),
              HasSubstr("this would be refused in AWS: a virtual node with a listener"));
}

TEST_F(Artefacts, WithoutAFileForAPatternAreUnreadable) {
  EXPECT_THROW((void)load("artefacts: {appmesh: [mesh/*.json]}", "  a: {}"), FileError);
}

// --- EC2 ---------------------------------------------------------------------------------------

constexpr const char* subnets =
    R"({"Subnets":[{"AvailabilityZone":"us-east-1b",
  "AvailableIpAddressCount":251,"CidrBlock":"10.0.2.0/24",
  "DefaultForAz":false,"MapPublicIpOnLaunch":false,"State":"available",
  "SubnetId":"subnet-0bb1c79de3EXAMPLE","VpcId":"vpc-0e9801d129EXAMPLE","OwnerId":"111122223333",
  "Tags":[{"Key":"Name","Value":"private-1b"}]}]})";
constexpr const char* acls = R"({"NetworkAcls":[{"Associations":[{"NetworkAclAssociationId":
  "aclassoc-06c7EXAMPLE","NetworkAclId":"acl-0ea1f54ca7EXAMPLE",
  "SubnetId":"subnet-0931fc2fa5EXAMPLE"}],
  "Entries":[{"CidrBlock":"0.0.0.0/0","Egress":true,"Protocol":"-1","RuleAction":"allow",
  "RuleNumber":100},
  {"CidrBlock":"0.0.0.0/0","Egress":true,"Protocol":"-1","RuleAction":"deny","RuleNumber":32767}],
  "IsDefault":true,"NetworkAclId":"acl-0ea1f54ca7EXAMPLE","Tags":[],"VpcId":"vpc-06e4ab6c6cEXAMPLE",
  "OwnerId":"111122223333"}]})";
constexpr const char* tables = R"({"RouteTables":[{"Associations":[{"Main":true,
  "RouteTableAssociationId":"rtbassoc-0df3f54e06EXAMPLE","RouteTableId":"rtb-09ba434c1bEXAMPLE"}],
  "PropagatingVgws":[],"RouteTableId":"rtb-09ba434c1bEXAMPLE","Routes":[{"DestinationCidrBlock":
  "10.0.0.0/16","GatewayId":"local","Origin":"CreateRouteTable","State":"active"},{
  "DestinationCidrBlock":"0.0.0.0/0","NatGatewayId":"nat-06c018cbd8EXAMPLE","Origin":"CreateRoute",
  "State":"blackhole"}],"Tags":[],"VpcId":"vpc-0065acced4EXAMPLE","OwnerId":"111122223333"}]})";

TEST_F(Artefacts, OfEc2AreKeptAndToldToHaveNoEffect) {
  write("subnets.json", subnets);
  write("acls.json", acls);
  write("tables.json", tables);
  const Loaded loaded = load(
      "artefacts: {ec2: [subnets.json, {file: acls.json}, tables.json]}\n"
      "hosts: {h: {subnet: subnet-0bb1c79de3EXAMPLE}}",
      "  a: {placement: h}");
  EXPECT_THAT(loaded.messages(), IsEmpty());
  ASSERT_TRUE(loaded.scenario);
  const Scenario& scenario = *loaded.scenario;
  ASSERT_EQ(scenario.subnets.size(), 1U);
  EXPECT_EQ(scenario.subnets[0].availability_zone, "us-east-1b");
  ASSERT_EQ(scenario.artefacts.network_acls.size(), 1U);
  EXPECT_EQ(scenario.artefacts.network_acls[0].id, "acl-0ea1f54ca7EXAMPLE");
  ASSERT_EQ(scenario.artefacts.route_tables.size(), 1U);
  EXPECT_THAT(scenario.artefacts.route_tables[0].json, HasSubstr("blackhole"));
  EXPECT_THAT(scenario.artefacts.accepted_not_simulated,
              Contains(HasSubstr("Subnets[].MapPublicIpOnLaunch")));
}

TEST_F(Artefacts, MistakesInEc2sDocumentsAreTold) {
  const auto message = [&](const std::string& text) {
    write("x.json", text);
    return load("artefacts: {ec2: [x.json]}", "  a: {}").only_message();
  };
  EXPECT_THAT(
      message(R"({"Subnets":[{"SubnetId":"s","CidrBlock":"10.0.0.0","AvailabilityZone":"z"}]})"),
      HasSubstr("no block of IPv4 addresses"));
  EXPECT_THAT(message(R"({"Subnets":[{"CidrBlock":"10.0.0.0/8","AvailabilityZone":"z"}]})"),
              HasSubstr("a subnet without \"SubnetId\""));
  EXPECT_THAT(message(R"({"NetworkAcls":[{"NetworkAclId":"n","Entries":[{"RuleNumber":1,
                          "Protocol":"-1","RuleAction":"refuse"}]}]})"),
              HasSubstr("RuleAction is \"refuse\""));
  EXPECT_THAT(message(R"({"RouteTables":[{"RouteTableId":"r"},{"RouteTableId":"r"}]})"),
              HasSubstr("\"r\" is given twice"));
  EXPECT_THAT(message(R"({"Vpcs":[]})"), HasSubstr("not what aws ec2 describe-... prints"));
}

}  // namespace
}  // namespace hoplab::scenarios
