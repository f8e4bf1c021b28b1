// The verdict on telemetry that is made by hand, a symptom at a time.
#include "report/diagnosis/diagnose.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "report/diagnosis/diagnosis_json.hpp"
#include "report/diagnosis/diagnosis_text.hpp"
#include "report/recording/file_trouble.hpp"
#include "tests/diagnosis/fake_telemetry.hpp"
#include "tests/report/temporary_folder.hpp"

namespace hoplab::report::diagnosis {
namespace {

using test::Access;
using test::FakeTelemetry;
using test::iso;
using test::zero_ms;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Diagnose : public ::testing::Test {
 protected:
  /// 20 good requests a second from `from` to `to`, in seconds.
  static void good_until(FakeTelemetry& telemetry, int from, int to) {
    for (int at = from * 1000; at < to * 1000; at += 50) {
      telemetry.good(at, "good-" + std::to_string(at));
    }
  }
  template <typename Bad>
  static void bad_until(int from, int to, const Bad& bad) {
    for (int at = from * 1000; at < to * 1000; at += 100) bad(at, "bad-" + std::to_string(at));
  }
  [[nodiscard]] Diagnosis answer(const Question& question = {}) const {
    return diagnose(folder_ / "r", question);
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Diagnose, NamesAHealthyRecordingHealthyAndSaysWhatItCannotSee) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().verdict, Verdict::healthy);
  EXPECT_THAT(diagnosis.main().notes, Contains(HasSubstr("a wrong answer looks like a right one")));
}

// --- Access logs in other formats ---------------------------------------------------------------

std::string virtual_node(const std::string& name, const std::string& file) {
  return R"({"at":"2026-01-05T12:00:00.000Z","virtualNode":{"meshName":"m","spec":{"logging":)"
         R"({"accessLog":{"file":)" +
         file + R"(}}},"virtualNodeName":")" + name + R"("}})";
}

/// The lines of an Envoy, written anew: "2026-01-05T12:00:00.000Z|503|UF,URX|...".
void rewrite_log(FakeTelemetry& telemetry, const std::string& task) {
  static const std::regex line(
      R"re(\[([^\]]*)\] \\"GET / HTTP/1.1\\" (\d+) (\S+) 0 (\d+) (\d+) (\S+) \\"-\\" )re"
      R"re(\\"curl\\" \\"([^\\]*)\\" \\"([^\\]*)\\" \\"([^\\]*)\\")re");
  std::string& text = telemetry.text_of(FakeTelemetry::log_of("envoy", task));
  text = std::regex_replace(text, line, "$1|$2|$3|$4|$5|$6|$7|$8|$9");
}

TEST_F(Diagnose, ReadsAccessLogsInTheFormatThatTheirVirtualNodesSay) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
    for (const char* task : {"a1", "b1"}) rewrite_log(telemetry, task);
    telemetry.add("config/virtual-nodes.jsonl",
                  virtual_node("a", R"({"path":"/dev/stdout","format":{"text":"%START_TIME%|)"
                                    R"(%RESPONSE_CODE%|%RESPONSE_FLAGS%|%BYTES_SENT%|%DURATION%|)"
                                    R"(%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%|%REQ(X-REQUEST-ID)%|)"
                                    R"(%REQ(:AUTHORITY)%|%UPSTREAM_HOST%\n"}})"));
  }
  EXPECT_EQ(answer().main().verdict, Verdict::network_blocked);
  EXPECT_EQ(answer().main().hop, "a.envoy->b.envoy");
}

TEST_F(Diagnose, SaysWhichAccessLogsItCannotReadAndWhatTheirFormatsLack) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    telemetry.add("config/virtual-nodes.jsonl",
                  virtual_node("a", R"({"path":"/dev/stdout","format":{"json":[)"
                                    R"({"key":"at","value":"%START_TIME%"}]}})"));
    telemetry.add("config/virtual-nodes.jsonl", virtual_node("b", R"({"path":"/tmp/x.log"})"));
  }
  EXPECT_THAT(answer().missing,
              Contains("Envoy access logs of a, which cannot be read, for their format has no "
                       "%DURATION%, %RESPONSE_CODE%, %RESPONSE_FLAGS%, %REQ(:AUTHORITY)%, "
                       "%REQ(X-REQUEST-ID)%, %UPSTREAM_HOST%"));
  EXPECT_THAT(answer().missing,
              Contains("Envoy access logs of b, which go to the file /tmp/x.log in the container"));
}

