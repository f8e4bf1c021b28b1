// The keys of the scenario itself, its telemetry, network, artefacts and hosts.
#include "scenarios/schema/language.hpp"

namespace hoplab::scenarios {

namespace {

constexpr Key rows[] = {
    {"hoplab", integer(1, 1), "none, required", "Version of this language.", R"(1)"},
    {"name", of(Kind::text), "the file's name without its extension",
     "Names the run, its recording and its mesh.", R"("vanished-request")"},
    {"description", of(Kind::text), "empty", "One line for people.", R"("b loses port 8080")"},
    {"seed", integer(0, any_integer), "1",
     "Seeds every random draw. Same scenario and seed: same bytes. `hoplab run "
     "--seed` overrides it.",
     R"(42)"},
    {"duration", of(Kind::duration), "none, required", "How long the load runs, in simulated time.",
     R"("5m")"},
    {"startTime", of(Kind::instant), "`2026-01-05T12:00:00Z`",
     "What the clocks say at instant zero.", R"("2026-01-05T12:00:00Z")"},
    {"envoyProfile", words("v1.15|v1.22|v1.29"), "`v1.29`",
     "The Envoy version whose flags, details and rules apply.", ""},
    {"mesh", words("none"), "a mesh named as the scenario",
     "`none`: no Envoys; apps call each other directly.", R"({"meshName":"demo"})"},
    {"mesh.kind", words("appMesh|serviceConnect"), "`appMesh`",
     "Who configures the Envoys: AWS App Mesh, or its successor, ECS Service Connect. Each takes "
     "keys of its own.",
     ""},
    {"mesh.meshName", of(Kind::text), "the scenario's name",
     "The name of the App Mesh mesh, as it shows in logs and ARNs.", R"("demo")"},
    {"mesh.egressFilter", words("ALLOW_ALL|DROP_ALL"), "`DROP_ALL`, as in App Mesh",
     "What an Envoy does with a call of what is no backend: let it pass to whomever the name "
     "stands "
     "for, past routes and retries, or refuse it.",
     ""},
    {"mesh.accessLog", of(Kind::mapping), "`/dev/stdout` in Envoy's default format",
     "The access log of every Envoy: `logging.accessLog.file` of each virtual node that says "
     "nothing itself.",
     R"({"format":"%START_TIME% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%\n"})"},
    {"mesh.accessLog.path", of(Kind::text), "`/dev/stdout`",
     "Where it goes. What is neither /dev/stdout nor /dev/stderr is a file in the container: no "
     "log driver sees it (W0425).",
     R"("/dev/stdout")"},
    {"mesh.accessLog.format", of(Kind::text), "Envoy's default format",
     "Text with Envoy's command operators, ended by a line break; or `text` or `json`, as App "
     "Mesh has it. An operator that the Envoy of `envoyProfile` does not know is an error.",
     R"("[%START_TIME%] %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%\n")"},
    {"mesh.accessLog.format.text", of(Kind::text), "none", "The same text. Excludes `json`.",
     R"("[%START_TIME%] %RESPONSE_CODE%\n")"},
    {"mesh.accessLog.format.json", of(Kind::list), "none",
     "Members of a JSON object, in this order, one object a line.",
     R"([{"key":"code","value":"%RESPONSE_CODE%"}])"},
    {"mesh.accessLog.format.json[].key", of(Kind::text), "none, required", "The member's name.",
     R"("code")"},
    {"mesh.accessLog.format.json[].value", of(Kind::text), "none, required",
     "Its value: text with command operators.", R"("%RESPONSE_CODE%")"},
    {"mesh.simulate", of(Kind::mapping), "see below",
     "What App Mesh lets nobody say of its Envoys.", R"({"retryProfile":"2020-07"})"},
    {"mesh.simulate.retryProfile", words("none|2020-07|2021-reset"),
     "`2021-reset`; with envoyProfile v1.15 `2020-07`",
     "The policy of routes that have none: that of meshes made before 2020-07-29 (no retries), "
     "after it, or the later one that retries broken connections too.",
     ""},
    {"mesh.simulate.endpointRemoval", words("immediate|sticky"), "`immediate`",
     "What becomes of a host that the control plane drops: it leaves, or, as before 2021, it stays "
     "while active health checks find it well.",
     ""},
    {"mesh.simulate.loadBalancing", words("roundRobin|leastRequest"), "`roundRobin`",
     "How Envoys choose among hosts.", ""},
    {"mesh.simulate.panicThreshold", integer(0, 100), "50",
     "Per cent of healthy hosts below which all of them are used.", ""},
    {"mesh.simulate.egressConnectTimeout", of(Kind::duration), "1s", "To another task.", ""},
    {"mesh.simulate.ingressConnectTimeout", of(Kind::duration), "250ms", "To the task's own app.",
     ""},
    {"mesh.simulate.connectionIdleTimeout", of(Kind::duration), "1h",
     "How long a connection may rest, at both of its ends; 0s: for ever.", ""},
    {"mesh.simulate.maxRequestsPerConnection", integer(0, 1'000'000'000), "0: no limit",
     "After so many requests an Envoy closes its connection to the upstream host; 1 is a new "
     "connection for each request.",
     R"(1)"},
    {"mesh.simulate.jsonLogValues", words("text|typed"), "`text`",
     "Values in the JSON of access logs: text throughout, with \"-\" for what is not there, or "
     "numbers and null where Envoy's typed JSON has them.",
     ""},
    {"region", of(Kind::text), "`us-east-1`", "Shows in ARNs.", R"("eu-west-1")"},
    {"account", of(Kind::account), "`111122223333`",
     "Shows in ARNs. Quote it when it begins with 0.", R"("111122223333")"},
    {"cluster", of(Kind::text), "`hoplab`", "The ECS cluster.", R"("production")"},
    {"telemetry", words("none"), "what the real system has by default",
     "`none`: nothing but the results of requests, for benchmarks. No log, ECS or "
     "hop expectation can hold then.",
     R"({"xray":{"samplingRule":{"FixedRate":1,"ReservoirSize":1}}})"},
    {"telemetry.sources", of(Kind::names), "`[default]`",
     "What is made; the rest is not even formatted. Names, `default`, `all`, `none`, and `-name` "
     "to take one out (of the default, where it is the first word). `hoplab run --telemetry` "
     "overrides all of it; its `--help` lists the names.",
     R"(["default","-statsd"])"},
    {"telemetry.otlp", of(Kind::boolean), "`false`",
     "Adds `otlp` to the sources, or takes it out: traces, metrics and logs as OpenTelemetry "
     "exports them.",
     ""},
    {"telemetry.propagators", of(Kind::names), "`[xray]`; with `otlp` `[xray, tracecontext]`",
     "Headers that carry a trace, as in OTEL_PROPAGATORS: X-Amzn-Trace-Id, W3C's traceparent.",
     R"(["xray","tracecontext"])"},
    {"telemetry.flowLogs", of(Kind::boolean), "`true`",
     "VPC Flow Logs of the interfaces of all tasks; `true` adds `flowLogs` to the sources, `false` "
     "takes it out.",
     R"({"maxAggregationInterval":"10m"})"},
    {"telemetry.flowLogs.maxAggregationInterval", words("1m|10m"), "`1m`",
     "How long one record may gather. AWS has 10 minutes unless told otherwise, but never more "
     "than one for interfaces of Nitro instances, which all types but T2 and M3 are here; so it "
     "makes a difference for those two.",
     ""},
    {"telemetry.xray", of(Kind::mapping), "the first request of each second, and 5 % of the others",
     "Which requests the first Envoy or app that sees them chooses for tracing. "
     "Either `samplingRule`, or the content of an X-Ray SDK's local sampling file "
     "(`version`, `default`, `rules`).",
     R"({"samplingRule":{"FixedRate":1,"ReservoirSize":1}})"},
    {"telemetry.xray.samplingRule", of(Kind::mapping), "see `xray`",
     "The words of X-Ray's CreateSamplingRule. Excludes `default`.",
     R"({"FixedRate":0.1,"ReservoirSize":1})"},
    {"telemetry.xray.samplingRule.FixedRate", of(Kind::share), "0.05",
     "Of the requests beyond the reservoir.", ""},
    {"telemetry.xray.samplingRule.ReservoirSize", integer(0, 1'000'000), "1", "Traced in any case.",
     ""},
    {"telemetry.xray.version", integer(2, 2), "2", "Of the sampling file.", R"(2)"},
    {"telemetry.xray.default", of(Kind::mapping), "`{fixed_target: 1, rate: 0.05}`",
     "For requests that no rule is about.", R"({"fixed_target":1,"rate":0.05})"},
    {"telemetry.xray.default.fixed_target", integer(0, 1'000'000), "none, required",
     "Traced in any case.", ""},
    {"telemetry.xray.default.rate", of(Kind::share), "none, required", "Of the others.", ""},
    {"telemetry.xray.rules", of(Kind::list), "none", "The first rule that fits a request decides.",
     R"([{"url_path":"/user","fixed_target":1,"rate":1}])"},
    {"telemetry.xray.rules[].description", of(Kind::text), "empty", "For people.",
     R"("every call of /user")"},
    {"telemetry.xray.rules[].host", of(Kind::text), "`*`",
     "The `Host` of the request, as `b.local`.", R"("b.local")"},
    {"telemetry.xray.rules[].http_method", of(Kind::text), "`*`", "The method.", R"("GET")"},
    {"telemetry.xray.rules[].url_path", of(Kind::text), "`*`", "The path.", R"("/user/*")"},
    {"telemetry.xray.rules[].fixed_target", integer(0, 1'000'000), "none, required",
     "Traced in any case.", ""},
    {"telemetry.xray.rules[].rate", of(Kind::share), "none, required", "Of the others.", ""},
    {"telemetry.envoy", of(Kind::mapping), "see its keys", "The statistics of the Envoys.",
     R"({"snapshotStats":["1m"]})"},
    {"telemetry.envoy.snapshotStats", of(Kind::durations), "none",
     "Instants at which `/stats` and `/stats/prometheus` of each Envoy are kept, besides its end; "
     "none after `duration`.",
     R"(["1m","2m30s"])"},
    {"telemetry.envoy.metricsExtension", of(Kind::boolean), "`false`",
     "App Mesh's metrics extension in every Envoy, as `APPMESH_METRIC_EXTENSION_VERSION=1` in a "
     "container's environment sets it for one.",
     R"(true)"},
    {"telemetry.envoy.timings", of(Kind::boolean), "`true`",
     "Whether each value of a histogram is a datagram (some three for each request that passes an "
     "Envoy), as Envoy sends them. Off: the pages have the histograms, and nobody else.",
     R"(false)"},
    {"telemetry.cloudwatch", of(Kind::mapping), "metrics every minute, Container Insights",
     "What CloudWatch gets.", R"({"containerInsights":true})"},
    {"telemetry.cloudwatch.period", of(Kind::duration), "60s",
     "Of the metrics that ECS publishes. Any other is not simulated yet (W0701).", ""},
    {"telemetry.cloudwatch.containerInsights", of(Kind::boolean), "`true`",
     "The cluster's setting; `false` is not simulated yet (W0701).", ""},
    {"telemetry.cloudwatch.agent", of(Kind::boolean), "on in each task that has one",
     "The CloudWatch agent beside an Envoy: what it makes of the Envoy's datagrams.",
     R"({"namespace":"demo"})"},
    {"telemetry.cloudwatch.agent.statsd", of(Kind::boolean), "`true`",
     "Whether agents listen to statsd. Where a task definition names no `cloudwatch-agent` image, "
     "nobody does anyway.",
     R"(false)"},
    {"telemetry.cloudwatch.agent.namespace", of(Kind::text), "`CWAgent`",
     "Of their metrics, where the container's `CW_CONFIG_CONTENT` does not say.", R"("demo")"},
    {"telemetry.cloudwatch.alarms", of(Kind::open_list), "none",
     "Evaluated each minute of the run, and at its end for `alarm:` of expectations.",
     R"([{"AlarmName":"b-5xx","EvaluationPeriods":1,"ComparisonOperator":"LessThanThreshold"}])"},
    {"telemetry.cloudwatch.alarms[].AlarmName", of(Kind::text), "none, required",
     "What `alarm:` of an expectation names.", R"("b-5xx")"},
    {"telemetry.cloudwatch.alarms[].EvaluationPeriods", integer(1, any_integer), "none",
     "As PutMetricAlarm takes it, and required; so are the other keys of an alarm.", R"(1)"},
    {"telemetry.cloudwatch.alarms[].ComparisonOperator", of(Kind::text), "none",
     "As PutMetricAlarm takes it, and required.", R"("GreaterThanThreshold")"},
    {"telemetry.cloudwatch.alarms[].AlarmRule", of(Kind::text), "none",
     "Of a composite alarm, as PutCompositeAlarm takes it, in place of all of these.",
     R"j("ALARM(a) AND ALARM(b)")j"},
    {"network", of(Kind::mapping), "none", "The links between hosts, and their clocks.",
     R"({"latency":"2ms"})"},
    {"network.latency", of(Kind::duration), "0s",
     "One way between two hosts. Never applies on one host.", ""},
    {"network.interZoneLatency", of(Kind::duration), "`network.latency`",
     "One way between two hosts of different availability zones; 0.15 to 1 ms in AWS.",
     R"("0.5ms")"},
    {"network.loopback", of(Kind::duration), "50us", "One way between two containers of one task.",
     ""},
    {"network.clientLatency", of(Kind::duration), "0s",
     "One way between the load clients and the hosts.", ""},
    {"network.bandwidth", of(Kind::bandwidth), "10Gbps",
     "Of each host's link. Messages of a request also wait for it.", ""},
    {"network.clockOffsetSd", of(Kind::duration), "100us",
     "How far the clocks of the hosts are apart: standard deviation of a normal "
     "draw per host.",
     ""},
    {"network.synSchedule", words("classic|linear"), "`classic`",
     "When a SYN without an answer is sent again: 1, 3, 7, 15, 31, 63 s after the first; `linear` "
     "(kernels from 6.5 on, tcp_syn_linear_timeouts 4): 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s.",
     ""},
    {"network.connectionTracking", of(Kind::mapping), "see below",
     "How security groups track connections, on every interface.",
     R"({"tcpEstablishedTimeout":"350s"})"},
    {"network.connectionTracking.tcpEstablishedTimeout", of(Kind::duration), "432000s",
     "A tracked connection that is idle for longer is forgotten, and its packets are dropped; 60s "
     "to "
     "432000s. On instances of Nitro v6 AWS's default is 350s.",
     R"("350s")"},
    {"network.links", of(Kind::list), "none", "Paths that differ from the others.",
     R"([{"between":["a","b"],"latency":"20ms"}])"},
    {"network.links[].between", of(Kind::two_names), "none, required",
     "Both directions between the two. A service stands for the hosts of its "
     "tasks.",
     R"(["a","b"])"},
    {"network.links[].latency", of(Kind::duration), "`network.latency`", "One way.", ""},
    {"network.links[].jitter", of(Kind::duration), "0s",
     "Each message takes up to so much more or less, evenly spread; none "
     "overtakes another.",
     ""},
    {"network.links[].bandwidth", of(Kind::bandwidth), "`network.bandwidth`", "Of this path.", ""},
    {"artefacts", of(Kind::mapping), "none",
     "Files of the real world, unchanged, with paths relative to the scenario "
     "file. What they say and the models do not know is kept and listed by "
     "`hoplab validate --verbose`. At most 16 MiB each.",
     R"({"taskDefinitions":[{"file":"task-definition.json"}]})"},
    {"artefacts.taskDefinitions", of(Kind::files), "none",
     "ECS task definitions: what `aws ecs describe-task-definition` prints, or "
     "the input of `register-task-definition`. One file per family and revision.",
     R"([{"file":"task-definition.json"}])"},
    {"artefacts.ec2", of(Kind::files), "none",
     "What `aws ec2 describe-security-groups`, `describe-subnets`, "
     "`describe-network-acls` and `describe-route-tables` print.",
     R"([{"file":"security-groups.json"}])"},
    {"artefacts.taskDefinitions[].file", of(Kind::text), "none, required", "The file.",
     R"("task-definition.json")"},
    {"artefacts.ec2[].file", of(Kind::text), "none, required", "The file.",
     R"("security-groups.json")"},
    {"hosts", of(Kind::map), "none",
     "EC2 instances with a name of their own: `hosts: {crowded: {instanceType: "
     "m5.large}}`. A task that is not placed gets a machine to itself, called "
     "`host-SERVICE-N` with N from 1; faults may name it, and `hosts` may "
     "describe it.",
     R"({"crowded":{"instanceType":"m5.large"}})"},
    {"hosts.<name>.instanceType", of(Kind::instance_type), "`m5.large`", "Its vCPUs and memory.",
     R"("m5.large")"},
    {"hosts.<name>.creditSpecification", of(Kind::mapping), "unlimited, standard for t2",
     "Of a burstable type, in the words of EC2.", R"({"cpuCredits":"standard"})"},
    {"hosts.<name>.creditSpecification.cpuCredits", words("standard|unlimited"), "none, required",
     "`standard`: without credits it falls to its baseline. `unlimited`: it goes on, and AWS bills "
     "it.",
     ""},
    {"hosts.<name>.cpuCreditBalance", number(0, 4608), "all it can save up",
     "What a burstable machine has at the start, in credits: each is a minute of one vCPU.",
     R"(30)"},
    {"hosts.<name>.reservedMemory", of(Kind::size), "4 % of its memory",
     "What processes cannot have: the kernel's and the ECS agent's (`ECS_RESERVED_MEMORY`).",
     R"("256MiB")"},
    {"hosts.<name>.trackedConnections", integer(1, 100'000'000),
     "68,406 for each vCPU (assumed: AWS publishes none)",
     "How many connections its interfaces can track. New ones find no place in a full table, and "
     "their packets are dropped.",
     ""},
    {"hosts.<name>.networkCredits", of(Kind::share), "never counted: bursts last",
     "How full its bucket for outgoing traffic is at the start. It fills at the type's baseline "
     "and "
     "is drained by what the machine sends; empty, it leaves the baseline. A full one lasts for 5 "
     "minutes of a full burst (assumed; AWS says 5 to 60).",
     R"("10%")"},
    {"hosts.<name>.clockOffset", of(Kind::signed_duration), "drawn, see `network.clockOffsetSd`",
     "How much its clock is ahead.", R"("-3ms")"},
};

}  // namespace

std::span<const Key> scenario_keys() { return rows; }

}  // namespace hoplab::scenarios
