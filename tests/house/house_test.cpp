// The project against its own rules. Each rule is shown to bite in rules_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/house/rules.hpp"

namespace hoplab::house {
namespace {

using testing::IsEmpty;

const std::vector<SourceFile>& project() {
  static const std::vector<SourceFile> files = cpp_files(HOPLAB_ROOT);
  return files;
}

TEST(House, TheProjectIsFoundAtAll) { EXPECT_GT(project().size(), 20U); }

TEST(House, EveryIncludePointsDownwards) { EXPECT_THAT(upward_includes(project()), IsEmpty()); }

TEST(House, ThirdPartiesStayInTheirRooms) {
  EXPECT_THAT(stray_third_parties(project()), IsEmpty());
}

TEST(House, FunctionsFilesAndLinesKeepTheirLimits) { EXPECT_THAT(oversizes(project()), IsEmpty()); }

TEST(House, TextIsTidy) { EXPECT_THAT(untidy_text(project()), IsEmpty()); }

TEST(House, NothingInTheSimulatedPathDependsOnTheMachine) {
  EXPECT_THAT(undetermined(project()), IsEmpty());
}

}  // namespace
}  // namespace hoplab::house
