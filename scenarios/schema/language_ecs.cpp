// The keys of ECS's scheduler, of health checks, and of how long the control planes take.
#include "scenarios/schema/language.hpp"

namespace hoplab::scenarios {

namespace {

constexpr Key rows[] = {
    {"services.<name>.healthCheck", of(Kind::mapping), "none",
     "The container health check of the built-in task definition's app: ECS replaces a task whose "
     "app fails it. The probe goes over loopback straight to the app, past its Envoy; any worker "
     "answers it without the service's work. Excludes `taskDefinition`.",
     R"({"interval":"30s","timeout":"5s","retries":3})"},
    {"services.<name>.healthCheck.command", of(Kind::text),
     "`curl -f http://localhost:PORT/ || exit 1`",
     "What it asks: the port behind `localhost:`; 9901 is the Envoy itself.",
     R"("curl -f http://localhost:8080/ || exit 1")"},
    {"services.<name>.healthCheck.interval", of(Kind::duration), "30s",
     "5s to 300s, from one probe's end to the next one's start.", R"("30s")"},
    {"services.<name>.healthCheck.timeout", of(Kind::duration), "5s",
     "2s to 60s; a probe that takes longer has failed.", R"("5s")"},
    {"services.<name>.healthCheck.retries", integer(1, 10), "3",
     "Failures in a row that make it UNHEALTHY.", ""},
    {"services.<name>.healthCheck.startPeriod", of(Kind::duration), "0s",
     "0s to 300s after the start in which failures do not count.", R"("10s")"},
    {"services.<name>.healthCheckGracePeriod", of(Kind::duration), "0s",
     "For so long after its start ECS does not replace a task for its health.", R"("60s")"},
    {"services.<name>.startup", of(Kind::distribution), "0s",
     "From the start of the app's process until its port is open.", R"("3s")"},
    {"services.<name>.onSigterm", words("ignore|die|drain"), "`ignore`",
     "What the app does when ECS stops its task: `ignore` (PID 1 without a handler: killed at "
     "stopTimeout, exit code 137), `die` (143 at once), `drain` (a handler: it answers what it "
     "has begun, then exits 0).",
     ""},
    {"services.<name>.deploymentConfiguration", of(Kind::mapping), "see below",
     "How a rolling deployment goes, in the words of CreateService.",
     R"({"minimumHealthyPercent":100,"maximumPercent":200})"},
    {"services.<name>.deploymentConfiguration.minimumHealthyPercent", integer(0, 100), "100",
     "Of `desiredCount`, rounded up: so many tasks run and are healthy at any time.", ""},
    {"services.<name>.deploymentConfiguration.maximumPercent", integer(100, 1000), "200",
     "Of `desiredCount`, rounded down: no more tasks run or start at any time.", ""},
    {"services.<name>.deploymentConfiguration.deploymentCircuitBreaker", of(Kind::mapping),
     "see below", "Gives up a deployment whose tasks do not start, or fail their health checks.",
     R"({"enable":true,"rollback":true})"},
    {"services.<name>.deploymentConfiguration.deploymentCircuitBreaker.enable", of(Kind::boolean),
     "`false`", "Whether there is one.", ""},
    {"services.<name>.deploymentConfiguration.deploymentCircuitBreaker.rollback", of(Kind::boolean),
     "`false`", "Whether it goes back to what was completed last.", ""},
    {"services.<name>.deploymentConfiguration.deploymentCircuitBreaker.threshold",
     integer(1, 10'000), "half of `desiredCount`, at least 10, at most 200",
     "Failed tasks at which it trips.", ""},
    {"services.<name>.placementStrategy", of(Kind::list), "spread over zones, then over hosts",
     "Where new tasks go: steps in order, each among the hosts of `placement`, or all of the "
     "cluster where none of these has room.",
     R"([{"type":"binpack","field":"memory"}])"},
    {"services.<name>.placementStrategy[].type", words("spread|binpack|random"), "none, required",
     "Evenly; where least is left; anywhere.", ""},
    {"services.<name>.placementStrategy[].field",
     words("attribute:ecs.availability-zone|instanceId|cpu|memory"),
     "the zone for `spread`, `memory` for `binpack`", "Of what.", ""},
    {"start", words("warm|cold"), "`warm`",
     "`warm`: every task is RUNNING at instant zero, with empty pools. `cold`: ECS launches them.",
     ""},
    {"ecs", of(Kind::mapping), "see below",
     "How long a task stays in each state. AWS publishes no figures; these are assumed.",
     R"({"provisioning":"5s","pull":"40s"})"},
    {"ecs.provisioning", of(Kind::distribution), "lognormal, 5s on average",
     "The network interface.", R"("5s")"},
    {"ecs.pullCached", of(Kind::distribution), "lognormal, 2s on average",
     "PENDING on a host that has the images.", R"("2s")"},
    {"ecs.pull", of(Kind::distribution), "lognormal, 15s on average",
     "PENDING on a host that has to fetch them.", R"("40s")"},
    {"ecs.activating", of(Kind::distribution), "lognormal, 2s on average", "Registration.",
     R"("2s")"},
    {"ecs.deactivating", of(Kind::distribution), "lognormal, 0.5s on average",
     "From the decision to SIGTERM; deregistration goes on beside it.", R"("0.5s")"},
    {"ecs.deprovisioning", of(Kind::distribution), "lognormal, 9s on average",
     "From the last container's end until the interface is gone.", R"("9s")"},
    {"controlPlane", of(Kind::mapping), "see below", "How long news takes to reach an Envoy.",
     R"({"cloudMap":"2s","endpoints":"20s"})"},
    {"controlPlane.cloudMap", of(Kind::distribution), "lognormal, 2.5s on average",
     "Registering and deregistering an instance.", R"("2s")"},
    {"controlPlane.endpoints", of(Kind::distribution), "lognormal, 20s on average",
     "From Cloud Map to the Envoys: App Mesh polls.", R"("20s")"},
    {"controlPlane.configuration", of(Kind::distribution), "lognormal, 20s on average",
     "From a changed object of the mesh to the Envoys.", R"("20s")"},
    {"controlPlane.customHealth", of(Kind::duration), "30s",
     "From a container's health status to Cloud Map's.", R"("30s")"},
    {"controlPlane.dnsTtl", of(Kind::duration), "10s", "Of Cloud Map's DNS records.", R"("10s")"},
    {"controlPlane.dnsNegativeTtl", of(Kind::duration), "900s",
     "How long a resolver believes that a name has no address.", R"("900s")"},
    {"controlPlane.envoyDnsRefresh", of(Kind::duration), "5s",
     "How often an Envoy asks, whatever the TTL says.", R"("5s")"},
};

}  // namespace

std::span<const Key> ecs_keys() { return rows; }

}  // namespace hoplab::scenarios
