// JSON strings, file names, columns: text that must come out right for any input.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "report/recording/json_text.hpp"
#include "report/recording/path_names.hpp"
#include "report/writers/terminal.hpp"
#include "report/writers/text_layout.hpp"
#include "sim/text.hpp"

namespace {

using namespace hoplab::report::recording;
namespace writers = hoplab::report::writers;

// The JSON library is the oracle: it must read what we wrote, and find what we put in.
TEST(JsonString, IsReadBackByAnotherParserForEveryByteAndPairOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; second += first < 0x80 ? 17 : 1) {
      const std::string text{static_cast<char>(first), static_cast<char>(second), 'x'};
      const auto parsed = nlohmann::json::parse(json_string(text), nullptr, false);
      ASSERT_TRUE(parsed.is_string()) << first << " " << second;
      if (first < 0x80 && second < 0x80) {
        ASSERT_EQ(parsed.get<std::string>(), text);
      }
    }
  }
}

// Spelt in blocks of sixteen bytes: what matters is where in a block a byte stands.
TEST(JsonString, IsReadBackWhereverInABlockASpecialByteStands) {
  for (std::size_t length = 0; length < 70; ++length) {
    for (std::size_t place = 0; place < length; ++place) {
      for (const std::string special : {"\"", "\\", "\n", "\x01", "\u00fc", "\"\\"}) {
        std::string text(length, 'x');
        text.replace(place, 1, special);
        ASSERT_EQ(nlohmann::json::parse(json_string(text)), text);
        std::string twice = "\"";
        append_json_inside_twice(twice, text);
        const std::string once = nlohmann::json::parse(twice + '"');
        ASSERT_EQ(nlohmann::json::parse('"' + once + '"'), text);
      }
    }
  }
}

TEST(Text, GrowsPieceByPieceLikeAString) {
  hoplab::sim::Text text;
  std::string expected;
  for (std::size_t length = 0; length < 100; ++length) {
    std::string piece;
    for (std::size_t i = 0; i < length; ++i) piece += static_cast<char>('a' + (i + length) % 26);
    text += piece;
    expected += piece;
    text += '|';
    expected += '|';
    ASSERT_EQ(text.view(), expected);
  }
  text.cut(3);
  EXPECT_EQ(text.view(), expected.substr(0, 3));
  text = "x";
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{9}, std::int64_t{10}, std::int64_t{-1},
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    text += ' ';
    text.append_number(number);
  }
  EXPECT_EQ(text.view(), "x 0 9 10 -1 9223372036854775807 -9223372036854775808");
  hoplab::sim::Text moved = std::move(text);
  EXPECT_EQ(moved.back(), '8');
}

TEST(JsonString, KeepsValidUtf8AndReplacesEachBadByte) {
  EXPECT_EQ(json_string("gr\u00fc\u00df \u2192 \U0001F600"),
            "\"gr\u00fc\u00df \u2192 \U0001F600\"");
  EXPECT_EQ(json_string("a\xC3(\xED\xA0\x80"), "\"a\uFFFD(\uFFFD\uFFFD\uFFFD\"");
  EXPECT_EQ(json_string(std::string("\0\n\x1f\"\\", 5)), R"("\u0000\n\u001f\"\\")");
}

TEST(JsonMember, FindsTopLevelMembersOnly) {
  const std::string text =
      R"( {"a":{"log":1,"x":"}"},"s":"say \"log\":2","log":"l\u00e9\n","n":-1.5})";
  EXPECT_EQ(json_member(text, "log"), R"("l\u00e9\n")");
  EXPECT_EQ(json_member(text, "n"), "-1.5");
  EXPECT_EQ(json_member(text, "a"), R"({"log":1,"x":"}"})");
  EXPECT_EQ(json_member(text, "x"), std::nullopt);
  EXPECT_EQ(json_member(R"({"a":[1,{"b":2}],"b":3)", "b"), "3");
}

TEST(JsonMember, HasNoAnswerForBrokenText) {
  for (const char* text : {"", "x", "{", "{\"a\"", "{\"a\":", "{\"a\":\"b", "{\"a\":{\"b\":1",
                           "[{\"a\":1}]", "{\"a\" 1}"}) {
    EXPECT_EQ(json_member(text, "a"), std::nullopt) << text;
  }
}

