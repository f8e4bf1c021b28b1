// The keys of the long form: what is said in AWS's words.
#include "scenarios/schema/language.hpp"

namespace hoplab::scenarios {

namespace {

constexpr Key rows[] = {
    {"infrastructure", of(Kind::mapping), "none",
     "The VPC in the words of EC2's API. What it leaves out is made up, as in the "
     "short form.",
     R"({"vpc":{"cidrBlock":"10.0.0.0/16"}})"},
    {"infrastructure.vpc", of(Kind::mapping), "see below", "The VPC.",
     R"({"cidrBlock":"10.0.0.0/16"})"},
    {"infrastructure.vpc.vpcId", of(Kind::text), "made up from the cluster's name", "Its id.",
     R"("vpc-0a1b2c3d4e5f60718")"},
    {"infrastructure.vpc.cidrBlock", of(Kind::text), "10.0.0.0/16",
     "Its addresses. Tasks on machines that name no subnet get theirs from all of it.",
     R"("10.0.0.0/16")"},
    {"infrastructure.subnets", of(Kind::map), "one that is not named",
     "Subnets of the VPC. Tasks get addresses of their machine's subnet. Network ACLs and route "
     "tables stand between subnets, not within one.",
     R"({"private-1a":{"cidrBlock":"10.0.1.0/24"}})"},
    {"infrastructure.subnets.<name>.cidrBlock", of(Kind::text), "none, required", "Its addresses.",
     R"("10.0.1.0/24")"},
    {"infrastructure.subnets.<name>.availabilityZone", of(Kind::text),
     "the first zone of the region", "Its zone.", R"("us-east-1a")"},
    {"infrastructure.securityGroups", of(Kind::aws_objects), "none",
     "`groupName`, `description`, `vpcId`, `ipPermissions` and "
     "`ipPermissionsEgress` (default: open, as AWS makes it), with EC2's "
     "`ipProtocol`, `fromPort`, `toPort`, `ipRanges` and `userIdGroupPairs`.",

     R"({"sg-b":{"ipPermissions":[{"ipProtocol":"tcp","fromPort":8080,"toPort":8080,)"
     R"("ipRanges":[{"cidrIp":"0.0.0.0/0"}]}]}})"},
    {"infrastructure.networkAcls", of(Kind::aws_objects), "one that is open",
     "Stateless, in front of subnets: `entries` with EC2's `ruleNumber`, `ruleAction`, `egress`, "
     "`protocol`, `cidrBlock` and `portRange`, the lowest number first; `associations` with "
     "`subnetId`; `isDefault`. What no entry fits is denied. An answer goes to an ephemeral port, "
     "32768 to 60999.",

     R"({"acl-b":{"entries":[{"ruleNumber":100,"protocol":"-1","ruleAction":"allow","egress":true,)"
     R"("cidrBlock":"0.0.0.0/0"}],"associations":[{"subnetId":"private-1a"}]}})"},
    {"infrastructure.routeTables", of(Kind::aws_objects), "one that leads everywhere in the VPC",
     "`routes` with EC2's `destinationCidrBlock` and `state` (`active`, `blackhole`); "
     "`associations` with `subnetId` or `main`. The longest route that fits counts; the VPC's own "
     "is always there.",

     R"({"rtb-a":{"routes":[{"destinationCidrBlock":"10.0.2.0/24","state":"blackhole"}],)"
     R"("associations":[{"subnetId":"private-1a"}]}})"},
    {"infrastructure.containerInstances", of(Kind::map), "none", "The same as `hosts`.",
     R"({"ec2-1":{"instanceType":"t3.medium","subnet":"private-1a"}})"},
    {"infrastructure.containerInstances.<name>.instanceType", of(Kind::instance_type), "`m5.large`",
     "Its vCPUs and memory.", R"("t3.medium")"},
    {"infrastructure.containerInstances.<name>.subnet", of(Kind::text), "one that is not named",
     "Where it stands.", R"("private-1a")"},
    {"infrastructure.containerInstances.<name>.creditSpecification", of(Kind::mapping),
     "unlimited, standard for t2", "Of a burstable type.", R"({"cpuCredits":"standard"})"},
    {"infrastructure.containerInstances.<name>.creditSpecification.cpuCredits",
     words("standard|unlimited"), "none, required",
     "As `hosts.<name>.creditSpecification.cpuCredits`.", ""},
    {"infrastructure.containerInstances.<name>.simulate", of(Kind::mapping), "none",
     "What EC2 has no word for.", R"({"clockOffset":"-3ms"})"},
    {"infrastructure.containerInstances.<name>.simulate.clockOffset", of(Kind::signed_duration),
     "drawn, see `network.clockOffsetSd`", "How much its clock is ahead.", R"("-3ms")"},
    {"infrastructure.containerInstances.<name>.simulate.cpuCreditBalance", number(0, 4608),
     "all it can save up", "As `hosts.<name>.cpuCreditBalance`.", R"(30)"},
    {"infrastructure.containerInstances.<name>.simulate.reservedMemory", of(Kind::size),
     "4 % of its memory", "As `hosts.<name>.reservedMemory`.", R"("256MiB")"},
    {"infrastructure.containerInstances.<name>.simulate.trackedConnections",
     integer(1, 100'000'000), "68,406 for each vCPU (assumed: AWS publishes none)",
     "How many connections its interfaces can track.", ""},
    {"infrastructure.containerInstances.<name>.simulate.networkCredits", of(Kind::share),
     "never counted: bursts last", "As `hosts.<name>.networkCredits`.", R"("10%")"},
    {"infrastructure.links", of(Kind::list), "none",
     "As `network.links`; and `{loopback: \"*\", latency: 0.2ms}` for the way "
     "between two containers of one task.",
     R"([{"between":["ec2-1","ec2-2"],"latency":"2ms"}])"},
    {"infrastructure.links[].between", of(Kind::two_names), "none, or `loopback`",
     "Both directions between the two.", R"(["ec2-1","ec2-2"])"},
    {"infrastructure.links[].loopback", words("*"), "none, or `between`",
     "Between two containers of one task, in every task.", R"("*")"},
    {"infrastructure.links[].latency", of(Kind::duration), "`network.latency`", "One way.", ""},
    {"infrastructure.links[].jitter", of(Kind::duration), "0s",
     "Each message takes up to so much more or less.", ""},
    {"infrastructure.links[].bandwidth", of(Kind::bandwidth), "`network.bandwidth`",
     "Of this path.", ""},
    {"taskDefinitions", of(Kind::aws_objects), "none",
     "ECS task definitions with the keys of `register-task-definition`, and one "
     "more in a container: `simulate`. Without that key it is what AWS takes. A "
     "key `b:2` makes it revision 2 of family b. Keys that ECS knows and nothing "
     "simulates are listed by `hoplab validate --verbose`.",
     R"({"a":{"family":"a","containerDefinitions":[{"name":"app","image":"a:1"}]}})"},
    {"services.<name>.virtualNode", of(Kind::text),
     "what its Envoy's APPMESH_RESOURCE_ARN says, else the service's name",
     "Its virtual node; one of `mesh.virtualNodes` where those are given.", R"("b-vn")"},
    {"services.<name>.simulate", of(Kind::aws_objects), "none",
     "The overlay for a task definition that cannot be touched. The container "
     "that answers takes `serviceTime`, `appMemory`, `memoryPressure`, `workers`, `acceptQueue`, "
     "`acceptQueueOverflow`, `holdsWorkerDuringCalls`, `callOrder`, `calls`, "
     "`responseSize`, `startup` and `onSigterm`, as a service does; the Envoy takes `workers` and "
     "`serviceTime`; both take `kind` (`app`, `envoy`). The same keys stand under "
     "`simulate` of a container in `taskDefinitions`. One fact, one place.",
     R"({"app":{"serviceTime":"7ms"}})"},
    {"mesh.virtualNodes", of(Kind::aws_objects), "one for each service",
     "App Mesh's virtual nodes: `listeners` with `timeout`, `outlierDetection`, `connectionPool` "
     "and `healthCheck`, `serviceDiscovery`, `backends`, `logging`. An Envoy knows the backends of "
     "its node and no other name.",

     R"({"b-vn":{"spec":{"listeners":[{"portMapping":{"port":8080,"protocol":"http"}}],)"
     R"("serviceDiscovery":{"dns":{"hostname":"b.local"}}}}})"},
    {"mesh.virtualServices", of(Kind::aws_objects), "one for each service",
     "App Mesh's virtual services: a `provider`, which is a virtual node or a "
     "virtual router. Then there are no others.",
     R"({"b.local":{"spec":{"provider":{"virtualNode":{"virtualNodeName":"b-vn"}}}}})"},
    {"mesh.virtualRouters", of(Kind::aws_objects), "none",
     "App Mesh's virtual routers, and their routes by name: `priority`, and `httpRoute` with "
     "`match` (`prefix`, `path`, `method`, `headers`, `queryParameters`), `weightedTargets`, "
     "`timeout` and `retryPolicy`.",

     R"({"b":{"spec":{"listeners":[{"portMapping":{"port":8080,"protocol":"http"}}]},)"
     R"("routes":{"all":{"spec":{"httpRoute":{"match":{"prefix":"/"},)"
     R"("action":{"weightedTargets":[{"virtualNode":"b-vn","weight":1}]}}}}}}})"},
    {"artefacts.appmesh", of(Kind::files), "none",
     "Objects of App Mesh, one a file: what `aws appmesh describe-virtual-node`, "
     "`-virtual-service`, `-virtual-router`, `-route` and `-mesh` print, or the "
     "input of their `create-*`.",
     R"(["mesh/*.json"])"},
    {"artefacts.appmesh[].file", of(Kind::text), "none, required", "The file.",
     R"("virtual-node.json")"},
    {"artefacts.cloudformation", of(Kind::files), "none", "Not simulated yet (W0701).", R"([])"},
    {"experiment", of(Kind::mapping), "none",
     "Faults in the shape of an AWS FIS experiment template; each action becomes "
     "an entry of `faults`.",
     R"({"actions":{"stop":{"actionId":"hoplab:ecs:hang","at":"1m","target":"b"}}})"},
    {"experiment.description", of(Kind::text), "none", "For people.", R"("text")"},
    {"experiment.roleArn", of(Kind::text), "none", "Kept, without effect.", R"("text")"},
    {"experiment.experimentOptions", of(Kind::aws_object), "none", "Kept, without effect.",
     R"({})"},
    {"experiment.experimentReportConfiguration", of(Kind::aws_object), "none",
     "Kept, without effect.", R"({})"},
    {"experiment.logConfiguration", of(Kind::aws_object), "none", "Kept, without effect.", R"({})"},
    {"experiment.tags", of(Kind::aws_object), "none", "Kept, without effect.", R"({})"},
    {"experiment.targets", of(Kind::map), "none", "What actions name.",
     R"({"b-tasks":{"resourceType":"aws:ecs:task","parameters":{"service":"b"}}})"},
    {"experiment.targets.<name>.resourceType",
     words("aws:ecs:task|aws:ecs:cluster|aws:ec2:instance|aws:ec2:subnet"), "none, required",
     "What is picked: running tasks, the cluster, instances, subnets.", ""},
    {"experiment.targets.<name>.parameters", of(Kind::mapping), "none",
     "Narrows the type: `cluster` and `service` of tasks, `availabilityZoneIdentifier` of "
     "instances and subnets, `vpc` of subnets.",
     R"({"service":"b"})"},
    {"experiment.targets.<name>.parameters.cluster", of(Kind::text), "the one cluster",
     "Name or ARN of the cluster.", R"("hoplab")"},
    {"experiment.targets.<name>.parameters.service", of(Kind::text), "every service",
     "The service.", R"("b")"},
    {"experiment.targets.<name>.parameters.availabilityZoneIdentifier", of(Kind::text),
     "every zone", "The zone.", R"("us-east-1a")"},
    {"experiment.targets.<name>.parameters.vpc", of(Kind::text), "the one VPC", "Id of the VPC.",
     R"("vpc-1")"},
    {"experiment.targets.<name>.selectionMode", of(Kind::text), "`ALL`",
     "How many of them, picked by chance when the action begins: each resource has a number "
     "drawn for the target, and the lowest are taken, so two actions on one target hit the "
     "same ones. A percentage is rounded down, but never to none.",
     R"("ALL")"},
    {"experiment.targets.<name>.resourceArns", of(Kind::names), "any", "Just these.",
     R"(["arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0"])"},
    {"experiment.targets.<name>.filters", of(Kind::list), "none",
     "All must hold. Tasks: `AvailabilityZone`, `Group`, `LastStatus`, `LaunchType`, "
     "`TaskDefinitionArn`; instances: `InstanceId`, `InstanceType`, "
     "`Placement.AvailabilityZone`, `State.Name`, `SubnetId`, `VpcId`; subnets: "
     "`AvailabilityZone`, `SubnetId`, `VpcId`.",
     R"([{"path":"State.Name","values":["running"]}])"},
    {"experiment.targets.<name>.filters[].path", of(Kind::text), "none, required", "The attribute.",
     R"("State.Name")"},
    {"experiment.targets.<name>.filters[].values", of(Kind::names), "none, required",
     "It is one of these.", R"(["running"])"},
    {"experiment.targets.<name>.resourceTags", of(Kind::aws_object), "none",
     "All must be there. Tasks have `aws:ecs:clusterName` and `aws:ecs:serviceName`, instances "
     "and subnets `Name`.",
     R"({"Name":"host-b-1"})"},
    {"experiment.actions", of(Kind::map), "none", "What goes wrong.",
     R"({"stop":{"actionId":"hoplab:ecs:hang","at":"1m","target":"b"}})"},
    {"experiment.actions.<name>.actionId", of(Kind::text), "none, required",
     "As `faults[].action`; and `aws:fis:wait`, which lasts and does nothing. "
     "Actions of FIS that are not simulated yet are told (W0701).",
     R"("hoplab:ecs:hang")"},
    {"experiment.actions.<name>.description", of(Kind::text), "none", "For people.", R"("text")"},
    {"experiment.actions.<name>.at", of(Kind::duration), "0s",
     "When it begins. Excludes `startAfter`.", ""},
    {"experiment.actions.<name>.for", of(Kind::duration),
     "FIS's `parameters.duration`, else to the end",
     "When it is healed, counted from its beginning.", ""},
    {"experiment.actions.<name>.startAfter", of(Kind::names), "none",
     "It begins when all of these have ended.", R"(["first"])"},
    {"experiment.actions.<name>.targets", of(Kind::aws_object), "none, or `target`",
     "One of `experiment.targets`.", R"({"Tasks":"b-tasks"})"},
    {"experiment.actions.<name>.target", of(Kind::text), "none, or `targets`",
     "As `faults[].target`. A `groupId` among the parameters stands for the service whose only "
     "group it is.",
     R"("b")"},
    {"experiment.actions.<name>.count", integer(1, 10000), "all", "As `faults[].count`.", ""},
    {"experiment.actions.<name>.parameters", of(Kind::aws_object), "the action's defaults",
     "As `faults[].parameters`; values may be text, as FIS writes them, and `duration` stands for "
     "`for`. `aws:ssm:send-command` takes `documentArn` and `documentParameters`.",
     R"({})"},
    {"experiment.stopConditions", of(Kind::list), "none",
     "Alarms that stop the experiment: when one goes to ALARM, what acts ends in that instant, "
     "what "
     "has not begun does not begin, and what happened at once (a stopped task) stays so. One that "
     "is "
     "in ALARM when the first action is due stops it before. It starts with its first action. "
     "`faults` are not stopped: they are what happens, not what somebody tries.",
     R"([{"source":"none"}])"},
    {"experiment.stopConditions[].source", words("none|aws:cloudwatch:alarm"), "none, required",
     "What would stop the experiment.", ""},
    {"experiment.stopConditions[].value", of(Kind::text), "none, required of an alarm",
     "ARN, or name, of one of `telemetry.cloudwatch.alarms`.",
     R"("arn:aws:cloudwatch:us-east-1:111122223333:alarm:b-5xx")"},
    {"hosts.<name>.subnet", of(Kind::text), "one that is not named",
     "One of `infrastructure.subnets`.", R"("private-1a")"},
};

}  // namespace

std::span<const Key> long_form_keys() { return rows; }

}  // namespace hoplab::scenarios
