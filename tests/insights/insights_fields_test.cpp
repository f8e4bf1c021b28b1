// The fields of a message are found in three ways: while it is still a JSON string of its line, in
// the decoded message, and, for values of jsonParse, several in one pass. Whatever a line has in
// it, they find the same; and what they find is what a JSON library reads.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/insights/event_reader.hpp"
#include "report/insights/json_value.hpp"
#include "report/recording/json_quotes.hpp"
#include "report/recording/json_text.hpp"
#include "sim/random.hpp"

namespace hoplab::report::insights {
namespace {

using Path = std::vector<std::string>;

/// What the queries ask for; the last ones have names that need escapes, or dots.
const std::vector<Path>& paths() {
  static const std::vector<Path> list = {{"a"},      {"log"},    {"b"},          {"n"}, {"a", "b"},
                                         {"c", "0"}, {"d", "e"}, {"say \"hi\""}, {"é"}, {"x\\y"}};
  return list;
}

/// Messages that make a reader of spelt JSON stumble.
const std::vector<std::string>& messages() {
  static const std::vector<std::string> list = {
      R"({"a":"x","log":"{\"status\":200}","b":1})",
      R"({"b":1,"log":"{\"a\":\"say \\\"hi\\\"\"}","a":"x","n":null})",
      R"({"a":"one","a":"two","n":null,"n":3,"b":"","b":"late"})",
      R"({"log":"\"a\":\"not here\"","a":"here","b":"\"b\":2"})",
      R"({"log":"\\","a":"\\\\","b":"\\\"","n":"\\n"})",
      R"({"log":"ends with a backslash \\","a":"\"","b":"\"\""})",
      R"({"\u0061":"escaped key","b":"\u0062 escaped value","n":1})",
      R"({"\u0061":"escaped key","z":"two of them","a":"\ud83d\ude00"})",
      R"({"log":"{\"a\":1}\n","a":"\ud83d\ude00","b":"q\\\"","n":-0.5})",
      R"({"say \"hi\"":1,"é":"ü","x\\y":"z","a":"tab\there","b":"line\nbreak"})",
      R"({"a":{"b":"inner"},"c":["first",2],"d":{"e":{"a":1}},"n":-1.5e3})",
      R"({"a.b":"with a dot","a":{"b":"later"}})",
      R"({ "a" : "blanks" , "b" : [ 1 , 2 ] , "n" : true })",
      R"({"z":{"a":"too deep"},"y":["a","b"],"n":false,"a":12})",
      R"({"a":"broken off)",
      R"({"a":"x","b":)",
      R"({"a":"x","b":tru})",
      R"({"a":"x","b":,"n":1})",
      R"({"a":"x" "b":1})",
      R"({"a":"x"},"b":1})",
      R"({"a":"x"]"b":1})",
      R"({"a"x:1,"b":2})",
      R"({a:1,"b":2})",
      R"({"a":"bad \q escape","b":1})",
      R"({"a":"bad \u12 escape","b":1})",
      R"({"z":"bad \q escape","b":1})",
      R"({"b":1,"z":"bad \ud800 escape"})",
      R"({"b":12"34","a":"x"})",
      R"({"":"no name","a":""})",
      R"({"a":"0123456789abcdef","b":"0123456789abcde","n":0123456789})",
      R"({"a":"\/slash","b":"\b\f\r","log":"{\"a\":\"\\u0041\"}"})",
      "{\"a\":\"a raw\nline\",\"b\":\"\x01\xff\xc3\"}",
      "  {\"a\":\"blanks around\"}  ",
      "{\"a\":\"x\"} and text",
      "{}",
      "{",
      "",
      "no JSON",
      "[1,2]",
      "\"a\"",
      std::string(400, '['),
      "{\"a\":" + std::string(200, '[') + std::string(200, ']') + ",\"b\":1}",
      "{\"z\":\"" + std::string(500, '\\') + "\",\"a\":\"x\"}",
      "{\"z\":\"" + std::string(501, '\\') + "\",\"a\":\"x\"}",
      "{\"z\":\"" + std::string(59, 'z') + "\",\"a\":\"" + std::string(64, 'y') + "\"}"};
  return list;
}

/// Each slot as a word for its kind and its text.
std::vector<std::string> told(const std::vector<Value>& values) {
  std::vector<std::string> list;
  for (const Value& value : values) {
    list.push_back(std::to_string(static_cast<int>(value.kind)) + " " + shown(value));
  }
  return list;
}

/// Both ways over one spelt message, for the first `count` paths.
class BothWays {
 public:
  explicit BothWays(std::span<const Path> wanted) {
    for (std::size_t i = 0; i < wanted.size(); ++i) fields_.add(wanted[i], i);
    fast_.resize(wanted.size());
    slow_.resize(wanted.size());
  }

  void expect_same(const std::string& spelt) {
    arena_.reset();
    RawEvent event;
    event.message = spelt;
    event.is_spelt = true;
    std::string_view message;
    const bool is_readable = message_text(event, buffer_, message);
    fields_.scan(is_readable ? message : std::string_view(), slow_, arena_);
    if (!fields_.scan_spelt(spelt, fast_, arena_)) return;
    ++taken;
    EXPECT_EQ(told(fast_), told(slow_)) << spelt;
  }

  int taken = 0;

 private:
  Projection fields_;
  Arena arena_;
  std::string buffer_;
  std::vector<Value> fast_;
  std::vector<Value> slow_;
};