TEST(JsonUnquoted, IsTheInverseOfWriting) {
  const std::string text = "tab\t quote\" back\\ \u20ac \U0001F600 \x01";
  EXPECT_EQ(json_unquoted(json_string(text)), text);
  EXPECT_EQ(json_unquoted(R"("\ud83d\ude00\/")"), "\U0001F600/");
  for (const char* bad : {"\"", "abc", R"("\x")", R"("\u12")", R"("\ud800")", "\"a\"b\""}) {
    EXPECT_EQ(json_unquoted(bad), std::nullopt) << bad;
  }
}

TEST(FileName, EscapesWhatAPathCannotHold) {
  EXPECT_EQ(escaped_name("/ecs/a/envoy"), "%2Fecs%2Fa%2Fenvoy");
  EXPECT_EQ(escaped_name(".."), "%2E.");
  EXPECT_EQ(escaped_name(""), "%");
  EXPECT_EQ(escaped_name("100%"), "100%25");
}

TEST(FileName, IsReadBack) {
  for (const char* text : {"/ecs/a/envoy", "..", "", "100%", "caf\u00e9 b", ".hidden/x", "a\nb"}) {
    EXPECT_EQ(unescaped_name(escaped_name(text)), text);
  }
  EXPECT_EQ(unescaped_name("%2fecs"), std::nullopt) << "we write upper case";
  EXPECT_EQ(unescaped_name("%4"), std::nullopt);
}

TEST(FileName, StaysShortAndDistinctForLongText) {
  const std::string long_text(300, '/');
  EXPECT_LE(escaped_name(long_text).size(), 230U);
  EXPECT_NE(escaped_name(long_text), escaped_name(long_text + "/"));
  EXPECT_EQ(unescaped_name(escaped_name(long_text)), std::nullopt);
}

TEST(PathBelow, NeverLeavesTheRecording) {
  EXPECT_EQ(path_below("artefacts/task.json"), "artefacts/task.json");
  EXPECT_EQ(path_below("../task.json"), "%2E.%2Ftask.json");
  EXPECT_EQ(path_below("/etc/task.json"), "%2Fetc%2Ftask.json");
  EXPECT_EQ(path_below("a/../../b"), "a%2F..%2F..%2Fb");
}

TEST(TextLayout, CountsCodePointsNotBytes) {
  EXPECT_EQ(writers::display_width("a \u2192 b"), 5U);
  EXPECT_EQ(writers::pad_left("\u2192", 3), "  \u2192");
  EXPECT_EQ(writers::shortened("a \u2192 bcd", 5), "a \u2192 \u2026");
}

TEST(TextLayout, NothingFromAFileSteersTheTerminal) {
  const writers::Ink ink(true);
  const std::string ours = ink(writers::Tone::bad, "ALARM") + "\tx\n\u00fc \U0001F600";
  EXPECT_EQ(writers::for_terminal(ours), ours);
  EXPECT_EQ(writers::for_terminal("a\x1b]0;title\x07\x1b[2J\r\x7f\xC2\x9B"
                                  "b\xC2\xA0"),
            "a\uFFFD]0;title\uFFFD\uFFFD[2J\uFFFD\uFFFD\uFFFDb\u00a0");
}

// A Latin-1 name may end in the byte that begins a C1 code in UTF-8.
TEST(TextLayout, WhatStandsBehindABrokenCharacterStays) {
  const writers::Ink ink(true);
  const std::string broken = "\xC2";
  for (const std::string& text :
       {ink(writers::Tone::bad, "Caf" + broken), broken + "\n" + broken + "A"}) {
    EXPECT_EQ(writers::for_terminal(text), text);
  }
}

TEST(TextLayout, WrapsAtSpaces) {
  EXPECT_EQ(writers::wrapped("one two three", 8), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(writers::wrapped("", 8), std::vector<std::string>{""});
}

TEST(TextLayout, GroupsDigits) {
  EXPECT_EQ(writers::grouped(0), "0");
  EXPECT_EQ(writers::grouped(999), "999");
  EXPECT_EQ(writers::grouped(1234567), "1,234,567");
}

}  // namespace