TEST_F(Diagnose, AWindowInWhichNothingWasCalledIsNotHealthy) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
  }
  Question question;
  question.from = Instant{zero_ms + 1'200'000, false};
  EXPECT_EQ(answer(question).main().verdict, Verdict::undetermined);
}

TEST_F(Diagnose, ACallerWhoLeavesLongAfterTheUsualTimeIsIllServedHoweverShortItsTimeOut) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.given_up(at, id, 200); });
  }
  EXPECT_NE(answer().main().verdict, Verdict::healthy);
  EXPECT_EQ(answer().main().hop, "b.app");
}

TEST_F(Diagnose, ConnectTimeOutsWithoutALineAtTheCalleeAreABlockedPath) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().verdict, Verdict::network_blocked);
  EXPECT_EQ(diagnosis.main().hop, "a.envoy->b.envoy");
  EXPECT_EQ(diagnosis.main().since_ms, zero_ms + 60'000);
  // Which kind of block it is the calls alone do not tell.
  EXPECT_THAT(diagnosis.main().candidates, ElementsAre(Field(&Candidate::cause, "security-group"),
                                                       Field(&Candidate::cause, "network-acl"),
                                                       Field(&Candidate::cause, "route"),
                                                       Field(&Candidate::cause, "host-down")));
}

TEST_F(Diagnose, TheSameTimeOutsToATaskThatDiedAreItsDeath) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    telemetry.ends("b1", 59'990, 139, "");
    // No line at b, and no UC either: a dead task's log is lost before it is flushed.
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().verdict, Verdict::app_crashed);
  EXPECT_EQ(diagnosis.main().hop, "b.app");
  EXPECT_EQ(diagnosis.main().since_ms, zero_ms + 59'990);
  EXPECT_THAT(diagnosis.main().evidence,
              Contains(Field(&Citation::says, HasSubstr("with exit code 139"))));
}

TEST_F(Diagnose, TellsAnOutOfMemoryKillFromAnyOther137) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    telemetry.ends("b1", 60'000, 137, "OutOfMemoryError: Container killed due to memory usage");
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
  }
  EXPECT_EQ(answer().main().verdict, Verdict::app_oom);
}

TEST_F(Diagnose, AKillAfterStopTimeoutOfATaskThatWasToStopIsNoCrash) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    telemetry.task("b", "b2", "10.0.0.3", "host-c");
    telemetry.is_stopped("b2", 20'000, 50'000);
  }
  EXPECT_EQ(answer().main().verdict, Verdict::healthy);
}

TEST_F(Diagnose, CallsToATaskThatWasStoppedOnRequestAreNoBlockedPath) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    telemetry.is_stopped("b1", 59'000, 61'000);
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().verdict, Verdict::undetermined);
  EXPECT_THAT(diagnosis.main().summary, HasSubstr("stopped on request"));
  EXPECT_THAT(diagnosis.main().evidence,
              Contains(Field(&Citation::says, HasSubstr("UserInitiated"))));
}

TEST_F(Diagnose, ADeathThatHurtNobodyIsAFindingAllTheSame) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    telemetry.task("b", "b2", "10.0.0.3", "host-c");
    telemetry.ends("b2", 20'000, 1, "");
  }
  EXPECT_EQ(answer().main().verdict, Verdict::app_crashed);
  EXPECT_EQ(answer().main().extent.tasks, std::vector<std::string>{"b2"});
}

TEST_F(Diagnose, WithoutCpuFiguresAHangAndALoopAreBothLeftOpen) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.unanswered(at, id); });
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().hop, "b.app");
  EXPECT_THAT(diagnosis.main().candidates,
              ElementsAre(Field(&Candidate::verdict, Verdict::app_hung),
                          Field(&Candidate::verdict, Verdict::app_infinite_loop)));
  EXPECT_THAT(diagnosis.missing, Contains("CPU and memory metrics"));
}