TEST(InsightsFields, ASpeltMessageHasTheFieldsOfTheDecodedOne) {
  int taken = 0;
  for (const Path& path : paths()) {
    BothWays one({&path, 1});
    for (const std::string& message : messages()) one.expect_same(recording::json_string(message));
    taken += one.taken;
  }
  BothWays all(paths());
  for (const std::string& message : messages()) all.expect_same(recording::json_string(message));
  EXPECT_GT(taken, 60);
}

TEST(InsightsFields, DamagedLinesHaveTheSameFieldsInBothWays) {
  constexpr std::string_view bytes = "\"\\{}[]:,/u0\n\x80 -ab";
  auto chance = sim::Rng::stream(7, "fields");
  const auto below = [&](std::size_t bound) { return chance.bits() % bound; };
  std::vector<BothWays> ways;
  for (std::size_t count = 1; count <= 4; ++count)
    ways.emplace_back(std::span(paths()).first(count));
  for (int i = 0; i < 40'000; ++i) {
    std::string spelt = recording::json_string(messages()[below(messages().size())]);
    for (std::size_t times = below(3); times > 0 && !spelt.empty(); --times) {
      const std::size_t at = below(spelt.size());
      const std::size_t kind = below(3);
      if (kind == 0) spelt[at] = bytes[below(bytes.size())];
      if (kind == 1) spelt.insert(at, 1, bytes[below(bytes.size())]);
      if (kind == 2) spelt.erase(at, 1 + below(3));
    }
    ways[below(ways.size())].expect_same(spelt);
  }
  for (const BothWays& way : ways) EXPECT_GT(way.taken, 500);
}

TEST(InsightsFields, FieldsOfGoodJsonAreThoseOfALibrary) {
  int found = 0;
  for (const std::string& message : messages()) {
    const auto document = nlohmann::json::parse(message, nullptr, false);
    const bool has_double_names =
        message.find("two") != std::string::npos;  // The library has the last ones.
    if (!document.is_object() || has_double_names) continue;
    for (const char* const name : {"a", "log", "b", "n", "é", "x\\y", "say \"hi\""}) {
      if (!document.contains(name) || document.at(name).is_structured()) continue;
      Projection fields;
      fields.add({name}, 0);
      Arena arena;
      std::vector<Value> values(1);
      const std::string spelt = recording::json_string(message);
      if (!fields.scan_spelt(spelt, values, arena)) fields.scan(message, values, arena);
      const auto& wanted = document.at(name);
      if (wanted.is_string()) {
        EXPECT_EQ(values[0].text, wanted.get<std::string>()) << message;
      }
      if (wanted.is_number()) {
        EXPECT_EQ(number_of(values[0]), wanted.get<double>()) << message;
      }
      if (wanted.is_boolean()) {
        EXPECT_EQ(is_true(values[0]), wanted.get<bool>()) << message;
      }
      EXPECT_EQ(values[0].is_missing(), wanted.is_null()) << message;
      ++found;
    }
  }
  EXPECT_GT(found, 40);
}

TEST(InsightsFields, AKeyIsWhatItsSpellingStandsFor) {
  const std::string message = R"({"x\\y":1,"\u0061":2})";
  Projection fields;
  fields.add({"x\\y"}, 0);
  fields.add({R"(x\\y)"}, 1);  // As the key is spelt.
  fields.add({"a"}, 2);
  Arena arena;
  std::vector<Value> values(3);
  fields.scan(message, values, arena);
  EXPECT_EQ(shown(values[0]), "1");
  EXPECT_TRUE(values[1].is_missing());
  EXPECT_EQ(shown(values[2]), "2");
}

TEST(InsightsFields, OnePassFindsWhatAPassForEachPathFinds) {
  JsonPaths together;
  for (std::size_t i = 0; i < paths().size(); ++i) EXPECT_EQ(together.add(paths()[i], i), i);
  EXPECT_EQ(together.add(paths()[4], 99), 4U) << "a path that is there already keeps its slot";
  std::vector<Value> values(paths().size());
  int found = 0;
  for (const std::string& message : messages()) {
    Arena arena;
    together.read(message, values, arena);
    for (std::size_t i = 0; i < paths().size(); ++i) {
      const Value alone = json_at(message, paths()[i], arena);
      EXPECT_EQ(told({values[i]}), told({alone})) << message;
      found += alone.is_missing() ? 0 : 1;
    }
  }
  EXPECT_GT(found, 40);
}

TEST(InsightsFields, QuotesAreFoundAlikeWithAndWithoutTheMachinesHelp) {
  auto chance = sim::Rng::stream(3, "quotes");
  for (int i = 0; i < 10'000; ++i) {
    std::string bytes(sim::byte_block, '\0');
    for (char& byte : bytes) {
      constexpr std::string_view near = "\"\\!#[]\x22\x23\xa2\xdc\x80\x7f";
      byte = chance.bits() % 2 == 0 ? near[chance.bits() % near.size()]
                                    : static_cast<char>(chance.bits() % 256);
    }
    std::uint32_t wanted = 0;
    std::uint32_t special = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      wanted |= bytes[at] == '"' ? 1U << at : 0U;
      special |= sim::is_special_byte(static_cast<unsigned char>(bytes[at])) ? 1U << at : 0U;
    }
    EXPECT_EQ(sim::special_bits(bytes.data()), special);
    EXPECT_EQ(sim::by_words::special_bits(bytes.data()), special);
    EXPECT_EQ(sim::equal_bits(bytes.data(), '"'), wanted);
    EXPECT_EQ(sim::by_words::equal_bits(bytes.data(), '"'), wanted);
    EXPECT_EQ(sim::by_words::equal_bits(bytes.data(), '\\'), sim::equal_bits(bytes.data(), '\\'));
  }
}

}  // namespace
}  // namespace hoplab::report::insights
