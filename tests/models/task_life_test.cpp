// A task's life: its beginning, dependsOn, signals, restarts.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <tuple>

#include "tests/models/one_task.hpp"

namespace hoplab::models::ecs {
namespace {

// --- Its beginning ----------------------------------------------------------------------------

// Source: ECS Developer Guide, "task lifecycle".
TEST(Task, BeginsItsLifeStateByState) {
  NewTask one(five_containers());
  one.task->launch(false);
  one.run_until(1min);
  EXPECT_EQ(one.told.first("PROVISIONING"), 0s);
  EXPECT_EQ(one.told.first("PENDING"), 5s);
  EXPECT_EQ(one.told.first("ACTIVATING"), 25s);
  EXPECT_EQ(one.told.first("RUNNING"), 28s);
  EXPECT_EQ(one.told.tasks.back().at("version"), 4);
  EXPECT_EQ(one.told.tasks.front().at("attachments").at(0).at("status"), "PRECREATED");
  EXPECT_EQ(container_of(one.told.tasks[1], "app").at("lastStatus"), "PENDING");
  EXPECT_FALSE(one.told.tasks[1].contains("startedAt"));
  EXPECT_EQ(one.processes.done.at("start app"), 25s);
}

TEST(Task, FindsItsImagesWhereOneLikeItHasRun) {
  NewTask one(five_containers());
  one.task->launch(true);
  one.run_until(1min);
  EXPECT_EQ(one.told.first("RUNNING"), 10s);
}

TEST(Task, AnEssentialContainerThatEndsBeforeRunningEndsTheTask) {
  NewTask one(five_containers());
  one.task->launch(true);
  one.exit_at(8s, "app", 1);
  one.run_until(2min);
  EXPECT_FALSE(one.task->has_reached_running());
  EXPECT_EQ(one.told.tasks.back().at("stopCode"), "EssentialContainerExited");
  EXPECT_EQ(one.told.first("RUNNING"), std::chrono::hours(24 * 365));
}

TEST(Task, OneThatIsStoppedBeforeItIsRegisteredSkipsDeactivating) {
  NewTask one(five_containers());
  one.task->launch(true);
  one.engine.at(sim::at(6s), [&one] { one.task->stop_for_user("no"); });
  one.run_until(2min);
  EXPECT_EQ(one.told.first("STOPPING"), 6s);
  EXPECT_EQ(one.told.first("DEACTIVATING"), std::chrono::hours(24 * 365));
  EXPECT_EQ(one.told.first("STOPPED"), 16s);
  EXPECT_FALSE(container_of(one.told.tasks.back(), "app").contains("exitCode"));
}

// --- dependsOn --------------------------------------------------------------------------------

scenarios::TaskDefinition app_after(const std::string& container,
                                    scenarios::Dependency::Condition condition) {
  auto definition = five_containers();
  definition.containers[0].depends_on = {{container, condition}};
  return definition;
}

using Condition = scenarios::Dependency::Condition;

TEST(DependsOn, HealthyWaitsForTheFirstProbeThatPasses) {
  auto definition = app_after("envoy", Condition::healthy);
  definition.containers[1].health_check = scenarios::HealthCheck{};
  definition.containers[1].health_check->interval = 5s;
  NewTask one(definition);
  one.task->launch(true);
  one.run_until(1min);
  EXPECT_EQ(one.processes.done.at("start envoy"), 7s);
  EXPECT_EQ(one.processes.done.at("start app"), 12s);
  EXPECT_EQ(one.told.tasks.back().at("lastStatus"), "RUNNING");
  EXPECT_EQ(one.told.tasks.back().at("healthStatus"), "HEALTHY");
}

TEST(DependsOn, AnUnhealthyEnvoyKeepsTheApplicationFromStarting) {
  auto definition = app_after("envoy", Condition::healthy);
  definition.containers[1].health_check = scenarios::HealthCheck{};
  NewTask one(definition);
  one.processes.probes_pass = false;
  one.task->launch(true);
  one.run_until(5min);
  EXPECT_FALSE(one.processes.done.contains("start app"));
  EXPECT_EQ(one.task->health(), Health::unhealthy);
  EXPECT_EQ(one.task->status(), TaskStatus::pending);
}

// Source: ECS agent, dependency graph: the startTimeout is that of the container waited for.
TEST(DependsOn, StartTimeoutEndsTheWaitingWithAnInvented143) {
  auto definition = app_after("envoy", Condition::healthy);
  definition.containers[1].health_check = scenarios::HealthCheck{};
  definition.containers[1].start_timeout = 40s;
  NewTask one(definition);
  one.processes.probes_pass = false;
  one.task->launch(true);
  one.run_until(5min);
  EXPECT_EQ(one.told.first("STOPPING"), 47s);
  const json& last = one.told.tasks.back();
  EXPECT_EQ(last.at("stopCode"), "TaskFailedToStart");
  EXPECT_EQ(last.at("stoppedReason"), "Task failed to start");
  EXPECT_EQ(container_of(last, "app").at("exitCode"), 143);
  EXPECT_EQ(
      container_of(last, "app").at("reason"),
      "CannotStartContainerError: dependency graph: container ordering dependency [envoy] for "
      "target [app] has timed out.");
}

TEST(DependsOn, SuccessAndCompleteWaitForTheEnd) {
  for (const auto& [condition, exit_code, starts] : {std::tuple(Condition::success, 0, true),
                                                     {Condition::success, 3, false},
                                                     {Condition::complete, 3, true},
                                                     {Condition::start, 3, true}}) {
    NewTask one(app_after("xray-daemon", condition));
    one.task->launch(true);
    one.exit_at(20s, "xray-daemon", exit_code);
    one.run_until(5min);
    EXPECT_EQ(one.processes.done.contains("start app"), starts) << exit_code;
    if (condition == Condition::start || !starts) continue;
    EXPECT_EQ(one.processes.done.at("start app"), 20s);
  }
}

TEST(DependsOn, TheStopGoesTheOtherWayRound) {
  NewTask one(app_after("envoy", Condition::start));
  one.task->launch(true);
  one.engine.at(sim::at(60s), [&one] { one.task->stop_for_user("no"); });
  one.run_until(5min);
  // SIGTERM at 61 s; the application ignores it; only then comes Envoy's turn, and it drains.
  EXPECT_EQ(one.processes.done.at("kill app"), 91s);
  EXPECT_EQ(one.processes.done.at("exit envoy"), 111s);
}

// --- Signals ----------------------------------------------------------------------------------

TEST(Sigterm, WhoDoesNotIgnoreItEndsWith143) {
  NewTask one(five_containers(), scenarios::OnSigterm::dies);
  one.task->announce();
  one.engine.at(sim::at(10s), [&one] { one.task->stop_for_user("no"); });
  one.run_until(5min);
  EXPECT_EQ(one.processes.done.at("kill app"), 11s);
  EXPECT_EQ(container_of(one.told.tasks.back(), "app").at("exitCode"), 143);
}

TEST(Sigterm, AnInitProcessHandsItOn) {
  auto definition = five_containers();
  definition.containers[0].has_init_process = true;
  NewTask one(definition);
  one.task->announce();
  one.engine.at(sim::at(10s), [&one] { one.task->stop_for_user("no"); });
  one.run_until(5min);
  EXPECT_EQ(container_of(one.told.tasks.back(), "app").at("exitCode"), 143);
}

TEST(Sigterm, AHandlerFinishesWhatItHasBegunAndExits0) {
  NewTask one(five_containers(), scenarios::OnSigterm::drains);
  one.processes.idle_from = 15s;
  one.task->announce();
  one.engine.at(sim::at(10s), [&one] { one.task->stop_for_user("no"); });
  one.run_until(5min);
  EXPECT_EQ(one.processes.done.at("exit app"), 15s);
  EXPECT_EQ(container_of(one.told.tasks.back(), "app").at("exitCode"), 0);
}

TEST(Sigterm, AHandlerThatNeverFinishesIsKilled) {
  NewTask one(five_containers(), scenarios::OnSigterm::drains);
  one.processes.idle_from = std::chrono::hours(1);
  one.task->announce();
  one.engine.at(sim::at(10s), [&one] { one.task->stop_for_user("no"); });
  one.run_until(5min);
  EXPECT_EQ(one.processes.done.at("kill app"), 41s);
  EXPECT_EQ(container_of(one.told.tasks.back(), "app").at("exitCode"), 137);
}

// --- Restart policy ---------------------------------------------------------------------------

TEST(RestartPolicy, RestartsWhatHasRunLongEnough) {
  auto definition = five_containers();
  definition.containers[0].restart_policy = scenarios::RestartPolicy{60s, {42}};
  NewTask one(definition);
  one.task->launch(true);
  one.exit_at(100s, "app", 1);  // It started at 7 s.
  one.run_until(110s);
  EXPECT_TRUE(one.task->is_running());
  EXPECT_EQ(one.processes.done.at("start app"), 100s);
  one.exit_at(130s, "app", 1);  // Too early.
  one.run_until(5min);
  EXPECT_EQ(one.told.tasks.back().at("lastStatus"), "STOPPED");
}

TEST(RestartPolicy, LeavesAlonePlannedEnds) {
  auto definition = five_containers();
  definition.containers[0].restart_policy = scenarios::RestartPolicy{60s, {42}};
  NewTask one(definition);
  one.task->launch(true);
  one.exit_at(100s, "app", 42);
  one.run_until(5min);
  EXPECT_EQ(one.told.tasks.back().at("lastStatus"), "STOPPED");
}

}  // namespace
}  // namespace hoplab::models::ecs