TEST_F(Diagnose, CpuAtItsLimitMakesItALoopAndIdleCpuAHang) {
  for (const auto& [units, verdict] :
       {std::pair(1020.0, Verdict::app_infinite_loop), std::pair(4.0, Verdict::app_hung)}) {
    {
      FakeTelemetry telemetry(folder_ / "r");
      good_until(telemetry, 0, 120);
      bad_until(120, 240, [&](auto at, const auto& id) { telemetry.unanswered(at, id); });
      telemetry.cpu("b1", 0, 150);
      telemetry.cpu("b1", 120'000, units);
      telemetry.cpu("b1", 180'000, units);
    }
    const auto diagnosis = answer();
    EXPECT_EQ(diagnosis.main().verdict, verdict);
    EXPECT_EQ(diagnosis.main().candidates.size(), 1U);
  }
}

TEST_F(Diagnose, BlameMovesDownstreamAsLongAsACallExplainsIt) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    telemetry.task("c", "c1", "10.0.0.3", "host-c");
    const auto request = [&](std::int64_t at, const std::string& id, bool is_good) {
      const int code = is_good ? 200 : 504;
      const std::int64_t took = is_good ? 20 : 15000;
      const std::string flags = is_good ? "-" : "UT";
      telemetry.access("a1", {.at = at,
                              .code = code,
                              .flags = flags,
                              .took = took,
                              .request = id,
                              .upstream = "10.0.0.2:8080"});
      telemetry.access("b1", {.at = at + 2,
                              .code = is_good ? 200 : 0,
                              .flags = is_good ? "-" : "DC",
                              .took = took - 4,
                              .request = id,
                              .upstream = "127.0.0.1:8080"});
      telemetry.access("b1", {.at = at + 4,
                              .code = is_good ? 200 : 0,
                              .flags = is_good ? "-" : "DC",
                              .took = took - 8,
                              .request = id,
                              .authority = "c.local:8080",
                              .upstream = "10.0.0.3:8080"});
      telemetry.access("c1", {.at = at + 6,
                              .code = is_good ? 200 : 0,
                              .flags = is_good ? "-" : "DC",
                              .took = took - 12,
                              .request = id,
                              .authority = "c.local:8080",
                              .upstream = "127.0.0.1:8080"});
    };
    for (int at = 0; at < 60'000; at += 100) request(at, "good-" + std::to_string(at), true);
    for (int at = 60'000; at < 90'000; at += 100) request(at, "bad-" + std::to_string(at), false);
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().hop, "c.app");
  EXPECT_EQ(diagnosis.findings.size(), 1U);
}

TEST_F(Diagnose, OneTaskThatNobodyReachesIsCutOffAndNoSlowPath) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    telemetry.definition("b");
    telemetry.task("b", "b2", "10.0.0.3", "host-c");
    const auto request = [&](std::int64_t at, const std::string& id, bool at_b1, int waited) {
      const std::string task = at_b1 ? "b1" : "b2";
      telemetry.access("a1", {.at = at,
                              .took = 11 + waited,
                              .request = id,
                              .upstream = at_b1 ? "10.0.0.2:8080" : "10.0.0.3:8080"});
      telemetry.access(
          task, {.at = at + 2 + waited, .took = 7, .request = id, .upstream = "127.0.0.1:8080"});
    };
    for (int at = 0; at < 90'000; at += 50) {
      // Until a minute they take turns; then each other call waits for a connect time-out.
      const bool is_cut = at >= 60'000;
      const bool is_odd = at % 100 != 0;
      request(at, "request-" + std::to_string(at), is_cut || is_odd, is_cut && !is_odd ? 1000 : 0);
    }
    telemetry.connect_timeouts("a1", "b", 65'000, 40);
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().verdict, Verdict::network_blocked);
  EXPECT_EQ(diagnosis.main().hop, "a.envoy->b.envoy");
  EXPECT_EQ(diagnosis.main().extent.tasks, std::vector<std::string>{"b2"});
  // Its sibling shares its security group.
  EXPECT_NE(diagnosis.main().candidates.front().cause, "security-group");
}

TEST_F(Diagnose, CallsToATaskWhoseHostWasTerminatedAreTheHostsEnd) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    telemetry.is_gone_with_its_host("b1", 60'000);
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().verdict, Verdict::undetermined);
  EXPECT_EQ(diagnosis.main().candidates.front().cause, "host terminated");
  EXPECT_EQ(diagnosis.findings.size(), 1U);
}

TEST_F(Diagnose, AnErrorForWantOfAnAddressIsNoVersionsFault) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) {
      telemetry.access("a1", {.at = at,
                              .code = 502,
                              .took = 1,
                              .request = id,
                              .authority = "a.local:8080",
                              .upstream = "127.0.0.1:8080"});
      telemetry.says("a1", at + 1, "stderr",
                     R"({"msg":"call failed","transactionId":")" + id +
                         R"(","to":"b","status":0,"timedOut":false,"durationMs":0,)"
                         R"("error":"getaddrinfo ENOTFOUND b.local"})");
    });
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().verdict, Verdict::undetermined);
  EXPECT_EQ(diagnosis.main().candidates.front().cause, "name resolution");
  EXPECT_THAT(diagnosis.main().evidence,
              Contains(Field(&Citation::says, HasSubstr("ENOTFOUND b.local"))));
}

