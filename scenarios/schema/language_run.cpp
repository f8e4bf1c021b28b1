// The keys of what happens in a run and is expected of it: load, faults, expectations; and those of
// distributions.
#include "scenarios/schema/language.hpp"

namespace hoplab::scenarios {

namespace {

constexpr Key rows[] = {
    {"workload", of(Kind::list), "none",
     "A list of at most 1,000 loads. Clients sit outside the mesh and are never "
     "at fault; a load enters through the Envoy of its target.",
     R"([{"name":"users","rate":"20/s","to":"a"}])"},
    {"workload[].name", of(Kind::text), "`load`, `load-2`, ...",
     "The caller in the hop table: `users->a.envoy`.", R"("users")"},
    {"workload[].to", of(Kind::text), "none, required unless `target` is given",
     "Short for `target: {service: a, path: /}`.", R"("a")"},
    {"workload[].target", of(Kind::mapping), "see `to`",
     "Where requests go. Excludes `to` and `path`.", R"({"service":"a","path":"/"})"},
    {"workload[].target.service", of(Kind::text), "none, required", "The target.", R"("a")"},
    {"workload[].target.path", of(Kind::path), "`/`", "Its path.", R"("/user")"},
    {"workload[].path", of(Kind::path), "`/`", "Path of the requests.", R"("/user")"},
    {"workload[].method", words("GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"), "`GET`", "HTTP method.",
     ""},
    {"workload[].headers", of(Kind::aws_object), "none",
     "Headers beyond those that every request has.", R"({"x-canary":"yes"})"},
    {"workload[].rate", of(Kind::rate), "none, required unless `executor: constant-vus`",
     "Alone: Poisson arrivals. At most 10^9 requests a run, calls included.", ""},
    {"workload[].rampTo", of(Kind::rate), "none: the rate stays",
     "The rate at the load's end; in between it follows a straight line. Excludes "
     "`profile`.",
     ""},
    {"workload[].profile", words("diurnal"), "none: the rate stays",
     "The rate follows the hours of the day: `rate` x (1 + `amplitude` x cos(2 pi "
     "(hour - `peakHour`) / 24)) x the factor of the weekday, by the clock of "
     "`startTime`.",
     ""},
    {"workload[].amplitude", of(Kind::share), "none, required for `profile: diurnal`",
     "How far the rate swings about its mean.", ""},
    {"workload[].peakHour", number(0, 24), "14", "When it is highest.", R"(14)"},
    {"workload[].weekdayFactors", of(Kind::seven_factors), "`[1, 1, 1, 1, 1, 1, 1]`",
     "Monday first.", R"([1,1,1,1,1,0.5,0.5])"},
    {"workload[].executor", words("constant-arrival-rate|constant-vus"), "Poisson arrivals",
     "The words of k6: evenly spaced arrivals at `rate`; or `vus` clients in a "
     "loop.",
     ""},
    {"workload[].vus", integer(1, 1'000'000), "none, required for `constant-vus`",
     "Clients, each with one request at a time.", ""},
    {"workload[].thinkTime", of(Kind::distribution), "0s",
     "Of `constant-vus`: pause between an answer and the next request.", ""},
    {"workload[].startTime", of(Kind::duration), "0s", "When it begins.", ""},
    {"workload[].duration", of(Kind::duration), "to the end of the scenario", "How long it lasts.",
     ""},
    {"workload[].requests", integer(1, 1'000'000'000), "no limit", "Ends the load after so many.",
     R"(1000)"},
    {"workload[].abandonAfter", of(Kind::duration), "none: clients wait for ever",
     "A client that has waited so long gives up and closes its connection; one of "
     "`constant-vus` leaves for good.",
     ""},
    {"workload[].noConnectionReuse", of(Kind::boolean), "`false`",
     "A new connection for each request, as in k6.", ""},
    {"faults", of(Kind::list), "none",
     "A list. `hoplab faults` prints every action with its parameters and what an "
     "operator sees of it.",
     R"([{"at":"1m","for":"1m","action":"hoplab:ecs:hang","target":"b"}])"},
    {"faults[].name", of(Kind::text), "the action's last word, numbered if repeated",
     "For reports.", R"("b hangs")"},
    {"faults[].action", of(Kind::action), "none, required",
     "What goes wrong. AWS FIS action ids where FIS has the action, else "
     "`hoplab:<service>:<what>`. `actionId` is the same.",
     R"("hoplab:ecs:hang")"},
    {"faults[].actionId", of(Kind::action), "see `action`", "FIS's word for `action`.",
     R"("hoplab:ecs:hang")"},
    {"faults[].agentFault", of(Kind::mapping), "none, or `action`",
     "A fault in the words of the ECS agent's endpoint `fault/v1/TYPE/start`; it is the action of "
     "FIS "
     "that does the same.",
     R"({"type":"network-packet-loss","body":{"LossPercent":20,"Sources":["10.0.1.0/24"]}})"},
    {"faults[].agentFault.type",
     words("network-blackhole-port|network-latency|network-packet-loss"), "none, required",
     "Which endpoint.", ""},
    {"faults[].agentFault.body", of(Kind::aws_object), "none, required",
     "What is sent there: `Port`, `Protocol`, `TrafficType`; `DelayMilliseconds`, "
     "`JitterMilliseconds`; `LossPercent`; `Sources`, `SourcesToFilter`, `FlowsPercent`.",
     R"({"LossPercent":20,"Sources":["10.0.1.0/24"]})"},
    {"faults[].at", of(Kind::duration), "none, required", "When it begins.", ""},
    {"faults[].for", of(Kind::duration), "to the end", "When it is healed, counted from `at`.", ""},
    {"faults[].target", of(Kind::text), "none, required but for clusters and meshes",
     "What it happens to; `*` is every task, instance or subnet. Over a link goes what one of the "
     "two calls the other for.",
     R"("b")"},
    {"faults[].count", integer(1, 10000), "all",
     "The first so many running tasks of a service; an experiment's target picks by chance.",
     R"(1)"},
    {"faults[].parameters", of(Kind::parameters), "the action's defaults",
     "As `hoplab faults` lists them.", R"({"exitCode":139})"},
    {"expectations", of(Kind::list), "none",
     "A list. Each has a name, a window and exactly one of `thresholds`, "
     "`accessLog`, `appLog`, `hops`, `ecs`, `utilization`, `diagnose`, `alarm`. "
     "`hoplab run` exits with 1 when one does not hold. What has no samples does "
     "not hold, except a count.",
     R"([{"name":"steady state","window":["1m","2m"],"thresholds":{"a.http_reqs":"count>5"}}])"},
    {"expectations[].name", of(Kind::text), "what it says", "For reports.", R"("steady state")"},
    {"expectations[].window", of(Kind::window), "the whole run, draining included",
     "Half-open. A request belongs to the window in which it ended. TO is at most "
     "20 s after `duration`.",
     R"(["1m","2m"])"},
    {"expectations[].thresholds", of(Kind::comparisons_by_name), "none",
     "k6's metrics: `a.http_req_failed`, `a.http_req_duration`, `a.http_reqs` of "
     "the load's requests to `a`; `a->b.http_req_failed`, ... of a's calls of `b`.",
     R"({"a.http_req_failed":"rate<0.001","a.http_req_duration":["p(95)<20ms","p(50)<13ms"]})"},
    {"expectations[].hops", of(Kind::comparisons_by_name), "none",
     "Times of one hop, exact. In a mesh, of a call from `a` to `b`: "
     "`a.app->a.envoy`, `a.envoy->b.envoy`, `b.envoy->b.app`, `b.app` (its own "
     "work), `b.envoy<-b.app`, `a.envoy<-b.envoy`, `a.app<-a.envoy`; of the load "
     "`users` to `a`: `users->a.envoy`, `a.envoy->a.app`, `a.app`, "
     "`a.envoy<-a.app`, `users<-a.envoy`. With `mesh: none`: `a.app->b.app`, "
     "`b.app`, `a.app<-b.app`, and `users->a.app`, `a.app`, `users<-a.app`.",
     R"({"b.app":"p(50)~7ms"})"},
    {"expectations[].accessLog", of(Kind::mapping), "none",
     "Lines of an Envoy's access log. Without `share`, `count` and `duration`: at "
     "least one line.",
     R"({"container":"a.envoy","responseFlags":"UF","share":">0.99"})"},
    {"expectations[].accessLog.container", of(Kind::text), "none, required",
     "Whose log: `a.envoy`.", R"("a.envoy")"},
    {"expectations[].accessLog.direction", words("egress|ingress"),
     "`egress` for a service that calls, else `ingress`",
     "Lines of calls made, or of requests received.", ""},
    {"expectations[].accessLog.to", of(Kind::text), "all", "Only lines of calls by this name.",
     R"("b")"},
    {"expectations[].accessLog.responseFlags", of(Kind::response_flag), "any",
     "Lines that contain the flag; `\"-\"` is none at all.", R"("UF")"},
    {"expectations[].accessLog.code", integer(0, 599), "any",
     "Lines with this status; 0 is none at all.", ""},
    {"expectations[].accessLog.share", of(Kind::comparison), "none",
     "Matching lines of all those selected by container, direction, `to` and "
     "window.",
     R"(">0.99")"},
    {"expectations[].accessLog.count", of(Kind::comparison), "none", "Number of matching lines.",
     R"(">100")"},
    {"expectations[].accessLog.duration", of(Kind::comparison), "none",
     "Of DURATION of the matching lines, in whole milliseconds.", R"("p(50)<20ms")"},
    {"expectations[].appLog", of(Kind::mapping), "none",
     "Lines of an application. Without `share`, `count` and `duration`: at least "
     "one line.",
     R"({"container":"b.app","stream":"stderr","count":">0"})"},
    {"expectations[].appLog.container", of(Kind::text), "none, required", "Whose log: `b.app`.",
     R"("b.app")"},
    {"expectations[].appLog.contains", of(Kind::text), "any", "Lines with this text in them.",
     R"("request handled")"},
    {"expectations[].appLog.stream", words("stdout|stderr"), "both", "Where the line was written.",
     ""},
    {"expectations[].appLog.code", integer(0, 599), "any",
     "Lines about a request that was answered with this status.", ""},
    {"expectations[].appLog.share", of(Kind::comparison), "none",
     "Matching lines of all in the window.", R"(">0.99")"},
    {"expectations[].appLog.count", of(Kind::comparison), "none", "Number of matching lines.",
     R"(">100")"},
    {"expectations[].appLog.duration", of(Kind::comparison), "none",
     "Of the durations that the matching lines tell.", R"("p(50)<20ms")"},
    {"expectations[].ecs", of(Kind::mapping), "none",
     "How many tasks of a service are as described, by their last document in the "
     "window. Without `count`: at least one.",
     R"({"service":"b","container":"app","exitCode":139})"},
    {"expectations[].ecs.service", of(Kind::text), "none, required", "Whose tasks.", R"("b")"},
    {"expectations[].ecs.container", of(Kind::text), "any",
     "The container that exit code and reason are of.", R"("app")"},
    {"expectations[].ecs.exitCode", integer(0, 255), "any",
     "139 is a segmentation fault, 137 a kill.", ""},
    {"expectations[].ecs.reason", of(Kind::text), "any", "Text in the container's reason.",
     R"("OutOfMemoryError")"},
    {"expectations[].ecs.lastStatus",
     words("PROVISIONING|PENDING|ACTIVATING|RUNNING|DEACTIVATING|STOPPING|DEPROVISIONING|STOPPED"),
     "any", "Of the task.", ""},
    {"expectations[].ecs.stopCode",
     words("TaskFailedToStart|EssentialContainerExited|UserInitiated|ServiceSchedulerInitiated|"
           "SpotInterruption|TerminationNotice"),
     "any", "Of the task.", ""},
    {"expectations[].ecs.stoppedReason", of(Kind::text), "any", "Text in the task's reason.",
     R"("Essential container in task exited")"},
    {"expectations[].ecs.count", of(Kind::comparison), "none", "Number of such tasks.",
     R"(">100")"},
    {"expectations[].diagnose", of(Kind::mapping), "none",
     "What `hoplab diagnose` says of the recording: this verdict, at this hop, "
     "first of all.",
     R"({"from":"a","to":"b","verdict":"network.blocked"})"},
    {"expectations[].diagnose.at", of(Kind::duration), "the whole run",
     "When the question is asked: of what was recorded up to then.", ""},
    {"expectations[].diagnose.from", of(Kind::text), "any", "The caller.", R"("a")"},
    {"expectations[].diagnose.to", of(Kind::text), "any", "The callee.", R"("b")"},
    {"expectations[].diagnose.verdict",
     words("healthy|network.blocked|network.latency|app.crashed|app.hung|app.infinite-loop|app."
           "oom|app.slow-version|app.failing-version|host.overloaded|"
           "undetermined"),
     "none, required", "The verdict.", ""},
    {"expectations[].diagnose.hop", of(Kind::text), "any", "Where.", R"("a.envoy->b.envoy")"},
    {"expectations[].alarm", of(Kind::text), "none",
     "Not simulated yet (W0701): the result is `skipped`, neither held nor failed.", R"("b-5xx")"},
    {"expectations[].inState", of(Kind::states), "none",
     "Of `alarm`: the states that it is in at some time of each window.",
     R"([{"ALARM":["4m","7m"]}])"},
    {"expectations[].utilization", of(Kind::mapping), "none",
     "CPU and memory of the tasks of a service as Container Insights publishes "
     "them, each minute of each task once, as shares of the task's size.",
     R"({"service":"b","cpu":"max<80%"})"},
    {"expectations[].utilization.service", of(Kind::text), "none, required", "Whose tasks.",
     R"("b")"},
    {"expectations[].utilization.container", of(Kind::text), "the whole task",
     "One of its containers, still measured against the whole task.", R"("app")"},
    {"expectations[].utilization.cpu", of(Kind::comparison), "none",
     "`avg`, `min` or `max` over the minutes that begin in the window: "
     "`\"max<80%\"`.",
     R"("max<80%")"},
    {"expectations[].utilization.memory", of(Kind::comparison), "none",
     "The same of resident memory.", R"("max<80%")"},
    {"DIST.mean", of(Kind::duration), "none, required", "The mean.", ""},
    {"DIST.sd", of(Kind::duration), "none, required", "Standard deviation of `normal`.", ""},
    {"DIST.cv", number(0, 100), "none, required", "Coefficient of variation of `lognormal`.",
     R"(0.5)"},
    {"DIST.k", integer(1, 1000), "none, required", "Stages of `erlang`.", R"(3)"},
    {"DIST.alpha", number(1, 1000), "none, required",
     "Shape of `pareto`; the smaller, the heavier the tail.", R"(2.5)"},
    {"DIST.fast", of(Kind::duration), "none, required", "The usual value of `bimodal`.", ""},
    {"DIST.slow", of(Kind::duration), "none, required", "Its other value.", ""},
    {"DIST.slowShare", of(Kind::share), "none, required", "How often the other value comes up.",
     ""},
};

}  // namespace

std::span<const Key> run_keys() { return rows; }

}  // namespace hoplab::scenarios
