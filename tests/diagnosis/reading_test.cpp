// How the text of recordings is taken apart quickly, and that the quick way gives up in time.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "report/diagnosis/line_file.hpp"
#include "report/diagnosis/quick_text.hpp"
#include "report/recording/json_text.hpp"
#include "tests/report/temporary_folder.hpp"

namespace hoplab::report::diagnosis {
namespace {

TEST(QuickText, DecodesAStringUpToItsClosingQuote) {
  std::string out;
  const std::string text = R"("a \"b\" c:\\d","next")";
  EXPECT_EQ(decode_string(text, 1, out), std::string_view(R"("a \"b\" c:\\d")").size());
  EXPECT_EQ(out, R"(a "b" c:\d)");
}

TEST(QuickText, LeavesOtherEscapesAndBrokenStringsToTheCompleteReader) {
  std::string out;
  EXPECT_EQ(decode_string(R"("tab\there")", 1, out), std::string::npos);
  EXPECT_EQ(decode_string(R"("breaks off)", 1, out), std::string::npos);
  EXPECT_EQ(decode_string("\"breaks off\\", 1, out), std::string::npos);
}

TEST(QuickText, DecodesWhatAnApplicationSaidWithinARecordWithinAnEvent) {
  const std::string said = R"({"msg":"it said \"no\"","path":"C:\\x"})";
  const std::string record = R"({"log":)" + recording::json_string(said) + R"(,"more":1})";
  const std::string event = recording::json_string(record);
  const std::string key = R"({\"log\":\")";
  std::string out;
  ASSERT_TRUE(decode_inner_string(event, event.find(key) + key.size(), out));
  EXPECT_EQ(out, said);
}

TEST(QuickText, GivesUpOnAnInnerStringThatBreaksOff) {
  std::string out;
  EXPECT_FALSE(decode_inner_string(R"(no end)", 0, out));
  EXPECT_FALSE(decode_inner_string(R"(tab \\t here\")", 0, out));
  EXPECT_FALSE(decode_inner_string(R"(the outer one ends")", 0, out));
}

TEST(QuickText, VisitsTheMembersOfAFlatObjectAndNoOther) {
  std::vector<std::string> seen;
  const auto take = [&](std::string_view name, std::string_view value) {
    seen.push_back(std::string(name) + "=" + std::string(value));
  };
  EXPECT_TRUE(for_each_flat_member(R"({"a":1,"b":"x,\"}y","c":true})", take));
  EXPECT_EQ(seen, (std::vector<std::string>{"a=1", R"(b="x,\"}y")", "c=true"}));
  for (const char* const other : {"", "{", "{}", "[1]", R"({"a":{"b":1}})", R"({"a":[1]})",
                                  R"({"a":1)", R"({"a)", R"({"a":"x)", R"({"a" :1})"}) {
    EXPECT_FALSE(for_each_flat_member(other, take)) << other;
  }
}

TEST(LineFile, GivesEveryLineWhateverItsLengthAndTheLastOneWithoutANewline) {
  const testing::TemporaryFolder folder;
  const std::string longest(3'000'000, 'x');
  testing::write_bytes(folder / "f", "one\n\n" + longest + "\nlast");
  LineFile lines(folder / "f");
  std::string_view line;
  ASSERT_TRUE(lines.next(line));
  EXPECT_EQ(line, "one");
  ASSERT_TRUE(lines.next(line));
  EXPECT_EQ(line, "");
  ASSERT_TRUE(lines.next(line));
  EXPECT_EQ(line.size(), longest.size());
  ASSERT_TRUE(lines.next(line));
  EXPECT_EQ(line, "last");
  EXPECT_EQ(lines.number(), 4U);
  EXPECT_FALSE(lines.next(line));
}

}  // namespace
}  // namespace hoplab::report::diagnosis