TEST_F(Diagnose, WhatAnEnvoyRefusesForItsFullPoolTheApplicationHasNotAnswered) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) {
      telemetry.access("a1", {.at = at, .code = 503, .request = id, .upstream = "10.0.0.2:8080"});
      telemetry.access("b1", {.at = at + 2,
                              .code = 503,
                              .flags = "UO",
                              .bytes = 81,
                              .took = 0,
                              .upstream_took = "-",
                              .request = id,
                              .upstream = "127.0.0.1:8080"});
    });
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().verdict, Verdict::undetermined);
  EXPECT_EQ(diagnosis.main().candidates.front().cause, "connection pool limit");
  EXPECT_EQ(diagnosis.main().hop, "b.envoy");
}

TEST_F(Diagnose, ATaskThatMovedToItsCallersMachineMakesTheWayBeforeNoSlowOne) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    telemetry.task("b", "b2", "10.0.0.3", "host-a");
    for (int at = 0; at < 300'000; at += 100) {
      const bool is_local = at >= 100'000;
      const int way = is_local ? 0 : 8;
      const std::string id = "request-" + std::to_string(at);
      telemetry.access("a1", {.at = at,
                              .took = 7 + way,
                              .request = id,
                              .upstream = is_local ? "10.0.0.3:8080" : "10.0.0.2:8080"});
      telemetry.access(
          is_local ? "b2" : "b1",
          {.at = at + way / 2, .took = 7, .request = id, .upstream = "127.0.0.1:8080"});
    }
  }
  EXPECT_EQ(answer().main().verdict, Verdict::healthy);
}

TEST_F(Diagnose, ASlowCallNowAndThenIsNotTheBeginningOfTheCrowd) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    for (int at = 0; at < 240'000; at += 100) {
      const bool is_slow = at >= 120'000 || (at >= 30'000 && at % 700 == 0);
      const int took = is_slow ? 90 : 7;
      const std::string id = "request-" + std::to_string(at);
      telemetry.access("a1",
                       {.at = at, .took = took + 4, .request = id, .upstream = "10.0.0.2:8080"});
      telemetry.access("b1",
                       {.at = at + 2, .took = took, .request = id, .upstream = "127.0.0.1:8080"});
    }
  }
  EXPECT_NEAR(static_cast<double>(answer().main().since_ms - zero_ms), 120'000, 1'000);
}

TEST_F(Diagnose, AContainerThatEndsInTheDocumentOfItsTasksStopHasNotCrashed) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    telemetry.task("b", "b2", "10.0.0.3", "host-c");
    telemetry.is_gone_with_its_host("b2", 30'000);
  }
  EXPECT_EQ(answer().main().verdict, Verdict::healthy);
}

TEST_F(Diagnose, ALongerWireLeavesTheCalleesOwnTimeAlone) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) {
      telemetry.access("a1", {.at = at, .took = 211, .request = id, .upstream = "10.0.0.2:8080"});
      telemetry.access("b1",
                       {.at = at + 102, .took = 7, .request = id, .upstream = "127.0.0.1:8080"});
      telemetry.answer("b1", at + 109, id, "7.000", 200);
    });
  }
  EXPECT_EQ(answer().main().verdict, Verdict::network_latency);
  EXPECT_EQ(answer().main().hop, "a.envoy->b.envoy");
}

TEST_F(Diagnose, ErrorsOfTheApplicationItselfNameItsVersionAndItsOwnWords) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) {
      telemetry.access("a1", {.at = at, .code = 500, .request = id, .upstream = "10.0.0.2:8080"});
      telemetry.access(
          "b1",
          {.at = at + 2, .code = 500, .took = 7, .request = id, .upstream = "127.0.0.1:8080"});
      telemetry.says("b1", at + 8, "stderr", R"({"msg":"BUG-7: no such column"})");
      telemetry.answer("b1", at + 9, id, "7.000", 500);
    });
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().verdict, Verdict::app_failing_version);
  EXPECT_EQ(diagnosis.main().extent.definitions, std::vector<std::string>{"b:1"});
  EXPECT_THAT(diagnosis.main().evidence, Contains(Field(&Citation::says, HasSubstr("BUG-7"))));
}

