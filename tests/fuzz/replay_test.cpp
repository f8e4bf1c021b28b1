// What the fuzzers have found, and where they start from, read again without them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/targets.hpp"

namespace hoplab::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_below(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const bool is_wanted = extension.empty() || entry.path().extension() == extension;
    if (entry.is_regular_file() && is_wanted) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A broken promise ends this process, and ctest says which test did.
void replay(const Target& target, const std::vector<fs::path>& files) {
  EXPECT_GE(files.size(), 3U) << target.name;
  for (const auto& file : files) {
    SCOPED_TRACE(file.string());
    EXPECT_NO_THROW(target.run(bytes_of(file)));
  }
}

TEST(Fuzz, EveryCorpusIsReadWithoutAFinding) {
  for (const Target& target : targets()) {
    replay(target, files_below(fs::path(HOPLAB_ROOT) / "tests/fuzz/corpus" / target.name, ""));
  }
}

TEST(Fuzz, WhatShipsIsReadWithoutAFinding) {
  for (const Target& target : targets()) {
    const char* const extension = target.name == "scenario" ? ".yaml" : ".json";
    replay(target, files_below(fs::path(HOPLAB_ROOT) / "scenarios", extension));
  }
}

TEST(Fuzz, EveryFolderOfTheCorpusHasItsTarget) {
  for (const auto& entry : fs::directory_iterator(fs::path(HOPLAB_ROOT) / "tests/fuzz/corpus")) {
    EXPECT_NE(find_target(entry.path().filename().string()), nullptr) << entry.path();
  }
}

}  // namespace
}  // namespace hoplab::fuzz
