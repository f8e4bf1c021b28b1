// Documents as trees with places, and what is refused before it can do harm.

#include "scenarios/schema/node.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/scenarios/damage.hpp"

namespace hoplab::scenarios {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t mebibyte = 1 << 20;

using Parse = std::optional<Node> (*)(std::string_view, const std::string&, sim::Diagnostics&);

struct Parsed {
  std::optional<Node> root;
  sim::Diagnostics diagnostics;

  [[nodiscard]] std::vector<std::string> places() const {
    std::vector<std::string> all;
    for (const sim::Diagnostic& it : diagnostics.sorted()) {
      all.push_back(fmt::format("{}:{} {}", it.mark.line, it.mark.column, it.code));
    }
    return all;
  }
};

Parsed parsed(Parse parse, std::string_view text) {
  Parsed result;
  result.root = parse(text, "f", result.diagnostics);
  return result;
}

/// "{a@1:1=x@1:4}": keys and values with their places; quoted text in quotes.
std::string outline(const Node& node) {
  std::string text;
  switch (node.kind) {
    case Node::Kind::null:
      text = "-";
      break;
    case Node::Kind::scalar:
      text = node.is_quoted ? '"' + node.text + '"' : node.text;
      break;
    case Node::Kind::sequence:
      for (const Node& item : node.items) text += (text.empty() ? "" : ", ") + outline(item);
      text = "[" + text + "]";
      break;
    case Node::Kind::mapping:
      for (const auto& [key, value] : node.entries) {
        text += fmt::format("{}{}@{}:{}={}", text.empty() ? "" : ", ", key.name, key.mark.line,
                            key.mark.column, outline(value));
      }
      text = "{" + text + "}";
      break;
  }
  return fmt::format("{}@{}:{}", text, node.mark.line, node.mark.column);
}

std::string outline(Parse parse, std::string_view text) {
  const Parsed result = parsed(parse, text);
  return result.root ? outline(*result.root) : testing::PrintToString(result.places());
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  text.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

// --- Places -----------------------------------------------------------------------------------

TEST(Yaml, KeysAndValuesKnowTheirPlaces) {
  EXPECT_EQ(
      outline(parse_yaml, "a: 1\nb:\n  - x\n  - {c: 'y'}\nd:\ne: ~\n"),
      "{a@1:1=1@1:4, b@2:1=[x@3:5, {c@4:6=\"y\"@4:9}@4:5]@3:3, d@5:1=-@5:1, e@6:1=-@6:4}@1:1");
}

TEST(Yaml, ColumnsCountBytes) {
  EXPECT_EQ(outline(parse_yaml, "\xC3\xA9: x\n"), "{\xC3\xA9@1:1=x@1:5}@1:1");
}

TEST(Yaml, AnAliasIsTheValueItStandsFor) {
  EXPECT_EQ(outline(parse_yaml, "a: &x [1, 2]\nb: *x\n"),
            "{a@1:1=[1@1:8, 2@1:11]@1:4, b@2:1=[1@1:8, 2@1:11]@1:4}@1:1");
}

TEST(Yaml, ScalarsKeepTheirSourceText) {
  EXPECT_EQ(outline(parse_yaml, "[010, 1:30, on, 1e999, .nan, 0x10, 7]"),
            "[010@1:2, 1:30@1:7, on@1:13, 1e999@1:17, .nan@1:24, 0x10@1:30, 7@1:36]@1:1");
}

TEST(Json, KeysAndValuesKnowTheirPlaces) {
  EXPECT_EQ(outline(parse_json, "{\"a\": [1, -2.50e3,\n  true],\n\t\"b\\n\": {\"c\": null}}\n"),
            "{a@1:2=[1@1:8, -2.50e3@1:11, true@2:3]@1:7, b\n@3:2={c@3:10=-@3:15}@3:9}@1:1");
}

TEST(Json, StringsAreUnescapedAndMarkedAsText) {
  EXPECT_EQ(outline(parse_json, R"(["\u00e9\"\\", "true", "{,}:", ""])"),
            "[\"\xC3\xA9\"\\\"@1:2, \"true\"@1:16, \"{,}:\"@1:24, \"\"@1:32]@1:1");
}

TEST(Json, BlankSpaceBetweenTokensMovesThePlaces) {
  EXPECT_EQ(outline(parse_json, "\n\n   {\r\n\"a  \"  :\n\n    1  }   \n"), "{a  @4:1=1@6:5}@3:4");
}

// --- What is refused --------------------------------------------------------------------------

struct Trap {
  const char* name;
  std::string text;
  const char* place;  ///< "line:column code" of the only error.
};

void expect_refused(Parse parse, const std::vector<Trap>& traps) {
  for (const Trap& trap : traps) {
    const std::clock_t start = std::clock();
    EXPECT_THAT(parsed(parse, trap.text).places(), ElementsAre(trap.place)) << trap.name;
    // One second without sanitizers; they cost a few times as much.
    EXPECT_LT(std::clock() - start, 6 * CLOCKS_PER_SEC) << trap.name;
  }
}

TEST(Yaml, BytesThatAreNoPlainTextAreRefused) {
  using namespace std::string_literals;
  expect_refused(parse_yaml, {{"byte-order mark",
                               "\xEF\xBB\xBF"
                               "a: 1\n",
                               "1:1 E0102"},
                              {"UTF-16",
                               "\xFF\xFE"
                               "a\0:\0 \0001\0"s,
                               "1:1 E0102"},
                              {"UTF-16 without a mark", "a\0:\0"s, "1:2 E0102"},
                              {"NUL", "a: 1\nb: \0\n"s, "2:4 E0102"},
                              {"Latin-1", "a: caf\xE9\n", "1:7 E0102"},
                              {"surrogate", "a: \xED\xA0\x80\n", "1:4 E0102"},
                              {"overlong", "a: \xC0\xAF\n", "1:4 E0102"},
                              {"escape", "a: \x1B[2J\n", "1:4 E0102"},
                              {"lone carriage return", "a: 1\rb: 2\n", "1:5 E0102"},
                              {"tab", "a:\n\tb: 1\n", "2:1 E0103"},
                              {"size", std::string(mebibyte + 1, 'a'), "1:1 E0101"}});
}

TEST(Yaml, WhatOnlyYamlHasIsRefused) {
  expect_refused(parse_yaml, {{"merge key", "a: &x {b: 1}\nc:\n  <<: *x\n", "3:3 E0109"},
                              {"tag", "a: !!str 1\n", "1:4 E0110"},
                              {"own tag", "a: !Ref b\n", "1:4 E0110"},
                              {"second document", "a: 1\n---\nb: 2\n", "2:1 E0111"},
                              {"document after an end", "a: 1\n...\nb: 2\n", "3:1 E0111"},
                              {"list as key", "[a]: 1\n", "1:1 E0112"},
                              {"mapping as key", "? {a: 1}\n: 2\n", "1:3 E0112"},
                              {"null as key", "~: 1\n", "1:1 E0112"},
                              {"cycle", "a: &x [*x]\n", "1:8 E0107"},
                              {"cycle through a mapping", "a: &x\n  b: {c: *x}\n", "2:10 E0107"},
                              {"unknown alias", "a: *x\n", "1:4 E0104"},
                              {"duplicate key", "a: 1\nb: 2\na: 3\n", "3:1 E0108"},
                              {"duplicate key, quoted", "{a: 1, 'a': 2}\n", "1:8 E0108"}});
}

TEST(Yaml, WhatIsNotClosedIsPointedAt) {
  expect_refused(parse_yaml, {{"list", "a: [1, 2\nb: 3\n", "1:4 E0104"},
                              {"list at the end", "a: [1", "1:4 E0104"},
                              {"only a bracket", "[", "1:1 E0104"},
                              {"inner mapping", "a: [{to: b}, {to: c\nx: 1\n", "1:14 E0104"},
                              {"inner list", "a: {b: [1, 2}\n", "1:8 E0104"},
                              {"bracket in quotes", "a: [']', 2\n", "1:4 E0104"},
                              {"bracket in a comment", "a: [1, # ]\n2\n", "1:4 E0104"},
                              {"one too many", "a: ]\n", "1:4 E0104"},
                              {"single quote", "a: 1\nb: 'x\nc: 1\n", "2:4 E0104"},
                              {"double quote", "a: \"x \\\"\nc: 1\n", "1:4 E0104"},
                              {"quote behind an anchor", "a: &q \"x\nc: 1\n", "1:4 E0104"},
                              {"list beside a mapping", "- a\nb: 1\n", "2:1 E0104"},
                              {"less indented", "  a: 1\nb: 2\n", "2:1 E0104"}});
}

TEST(Yaml, NestingEndsAtSixtyFour) {
  EXPECT_TRUE(parsed(parse_yaml, repeated("[", 64) + repeated("]", 64)).root);
  std::string indented;
  for (std::size_t i = 0; i < 1000; ++i) indented += std::string(i, ' ') + "a:\n";
  expect_refused(parse_yaml, {{"65", repeated("[", 65) + repeated("]", 65), "1:65 E0105"},
                              {"unclosed", repeated("[", mebibyte), "1:65 E0105"},
                              {"mappings", repeated("{a: ", mebibyte / 4), "1:257 E0105"},
                              {"one a line", repeated("[\n", mebibyte / 2), "65:1 E0105"},
                              {"dashes", repeated("- ", mebibyte / 2), "1:129 E0105"},
                              {"indented", indented, "65:65 E0105"}});
}

TEST(Yaml, AliasesNeverGrowIntoBombs) {
  std::string nodes = "a0: &a0 [1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 12; ++i) {
    nodes +=
        fmt::format("a{}: &a{} [{}*a{}]\n", i, i, repeated(fmt::format("*a{}, ", i - 1), 8), i - 1);
  }
  const std::string text = "a: &x '" + std::string(mebibyte / 2, 'y') + "'\n";
  const std::string as_keys = text + "b: [" + repeated("{*x : 1},", 50'000) + "1]\n";
  expect_refused(parse_yaml,
                 {{"values", nodes, "6:5 E0106"},
                  {"text", text + "b: [" + repeated("*x,", 170'000) + "1]\n", "2:53 E0106"},
                  {"text as keys", as_keys, "2:140 E0106"},
                  {"left-out values", "[" + repeated(",", mebibyte - 3) + "]", "1:600001 E0106"}});
}

TEST(Yaml, ADuplicateKeyDoesNotHideTheRest) {
  const Parsed result = parsed(parse_yaml, "a: 1\na: [2]\nb: {c: 1, c: 2, d: 3}\n");
  EXPECT_THAT(result.places(), ElementsAre("2:1 E0108", "3:11 E0108"));
  ASSERT_TRUE(result.root);
  EXPECT_EQ(outline(*result.root), "{a@1:1=1@1:4, b@3:1={c@3:5=1@3:8, d@3:17=3@3:20}@3:4}@1:1");
}

TEST(Yaml, ThousandsOfDuplicatesAreNotAllTold) {
  EXPECT_EQ(parsed(parse_yaml, repeated("a: 1\n", 200'000)).diagnostics.errors(), 1000);
  EXPECT_EQ(
      parsed(parse_json, "{" + repeated("\"a\":0,", 200'000) + "\"b\":0}").diagnostics.errors(),
      1000);
}

TEST(Yaml, LargeFilesThatAreInOrderAreRead) {
  EXPECT_TRUE(parsed(parse_yaml, "[" + repeated("0,", mebibyte / 2 - 1) + "]").root);
  EXPECT_TRUE(parsed(parse_yaml, repeated("#\n", mebibyte / 2)).root);
  EXPECT_TRUE(parsed(parse_yaml, "a: |\n" + repeated(" x\n", mebibyte / 3 - 2)).root);
  EXPECT_TRUE(parsed(parse_yaml, std::string(mebibyte, 'a')).root);
}

TEST(Json, WhatIsNoJsonIsRefusedWhereItStands) {
  using namespace std::string_literals;
  expect_refused(parse_json, {{"nothing", "", "1:1 E0104"},
                              {"cut off", "{\"a\": [1, 2", "1:12 E0104"},
                              {"cut off behind blanks", "{\"a\": 1  \n\n", "3:1 E0104"},
                              {"comma", "{\"a\": 1,\n}", "2:1 E0104"},
                              {"two documents", "{} {}", "1:4 E0104"},
                              {"comment", "{} // x", "1:4 E0104"},
                              {"word", "{\"a\":\n\n  nope}", "3:4 E0104"},
                              {"NaN", "[NaN]", "1:2 E0104"},
                              {"octal", "[010]", "1:4 E0104"},
                              {"too large a number", "[1e999]", "1:6 E0104"},
                              {"half a surrogate pair", R"(["\ud800"])", "1:9 E0104"},
                              {"byte-order mark", "\xEF\xBB\xBF{}", "1:1 E0102"},
                              {"NUL", "[\"\0\"]"s, "1:3 E0102"},
                              {"Latin-1", "[\"\xE9\"]", "1:3 E0102"},
                              {"duplicate key", "{\"a\": 1, \"\\u0061\": 2}", "1:10 E0108"}});
}

TEST(Json, LargeAndDeepFilesAreRefusedSoon) {
  expect_refused(parse_json,
                 {{"size", std::string(16 * mebibyte + 1, ' '), "1:1 E0101"},
                  {"65", repeated("[", 65) + repeated("]", 65), "1:65 E0105"},
                  {"unclosed", repeated("[", 16 * mebibyte), "1:65 E0105"},
                  {"objects", repeated("{\"a\":", 3 * mebibyte), "1:321 E0105"},
                  {"values", "[" + repeated("0,", 8 * mebibyte - 2) + "0]", "1:1000000 E0106"},
                  {"blank lines", repeated("\n", 16 * mebibyte - 1) + "x", "16777216:1 E0104"}});
  EXPECT_TRUE(parsed(parse_json, repeated("[", 64) + repeated("]", 64)).root);
}

// --- Damaged files ----------------------------------------------------------------------------

/// Every place in the tree is one where such a value can begin.
void expect_true_places(const Node& node, const std::vector<std::string>& lines, bool is_json) {
  ASSERT_GE(node.mark.line, 1);
  ASSERT_LE(static_cast<std::size_t>(node.mark.line), lines.size());
  const std::string& line = lines[static_cast<std::size_t>(node.mark.line) - 1];
  ASSERT_GE(node.mark.column, 1);
  ASSERT_LE(static_cast<std::size_t>(node.mark.column), line.size() + 1);
  if (is_json) {
    const std::string there = line.substr(static_cast<std::size_t>(node.mark.column) - 1);
    const std::string begin = node.kind == Node::Kind::mapping    ? "{"
                              : node.kind == Node::Kind::sequence ? "["
                              : node.kind == Node::Kind::null     ? "null"
                              : node.is_quoted                    ? "\""
                                                                  : node.text;
    ASSERT_TRUE(there.starts_with(begin)) << there << " is not " << begin;
  }
  for (const Node& item : node.items) expect_true_places(item, lines, is_json);
  for (const auto& entry : node.entries) expect_true_places(entry.value, lines, is_json);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char byte : text) {
    if (byte == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += byte;
    }
  }
  return lines;
}

void expect_places_in(const sim::Diagnostics& diagnostics, const std::string& text) {
  const std::vector<std::string> lines = lines_of(text);
  for (const sim::Diagnostic& it : diagnostics.sorted()) {
    ASSERT_GE(it.mark.line, 1) << it.message << "\n" << text;
    ASSERT_LE(static_cast<std::size_t>(it.mark.line), lines.size()) << it.message << "\n" << text;
    ASSERT_GE(it.mark.column, 1) << it.message << "\n" << text;
  }
}

TEST(Yaml, DamagedFilesAreReadOrRefusedWithAReason) {
  TextDamage damage(20260105);
  const std::vector<std::string> texts = {shipped_text("scenarios/vanished_security_group.yaml"),
                                          shipped_text("scenarios/vanished_overload.yaml"),
                                          "a: &x {b: [1, 'two', \"three\"]}\nc: [*x, {d: *x}]\n# "
                                          "e\nf: |\n  g\n  h\ni: >-\n  j\nk: ~\n"};
  for (std::size_t round = 0; round < 6000; ++round) {
    const std::string text = damage(texts[round % texts.size()]);
    const Parsed result = parsed(parse_yaml, text);
    const auto all = result.diagnostics.sorted();
    const bool is_readable =
        std::ranges::all_of(all, [](const auto& it) { return it.code == "E0108"; });
    ASSERT_EQ(result.root.has_value(), is_readable) << text;
    expect_places_in(result.diagnostics, text);
    if (result.root) expect_true_places(*result.root, lines_of(text), false);
    if (HasFatalFailure()) FAIL() << text;
  }
}

nlohmann::json as_document(const Node& node) {
  if (node.kind == Node::Kind::mapping) {
    auto object = nlohmann::json::object();
    for (const auto& [key, value] : node.entries) object[key.name] = as_document(value);
    return object;
  }
  if (node.kind == Node::Kind::sequence) {
    auto array = nlohmann::json::array();
    for (const Node& item : node.items) array.push_back(as_document(item));
    return array;
  }
  if (node.is_quoted) return node.text;
  return node.kind == Node::Kind::null ? nlohmann::json() : nlohmann::json::parse(node.text);
}

TEST(Json, DamagedFilesMeanWhatAnotherParserSaysTheyMean) {
  TextDamage damage(20260106);
  const std::vector<std::string> texts = {
      shipped_text("scenarios/talk/b-task-definition.json"),
      shipped_text("scenarios/talk/security-groups.json"),
      R"({"a": [1, -2.5e3, true, null, {"b\n": "\u00e9\ud83d\ude00"}], "c": {}, "d": []})"};
  const std::set<std::string> stricter = {"E0102", "E0105", "E0108"};
  int read = 0;
  for (std::size_t round = 0; round < 6000; ++round) {
    const std::string text = damage(texts[round % texts.size()]);
    const Parsed result = parsed(parse_json, text);
    expect_places_in(result.diagnostics, text);
    const auto all = result.diagnostics.sorted();
    if (std::ranges::any_of(all, [&](const auto& it) { return stricter.contains(it.code); })) {
      continue;
    }
    ASSERT_EQ(result.root.has_value(), nlohmann::json::accept(text)) << text;
    if (!result.root) continue;
    ++read;
    ASSERT_EQ(as_document(*result.root), nlohmann::json::parse(text)) << text;
    expect_true_places(*result.root, lines_of(text), true);
    if (HasFatalFailure()) FAIL() << text;
  }
  EXPECT_GT(read, 500);
}

TEST(Yaml, OrdinaryFilesHaveNoComplaints) {
  for (const char* path : {"scenarios/w3.yaml", "scenarios/talk_two_hops.yaml"}) {
    const Parsed result = parsed(parse_yaml, shipped_text(path));
    EXPECT_THAT(result.places(), IsEmpty()) << path;
    EXPECT_TRUE(result.root) << path;
  }
}

}  // namespace
}  // namespace hoplab::scenarios
