// Valid scenarios with random damage: the reader neither crashes nor takes long, and what it
// refuses it tells.

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "scenarios/schema/long_form.hpp"
#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> seeds() {
  std::vector<std::string> texts;
  for (const char* name : {"vanished_security_group.yaml", "vanished_crash.yaml", "w3.yaml",
                           "security_group_bites_later.yaml", "vanished_overload.yaml",
                           "talk_long_form.yaml", "canary_90_10.yaml"}) {
    std::ifstream file(fs::path(HOPLAB_ROOT) / "scenarios" / name, std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    EXPECT_FALSE(texts.back().empty()) << name;
  }
  return texts;
}

class Damage {
 public:
  explicit Damage(unsigned seed) : random_(seed) {}

  std::string operator()(std::string text) {
    const int edits = 1 + below(4);
    for (int i = 0; i < edits && !text.empty(); ++i) edit(text);
    return text;
  }
  int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }

 private:
  void edit(std::string& text) {
    // Bytes that mean something to the language come up more often.
    static const std::string telling = "{}[]:,-'\"&*!|>~#0123456789.%<= \n\tmspabeE\x80\xff";
    const auto at = static_cast<std::size_t>(below(static_cast<int>(text.size())));
    const auto length = static_cast<std::size_t>(1 + below(12));
    const char byte = telling[static_cast<std::size_t>(below(static_cast<int>(telling.size())))];
    switch (below(5)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(at, text.substr(static_cast<std::size_t>(below(static_cast<int>(text.size()))),
                                    length));
        break;
      default:
        text[at] = static_cast<char>(below(256));
        break;
    }
  }

  std::mt19937 random_;
};

/// Whatever the reader takes, the long form says.
void expect_the_same_in_the_long_form(const Scenario& scenario) {
  const std::string text = long_form(scenario);
  const Loaded again = load_text(text);
  ASSERT_TRUE(again.scenario) << testing::PrintToString(again.messages()) << "\n" << text;
  ASSERT_EQ(long_form(*again.scenario), text);
}

TEST(Mutation, DamagedScenariosAreReadOrRefusedWithAReason) {
  const std::vector<std::string> texts = seeds();
  Damage damage(20260105);
  int valid = 0;
  const auto start = std::chrono::steady_clock::now();
  constexpr int rounds = 4000;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = damage(texts[static_cast<std::size_t>(round) % texts.size()]);
    Loaded loaded;
    try {
      loaded = load_text(text);
    } catch (const FileError&) {
      continue;  // It names an artefact now, which is not there.
    }
    ASSERT_EQ(loaded.scenario.has_value(), !loaded.diagnostics.has_errors()) << text;
    valid += loaded.scenario ? 1 : 0;
    if (loaded.scenario && valid % 100 == 0) expect_the_same_in_the_long_form(*loaded.scenario);
    for (const sim::Diagnostic& it : loaded.diagnostics.sorted()) {
      ASSERT_GE(it.mark.line, 1) << it.message << "\n" << text;
      ASSERT_GE(it.mark.column, 1) << it.message << "\n" << text;
    }
  }
  EXPECT_GT(valid, 0);
  EXPECT_LT(valid, rounds);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST(Mutation, ThousandsOfMistakesDoNotTakeLong) {
  std::string text = "hoplab: 1\nduration: 5m\nservices:\n";
  for (int i = 0; i < 9000; ++i) {
    text += fmt::format("  service-{}: {{calls: [{{to: sarvice-{}}}, {{to: service-{}}}]}}\n", i, i,
                        i + 1);
  }
  text += "  service-9000: {}\n";
  ASSERT_LT(text.size(), std::size_t{1} << 20);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(load_text(text).diagnostics.errors(), 9000);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace hoplab::scenarios
