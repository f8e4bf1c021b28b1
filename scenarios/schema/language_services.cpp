// The keys of services.
#include "scenarios/schema/language.hpp"

namespace hoplab::scenarios {

namespace {

constexpr Key rows[] = {
    {"services", of(Kind::map), "none, required",
     "A mapping from names to ECS services, 1 to 10,000 of them, 100,000 tasks in "
     "all. `b: {}` and `b:` are whole services.",
     R"({"a":{"calls":[{"to":"b"}]},"b":{"serviceTime":"7ms"}})"},
    {"services.<name>.port", integer(1, 65535),
     "8080; with a task definition: the first `containerPort` of its first "
     "container that is no sidecar",
     "Where the app listens. 15000, 15001 and 9901 belong to Envoy.", ""},
    {"services.<name>.desiredCount", integer(0, 10000), "1",
     "0 is legal in a mesh where no load goes to the service directly: the "
     "callers' Envoys then answer 503 UH.",
     ""},
    {"services.<name>.taskDefinition", of(Kind::text),
     "the built-in one: app, envoy, cloudwatch-agent, log_router, xray-daemon",
     "Containers, sizes and ports come from the file; `cpu` and `memory` cannot "
     "be given then. In a mesh it needs a proxyConfiguration. The container that "
     "maps the port answers requests; else `app`; else the first that is no "
     "sidecar.",
     R"("a")"},
    {"services.<name>.family", of(Kind::text), "the service's name",
     "Of the built-in task definition. Excludes `taskDefinition`.", R"("b")"},
    {"services.<name>.revision", integer(1, 1'000'000), "1",
     "Of the built-in task definition. Two versions of a program are two services "
     "with one `family` and two revisions, behind one of the `virtualServices`. "
     "Excludes `taskDefinition`.",
     ""},
    {"services.<name>.securityGroups", of(Kind::names), "see `securityGroup`",
     "Groups of `artefacts.ec2`. Excludes `securityGroup`.", R"(["sg-0a1b2c3d4e5f60718"])"},
    {"services.<name>.securityGroup", of(Kind::mapping),
     "one rule per declared caller, from its group to this port; load comes in "
     "anyway",
     "Replaces the default rules. Egress is always open.",
     R"({"allow":[{"from":"anywhere","port":8080}]})"},
    {"services.<name>.securityGroup.allow", of(Kind::list), "none, required",
     "The ingress rules. `[]` lets nobody in.", R"([{"from":"anywhere","port":8080}])"},
    {"services.<name>.securityGroup.allow[].from", of(Kind::text), "none, required",
     "`anywhere` is 0.0.0.0/0: such flows are not tracked, and a revoked rule "
     "cuts them at once. A service means its security group: tracked, so "
     "established connections outlive the rule.",
     R"("anywhere")"},
    {"services.<name>.securityGroup.allow[].port", of(Kind::ports), "all ports", "TCP ports.",
     R"(8080)"},
    {"services.<name>.placement", of(Kind::name_or_names), "a host of its own for each task",
     "Tasks go round the list.", R"("crowded")"},
    {"services.<name>.cpu", of(Kind::cpu), "1024",
     "Size of the task: its share under contention and its limit (a quota per 100 "
     "ms).",
     ""},
    {"services.<name>.memory", of(Kind::size), "2GiB", "Size of the task.", ""},
    {"services.<name>.serviceTime", of(Kind::distribution), "0s",
     "Work per request without its calls. A plain distribution is CPU work: 7ms "
     "at one full vCPU.",
     R"({"normal":{"mean":"7ms","sd":"0.5ms"}})"},
    {"services.<name>.serviceTime.cpu", of(Kind::distribution), "0s",
     "CPU work; takes longer when CPU is short.", ""},
    {"services.<name>.serviceTime.wait", of(Kind::distribution), "0s", "Waiting; needs no CPU.",
     ""},
    {"services.<name>.appMemory", of(Kind::size), "128MiB",
     "What the app's process holds at rest (resident set), while no fault makes "
     "it grow.",
     ""},
    {"services.<name>.memoryPressure", of(Kind::mapping), "see below",
     "What the app pays as its memory nears its limit, or the machine's nears its end: the kernel "
     "reclaims pages, a heap collects garbage.",
     R"({"from":"90%","slowdown":5})"},
    {"services.<name>.memoryPressure.from", of(Kind::share), "90%",
     "Where its CPU work begins to take longer, as a share of the limit. Assumed.", ""},
    {"services.<name>.memoryPressure.slowdown", number(1, 1000), "5",
     "How many times as long it takes at the limit itself; in between along a straight line. "
     "Assumed.",
     R"(5)"},
    {"services.<name>.workers", integer(1, 10'000'000), "64",
     "How many requests a task works on at a time.", ""},
    {"services.<name>.acceptQueue", integer(0, 100'000'000), "128",
     "How many may wait for a worker.", ""},
    {"services.<name>.acceptQueueOverflow", words("drop|reset"), "`drop`",
     "What a full queue does to a newcomer: no answer (SYNs are repeated), or a "
     "refusal at once.",
     ""},
    {"services.<name>.holdsWorkerDuringCalls", of(Kind::boolean), "`true`",
     "Whether a worker is taken while its request waits for its calls.", ""},
    {"services.<name>.callOrder", words("sequence|parallel"), "`sequence`",
     "Whether calls wait for one another.", ""},
    {"services.<name>.calls", of(Kind::list), "none",
     "Made for every request. A cycle of calls is an error: it would never end.",
     R"([{"to":"b","path":"/user","timeout":"15s"}])"},
    {"services.<name>.calls[].to", of(Kind::text), "none, required", "The callee.", R"("b")"},
    {"services.<name>.calls[].path", of(Kind::path), "`/`", "Starts with `/`.", R"("/user")"},
    {"services.<name>.calls[].method", words("GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"), "`GET`",
     "HTTP method.", ""},
    {"services.<name>.calls[].headers", of(Kind::aws_object), "none",
     "Headers beyond those that every request has; routes may ask for them.",
     R"({"x-canary":"yes"})"},
    {"services.<name>.calls[].timeout", of(Kind::duration), "none: waits for ever",
     "The app's own limit.", ""},
    {"services.<name>.calls[].requestSize", of(Kind::size), "0B", "Body of the request.", ""},
    {"services.<name>.calls[].noConnectionReuse", of(Kind::boolean), "`false`",
     "A new connection for each call. Each keeps its port for 60 s after it was closed, so more "
     "than "
     "470 calls a second to one destination run out of ports.",
     ""},
    {"services.<name>.calls[].onError", words("passThrough|ignore"), "`passThrough`",
     "What the app answers when the call fails: the callee's status (502 or 504 "
     "where there is none), its own answer as if nothing had happened, or a fixed "
     "status.",
     R"({"status":500})"},
    {"services.<name>.calls[].onError.status", integer(200, 599), "none, required",
     "The fixed status.", ""},
    {"services.<name>.responseSize", of(Kind::size), "1KiB", "Body of the response.", ""},
    {"services.<name>.accessLog", of(Kind::mapping), "`mesh.accessLog`",
     "The access log of its own Envoys. Excludes `logging` of its node in `mesh.virtualNodes`.",
     R"({"path":"/tmp/access.log"})"},
    {"services.<name>.accessLog.path", of(Kind::text), "`/dev/stdout`", "As `mesh.accessLog.path`.",
     R"("/dev/stdout")"},
    {"services.<name>.accessLog.format", of(Kind::text), "Envoy's default format",
     "As `mesh.accessLog.format`.", R"("[%START_TIME%] %RESPONSE_CODE%\n")"},
    {"services.<name>.accessLog.format.text", of(Kind::text), "none", "Excludes `json`.",
     R"("[%START_TIME%] %RESPONSE_CODE%\n")"},
    {"services.<name>.accessLog.format.json", of(Kind::list), "none",
     "Members of a JSON object, in this order.", R"([{"key":"code","value":"%RESPONSE_CODE%"}])"},
    {"services.<name>.accessLog.format.json[].key", of(Kind::text), "none, required",
     "The member's name.", R"("code")"},
    {"services.<name>.accessLog.format.json[].value", of(Kind::text), "none, required",
     "Its value.", R"("%RESPONSE_CODE%")"},
    {"services.<name>.listener", of(Kind::mapping), "see below",
     "The listener of its virtual node. Excludes a node of `mesh.virtualNodes`.",
     R"({"requestTimeout":"15s"})"},
    {"services.<name>.listener.port", integer(1, 65535), "`port`",
     "What callers dial and its Envoy forwards to. Another than the app's is a mistake that is "
     "made: every request then ends in 503.",
     ""},
    {"services.<name>.listener.requestTimeout", of(Kind::duration), "15s",
     "App Mesh's `timeout.http.perRequest`; 0s: none.", ""},
    {"services.<name>.listener.idleTimeout", of(Kind::duration), "300s",
     "App Mesh's `timeout.http.idle`, of a request on which nothing moves; 0s: none.", ""},
    {"services.<name>.listener.outlierDetection", of(Kind::mapping), "none",
     "The callers' Envoys leave out a host that answers with errors in a row.",
     R"({"maxServerErrors":5,"interval":"10s","baseEjectionDuration":"10s"})"},
    {"services.<name>.listener.outlierDetection.maxServerErrors", integer(1, 2'147'483'647), "5",
     "In a row; attempts without an answer count too.", ""},
    {"services.<name>.listener.outlierDetection.interval", of(Kind::duration), "10s",
     "Of the sweeps that let hosts return.", ""},
    {"services.<name>.listener.outlierDetection.baseEjectionDuration", of(Kind::duration), "30s",
     "Times the number of ejections.", ""},
    {"services.<name>.listener.outlierDetection.maxEjectionPercent", integer(0, 100), "10",
     "Of the hosts, at once; one may be ejected whatever it says.", ""},
    {"services.<name>.listener.connectionPool", of(Kind::mapping), "no limit",
     "Of its own Envoy towards the app: what is beyond it answers 503 UO.",
     R"({"maxConnections":10,"maxPendingRequests":5})"},
    {"services.<name>.listener.connectionPool.maxConnections", integer(1, 2'147'483'647),
     "none, required", "To the app, of all workers. A worker without any may open one more.",
     R"(10)"},
    {"services.<name>.listener.connectionPool.maxPendingRequests", integer(1, 2'147'483'647),
     "2147483647", "Requests that wait for a connection.", ""},
    {"services.<name>.listener.healthCheck", of(Kind::mapping), "none",
     "Every caller's Envoy probes each task of the service, and sends nothing to those that fail. "
     "Not the container's own health check.",
     R"({"path":"/ping","interval":"5s","timeout":"2s"})"},
    {"services.<name>.listener.healthCheck.path", of(Kind::path), "`/`", "What it asks for.",
     R"("/ping")"},
    {"services.<name>.listener.healthCheck.port", integer(1, 65535), "the listener's",
     "Where it asks.", ""},
    {"services.<name>.listener.healthCheck.healthyThreshold", integer(2, 10), "2",
     "Successes in a row that heal a host; of a new one the first is enough.", ""},
    {"services.<name>.listener.healthCheck.unhealthyThreshold", integer(2, 10), "2",
     "Probes without an answer in a row that fail a host; an answer other than 200 does at once.",
     ""},
    {"services.<name>.listener.healthCheck.interval", of(Kind::duration), "30s",
     "Between two probes, 5s to 300s; a minute until there is traffic.", ""},
    {"services.<name>.listener.healthCheck.timeout", of(Kind::duration), "5s",
     "Of one probe, 2s to 60s.", R"("2s")"},
    {"services.<name>.backends", of(Kind::names), "every callee",
     "The virtual services whose routes its Envoy knows. What becomes of other calls is the mesh's "
     "`egressFilter` to say.",
     R"(["b"])"},
    {"services.<name>.envoy", of(Kind::mapping), "see below", "The task's Envoy.",
     R"({"workers":2,"serviceTime":"350us"})"},
    {"services.<name>.envoy.workers", integer(1, 1024), "2", "Worker threads (`--concurrency`).",
     ""},
    {"services.<name>.envoy.serviceTime", of(Kind::duration), "350us",
     "CPU per request: 40 % on the request, 20 % on the response, 40 % after it.", ""},
    {"virtualServices", of(Kind::weights_by_name), "none",
     "One name in front of several services: `virtualServices: {b: {b-v1: 90, "
     "b-v2: 10}}`. App Mesh routes each call `to: b` (host name `b.local`) to one "
     "of the virtual nodes, by weight: each target a whole number from 0 to 100, "
     "of which the shares are made. Hops are those of the service that answers "
     "(`a.envoy->b-v2.envoy`), metrics those of the name that is called "
     "(`a->b.http_req_failed`). A service that stands behind no such name has a "
     "virtual service of its own. Needs a mesh.",
     R"({"b":{"b-v1":90,"b-v2":10}})"},
};

}  // namespace

std::span<const Key> service_keys() { return rows; }

}  // namespace hoplab::scenarios
