// Container health checks: how long each failure takes to be found.
#include "models/ecs/health_check.hpp"

#include <gtest/gtest.h>

#include "models/ecs/http_probe.hpp"

namespace hoplab::models::ecs {
namespace {

using namespace std::chrono_literals;

/// A container whose probes all end the same way.
class Container final : public HealthCheckUser {
 public:
  enum class Answer { passes, fails, none };

  explicit Container(const scenarios::HealthCheck& a_spec) : spec(a_spec) {}

  void begin_probe(HealthCheck& it, std::uint64_t number) override {
    ++probes;
    if (answer == Answer::none) return;
    it.answer(number, answer == Answer::passes);
  }
  void abandon_probe(HealthCheck&) override { ++abandoned; }
  void on_health_changed(HealthCheck&) override { changed_at = engine.now().time_since_epoch(); }
  void run_until(sim::Duration instant) { engine.run(sim::at(instant)); }

  scenarios::HealthCheck spec;
  sim::Engine engine{1};
  HealthCheck check{engine, spec, *this};
  Answer answer = Answer::passes;
  int probes = 0;
  int abandoned = 0;
  sim::Duration changed_at{};
};

// Source: Docker, HEALTHCHECK: a hang is found after retries * timeout + (retries - 1) * interval,
// counted from the next probe, which is due within one interval.
TEST(HealthCheck, FindsAHangAfter75To105Seconds) {
  for (const sim::Duration phase : {0s, 7s, 30s}) {
    Container container({});
    container.answer = Container::Answer::none;
    container.check.resume(phase);
    container.run_until(3min);
    EXPECT_EQ(container.check.state(), Health::unhealthy);
    EXPECT_EQ(container.changed_at, phase + 75s);
  }
}

TEST(HealthCheck, FindsARefusedConnectionAfter60To90Seconds) {
  for (const sim::Duration phase : {0s, 7s, 30s}) {
    Container container({});
    container.answer = Container::Answer::fails;
    container.check.resume(phase);
    container.run_until(3min);
    EXPECT_EQ(container.changed_at, phase + 60s);
  }
}

TEST(HealthCheck, IsUnknownUntilTheFirstProbeHasPassed) {
  Container container({});
  container.check.start();
  container.run_until(29s);
  EXPECT_EQ(container.check.state(), Health::unknown);
  container.run_until(30s);
  EXPECT_EQ(container.check.state(), Health::healthy);
  EXPECT_EQ(container.probes, 1);
}

TEST(HealthCheck, FailuresWithinTheStartPeriodDoNotCount) {
  scenarios::HealthCheck spec;
  spec.interval = 10s;
  spec.start_period = 60s;
  Container container(spec);
  container.answer = Container::Answer::fails;
  container.check.start();
  container.run_until(5min);
  // Probes at 10 s to 50 s are forgiven; those at 60, 70 and 80 s are not.
  EXPECT_EQ(container.changed_at, 80s);
}

TEST(HealthCheck, OnceItHasPassedTheStartPeriodIsOver) {
  scenarios::HealthCheck spec;
  spec.interval = 10s;
  spec.start_period = 300s;
  Container container(spec);
  container.check.start();
  container.run_until(10s);
  container.answer = Container::Answer::fails;
  container.run_until(5min);
  EXPECT_EQ(container.changed_at, 40s);
}

TEST(HealthCheck, OnePassMakesItHealthyAgainAndTheCountBeginsAnew) {
  Container container({});
  container.answer = Container::Answer::fails;
  container.check.resume(1s);
  container.run_until(32s);  // Two failures.
  container.answer = Container::Answer::passes;
  container.run_until(62s);
  container.answer = Container::Answer::fails;
  container.run_until(130s);  // Two more.
  EXPECT_EQ(container.check.state(), Health::healthy);
  container.run_until(160s);
  EXPECT_EQ(container.check.state(), Health::unhealthy);
  container.answer = Container::Answer::passes;
  container.run_until(190s);
  EXPECT_EQ(container.check.state(), Health::healthy);
}

TEST(HealthCheck, AnAnswerThatComesAfterTheTimeoutIsNotHeard) {
  Container container({});
  container.answer = Container::Answer::none;
  container.check.resume(1s);
  container.run_until(7s);
  container.check.answer(1, true);
  EXPECT_EQ(container.abandoned, 1);
  container.run_until(76s);
  EXPECT_EQ(container.check.state(), Health::unhealthy);
}

TEST(HealthCheck, AContainerThatHasEndedIsNotProbed) {
  Container container({});
  container.check.start();
  container.run_until(31s);
  container.check.stop();
  container.run_until(5min);
  EXPECT_EQ(container.probes, 1);
}

TEST(HealthCheckCommand, NamesThePortItAsks) {
  EXPECT_EQ(port_asked_by({"CMD-SHELL", "curl -f http://localhost:8080/health || exit 1"}), 8080);
  EXPECT_EQ(port_asked_by({"CMD", "wget", "-q", "http://127.0.0.1:9901/server_info"}), 9901);
  EXPECT_EQ(port_asked_by({"CMD-SHELL", "pgrep app"}), 0);
}

}  // namespace
}  // namespace hoplab::models::ecs
