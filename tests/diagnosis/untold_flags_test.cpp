// What an access log without response flags still gives away: Envoy's own answers have texts of
// their own, told apart by their lengths. The texts are Envoy's (router.cc, 1.29).
#include "report/diagnosis/untold_flags.hpp"

#include <gtest/gtest.h>

#include <string>

#include "report/diagnosis/evidence.hpp"

namespace hoplab::report::diagnosis {
namespace {

const std::string reset = "upstream connect error or disconnect/reset before headers. ";

/// A line of an answer that no upstream gave.
std::uint16_t own_answer(int code, const std::string& body) {
  const std::string bytes = std::to_string(body.size());
  recording::AccessLine line;
  line.code_number = code;
  line.bytes_sent = bytes;
  line.upstream_service_time = "-";
  return untold_flags(line);
}

TEST(UntoldFlags, FollowFromTheLengthOfEnvoysOwnAnswer) {
  EXPECT_EQ(own_answer(503, reset + "reset reason: connection timeout"), flag_untold | flag_uf);
  EXPECT_EQ(own_answer(503, reset + "reset reason: connection termination"), flag_untold | flag_uc);
  EXPECT_EQ(own_answer(503, reset + "reset reason: overflow"), flag_untold | flag_uo);
  EXPECT_EQ(own_answer(503, "no healthy upstream"), flag_untold | flag_uh);
  EXPECT_EQ(own_answer(504, "upstream request timeout"), flag_untold | flag_ut);
}

TEST(UntoldFlags, TellARetryByTheWordsOfOne) {
  EXPECT_EQ(own_answer(503, reset + "retried and the latest reset reason: connection termination"),
            flag_untold | flag_uc | flag_urx);
}

TEST(UntoldFlags, AClientThatLeftGotNoCode) {
  recording::AccessLine line;
  line.code_number = 0;
  EXPECT_EQ(untold_flags(line), flag_untold | flag_dc);
}

// An application may answer 503 with as many bytes: the time that it took stands in the line.
TEST(UntoldFlags, AnAnswerOfTheUpstreamHasNone) {
  recording::AccessLine line;
  line.code_number = 503;
  line.bytes_sent = "91";
  line.upstream_service_time = "7";
  EXPECT_EQ(untold_flags(line), flag_untold);
}

TEST(UntoldFlags, WhatNobodyKnowsIsNotGuessed) {
  EXPECT_EQ(own_answer(503, "something else"), flag_untold | flag_other);
}

}  // namespace
}  // namespace hoplab::report::diagnosis
