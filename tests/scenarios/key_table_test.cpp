// The table of the language, the readers and scenarios/README.md know the same keys.
#include "scenarios/schema/language.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

namespace fs = std::filesystem;
using Keys = std::set<std::string>;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string readme() { return text_of(fs::path(HOPLAB_ROOT) / "scenarios/README.md"); }

std::vector<std::smatch> all_matches(const std::string& text, const std::regex& expression) {
  return {std::sregex_iterator(text.begin(), text.end(), expression), std::sregex_iterator()};
}

TEST(KeyTable, IsWhatTheReferenceHasHeadingsFor) {
  Keys headings;
  const std::string text = readme();
  static const std::regex heading("\\n#{2,4} `([^`]+)`");
  for (const auto& match : all_matches(text, heading)) headings.insert(match[1].str());
  Keys paths;
  for (const Key& key : language()) {
    EXPECT_TRUE(paths.insert(std::string(key.path)).second) << key.path << " stands there twice";
  }
  EXPECT_EQ(paths, headings);
}

TEST(KeyTable, HasTheDefaultsOfTheReference) {
  std::map<std::string, std::string> defaults;
  const std::string text = std::regex_replace(readme(), std::regex("\\s+"), " ");
  static const std::regex entry("#{2,4} `([^`]+)` Default: (.*?)\\. Type: ");
  for (const auto& match : all_matches(text, entry)) defaults[match[1].str()] = match[2].str();
  EXPECT_GE(defaults.size(), 140U);  // Else the expression above has lost its way.
  for (const Key& key : language()) {
    const auto found = defaults.find(std::string(key.path));
    if (found == defaults.end()) continue;  // One of the chapters, which tell it in words.
    EXPECT_EQ(key.otherwise, found->second) << key.path;
  }
}

TEST(KeyTable, HasAParentForEachKey) {
  Keys containers = {"", "DIST"};
  for (const Key& key : language()) {
    const std::string path(key.path);
    EXPECT_TRUE(containers.contains(std::string(parent_of(path)))) << path;
    containers.insert({path, path + "[]", path + ".<name>"});
  }
}

TEST(KeyTable, ItsChoicesAreAmongItsKeys) {
  for (const Choice& choice : language_choices()) {
    for (const auto& word : words_of(choice.keys)) {
      const std::string path = std::string(choice.mapping) + "." + word;
      EXPECT_TRUE(std::ranges::any_of(language(), [&](const Key& key) { return key.path == path; }))
          << path;
    }
  }
}

// --- The readers ---------------------------------------------------------------------------------

/// The keys of each mapping of the table.
std::map<std::string, Keys> mappings() {
  std::map<std::string, Keys> all;
  for (const Key& key : language()) {
    all[std::string(parent_of(key.path))].insert(std::string(last_key_of(key.path)));
  }
  return all;
}

bool is_open(const std::string& mapping) {
  return std::ranges::any_of(language(), [&](const Key& key) {
    return key.type.kind == Kind::open_list && mapping == std::string(key.path) + "[]";
  });
}

bool holds(const Keys& large, const Keys& small) { return std::ranges::includes(large, small); }

/// The lists of keys that the readers hand to Section, as they stand in the sources.
std::vector<Keys> lists_of_the_readers() {
  static const std::regex list("Section \\w+\\(\\s*[^;{}]*\\{((?:\\s*\"\\w+\",?)+)\\s*\\}");
  static const std::regex word("\"(\\w+)\"");
  std::vector<Keys> all;
  for (const auto& entry : fs::directory_iterator(fs::path(HOPLAB_ROOT) / "scenarios/schema")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = text_of(entry.path());
    for (const auto& match : all_matches(text, list)) {
      Keys keys;
      const std::string words = match[1].str();
      for (const auto& it : all_matches(words, word)) keys.insert(it[1].str());
      all.push_back(std::move(keys));
    }
  }
  return all;
}

TEST(KeyTable, HasEveryKeyOfTheReaders) {
  const auto lists = lists_of_the_readers();
  EXPECT_GE(lists.size(), 25U);  // Else the expression above has lost its way.
  const auto known = mappings();
  for (const Keys& keys : lists) {
    EXPECT_TRUE(std::ranges::any_of(
        known,
        [&](const auto& mapping) {
          return keys == mapping.second || (is_open(mapping.first) && holds(keys, mapping.second));
        }))
        << "a reader takes " << testing::PrintToString(keys)
        << ", which are the keys of no mapping of the table";
  }
}

/// "services.<name>.calls[].to" with a value, as a scenario of nothing else.
std::string alone(std::string_view path, std::string_view value) {
  std::string before;
  std::string behind;
  while (!path.empty()) {
    const auto dot = std::min(path.find('.'), path.size());
    std::string name(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
    const bool is_list = name.ends_with("[]");
    if (is_list) name.resize(name.size() - 2);
    before += "{" + (name == "<name>" ? "some" : name) + ": " + (is_list ? "[" : "");
    behind.insert(0, is_list ? "]}" : "}");
  }
  return before + std::string(value) + behind;
}

TEST(KeyTable, HasNoKeyThatTheReadersDoNotTake) {
  for (const Key& key : language()) {
    std::string path(key.path);
    if (path.starts_with("DIST.")) continue;  // Those come with every distribution.
    const std::string example = key.example.empty() ? "1" : std::string(key.example);
    const std::string text = alone(path, example);
    sim::Diagnostics diagnostics;
    try {
      (void)parse_scenario(text, "folder/alone.yaml", models::faults::catalogue(), diagnostics);
    } catch (const FileError&) {  // An artefact that is not there.
    }
    for (const auto& it : diagnostics.sorted()) {
      EXPECT_NE(it.code, "E0201") << text << "\n" << sim::to_string(it);
    }
  }
}

}  // namespace
}  // namespace hoplab::scenarios