TEST_F(Diagnose, WithoutEnvoysATimeOutIsAnHonestCannotTell) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    bad_until(60, 90, [&](auto at, const auto& id) {
      telemetry.says("a1", at + 3000, "stderr",
                     R"({"msg":"call failed","transactionId":")" + id +
                         R"(","to":"b","status":0,"timedOut":true,"durationMs":3000})");
    });
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().verdict, Verdict::undetermined);
  EXPECT_GE(diagnosis.main().candidates.size(), 4U);
  for (const auto& candidate : diagnosis.main().candidates) EXPECT_NE(candidate.check, "");
}

TEST_F(Diagnose, AWindowLimitsWhatIsJudged) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
    good_until(telemetry, 90, 120);
  }
  Question before;
  before.to = parse_instant("50s");
  EXPECT_EQ(answer(before).main().verdict, Verdict::healthy);
  Question during;
  during.from = parse_instant(iso(70'000));
  during.to = parse_instant("80s");
  EXPECT_EQ(answer(during).main().since_ms, zero_ms + 70'000);
}

TEST_F(Diagnose, ToleratesLinesThatBreakOffComeTwiceOrAreNone) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
    std::string& log = telemetry.text_of(FakeTelemetry::log_of("envoy", "a1"));
    log += log.substr(0, log.size() / 3) + std::string("\0\xff not a line\n", 15) + "{\"timest";
    telemetry.text_of("ecs/tasks.jsonl") += "{\"at\":\"2026-";
  }
  const auto diagnosis = answer();
  EXPECT_EQ(diagnosis.main().verdict, Verdict::network_blocked);
  EXPECT_EQ(diagnosis.main().extent.bad_calls, 300U);
  EXPECT_GE(diagnosis.unreadable, 3U);
}

TEST_F(Diagnose, SaysTheSameWhenRequestsAreSampledForWantOfMemory) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.unanswered(at, id); });
  }
  Question question;
  question.records_max = 1000;
  const auto diagnosis = answer(question);
  EXPECT_GT(diagnosis.sampled_one_in, 1U);
  EXPECT_EQ(diagnosis.main().hop, "b.app");
  EXPECT_EQ(diagnosis.main().verdict, Verdict::app_hung);
}

TEST_F(Diagnose, SaysWhichEvidenceIsNotThere) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 10);
  }
  std::filesystem::remove_all(folder_ / "r" / "ecs");
  EXPECT_THAT(answer().missing, Contains("ecs/"));
  EXPECT_EQ(answer().main().verdict, Verdict::healthy);
}

TEST_F(Diagnose, RefusesWhatIsNoRecording) {
  EXPECT_THROW(static_cast<void>(diagnose(folder_ / "nowhere", {})), recording::FileTrouble);
  std::filesystem::create_directories(folder_ / "empty");
  EXPECT_THROW(static_cast<void>(diagnose(folder_ / "empty", {})), recording::BadRecording);
}

TEST_F(Diagnose, EachRejectedCauseSaysWhatRejectsIt) {
  {
    FakeTelemetry telemetry(folder_ / "r");
    good_until(telemetry, 0, 60);
    bad_until(60, 90, [&](auto at, const auto& id) { telemetry.blocked(at, id); });
  }
  const auto diagnosis = answer();
  EXPECT_THAT(diagnosis.main().rejected, Contains(Field(&Rejection::verdict, Verdict::app_hung)));
  for (const auto& rejection : diagnosis.main().rejected) EXPECT_NE(rejection.why, "");
  const std::string text = diagnosis_text(diagnosis, writers::Ink(false));
  EXPECT_THAT(text, HasSubstr("WHAT   network.blocked"));
  EXPECT_THAT(text, HasSubstr("what it is not, and why"));
  EXPECT_THAT(diagnosis_json(diagnosis), HasSubstr("\"schema\": \"hoplab.diagnosis/1\""));
}

TEST(ParseInstant, TakesTimesSinceTheStartAndInstants) {
  EXPECT_TRUE(parse_instant("2m")->is_since_first);
  EXPECT_EQ(parse_instant("2m")->value_ms, 120'000);
  EXPECT_EQ(parse_instant("2026-01-05T12:00:00Z")->value_ms, zero_ms);
  EXPECT_FALSE(parse_instant("soon").has_value());
}

}  // namespace
}  // namespace hoplab::report::diagnosis
