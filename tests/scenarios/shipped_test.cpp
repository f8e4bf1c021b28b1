// What ships is valid, and what scenarios/ says of the models and of itself is true.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "models/ec2/instance.hpp"
#include "models/envoy/profile.hpp"
#include "scenarios/schema/names.hpp"
#include "tests/scenarios/loading.hpp"

namespace hoplab::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> files_below(const char* folder, const char* extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(HOPLAB_ROOT) / folder)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(Shipped, EveryScenarioIsValid) {
  int count = 0;
  for (const char* folder : {"scenarios", "examples", "tests/bench"}) {
    for (const fs::path& file : files_below(folder, ".yaml")) {
      sim::Diagnostics diagnostics;
      const auto scenario = load_scenario(file.string(), models::faults::catalogue(), diagnostics);
      std::string told;
      for (const auto& it : diagnostics.sorted()) told += sim::to_string(it) + "\n";
      EXPECT_TRUE(scenario.has_value()) << told;
      ++count;
    }
  }
  EXPECT_GE(count, 20);
}

TEST(Names, InstanceTypesAreThoseOfTheModels) {
  for (const std::string& type : instance_types()) {
    EXPECT_NE(models::ec2::find_instance_type(type), nullptr) << type;
  }
}

TEST(Names, EnvoyProfilesAreThoseOfTheModels) {
  for (const std::string& profile : envoy_profiles()) {
    EXPECT_NE(models::envoy::find_profile(profile), nullptr) << profile;
  }
}

// --- The reference -----------------------------------------------------------------------------

std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), expression);
       it != std::sregex_iterator(); ++it) {
    found.insert((*it)[1].str());
  }
  return found;
}

TEST(Reference, TellsEveryCodeThatTheSourcesUseAndNoOther) {
  std::string sources;
  for (const char* folder : {"scenarios", "models/cloudwatch"}) {
    for (const fs::path& file : files_below(folder, ".cpp")) sources += text_of(file);
  }
  const std::string readme = text_of(fs::path(HOPLAB_ROOT) / "scenarios/README.md");
  EXPECT_EQ(all_matches(sources, "\"([EW][0-9]{4})\""),
            all_matches(readme, "\\n\\| ([EW][0-9]{4}) \\|"));
}

TEST(Reference, HasAHeadingForEveryKey) {
  std::string sources;
  for (const fs::path& file : files_below("scenarios", ".cpp")) {
    const std::string name = file.filename().string();
    if (name.starts_with("read_") || name == "distribution.cpp") sources += text_of(file);
  }
  const std::string readme = text_of(fs::path(HOPLAB_ROOT) / "scenarios/README.md");
  const std::set<std::string> headings = all_matches(readme, "\\n#{2,4} `(?:[^`]*\\.)?(\\w+)`");
  const auto keys = all_matches(sources,
                                "(?:take|take_comparison|require|find|each|has|word)\\(\\s*"
                                "(?:section, )?\"(\\w+)\"");
  EXPECT_GE(keys.size(), 80U);  // Else the expression above has lost its way.
  for (const std::string& key : keys) {
    EXPECT_TRUE(headings.contains(key)) << key;
  }
}

}  // namespace
}  // namespace hoplab::scenarios
