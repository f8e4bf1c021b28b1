// Each house rule on planted text: what it must find, and what it must let pass.
#include "tests/house/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hoplab::house {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<SourceFile> file(std::string path, std::string text) {
  return {{std::move(path), std::move(text)}};
}

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "  f();\n";
  return text;
}

TEST(FloorPlan, FindsAnIncludeThatPointsUp) {
  EXPECT_THAT(upward_includes(file("sim/a.cpp", "\n#include \"models/world.hpp\"\n")),
              ElementsAre("sim/a.cpp:2: includes models/world.hpp, which stands above sim"));
  EXPECT_THAT(upward_includes(file("scenarios/schema/a.hpp", "#include <report/x.hpp>\n")),
              ElementsAre(HasSubstr("stands above scenarios")));
  EXPECT_THAT(upward_includes(file("report/a.cpp", "#include \"tests/house/rules.hpp\"\n")),
              ElementsAre(HasSubstr("stands above report")));
}

TEST(FloorPlan, LetsAnIncludeThatPointsDownPass) {
  EXPECT_THAT(upward_includes(file("report/a.cpp", "#include \"sim/units.hpp\"\n")), IsEmpty());
  EXPECT_THAT(upward_includes(file("tests/a.cpp", "#include \"report/x.hpp\"\n")), IsEmpty());
}

TEST(FloorPlan, DoesNotReadCommentsOrStrings) {
  EXPECT_THAT(upward_includes(file("sim/a.cpp",
                                   "// #include \"models/world.hpp\"\n"
                                   "/*\n#include \"models/world.hpp\"\n*/\n")),
              IsEmpty());
  EXPECT_THAT(
      upward_includes(file("sim/a.cpp", "auto x = R\"(\n#include \"models/a.hpp\"\n)\";\n")),
      IsEmpty());
}

TEST(FloorPlan, FindsAHeaderNamedFromItsNeighbour) {
  EXPECT_THAT(upward_includes(file("sim/a.cpp", "#include \"../models/world.hpp\"\n")),
              ElementsAre(HasSubstr("below the root")));
}

TEST(FloorPlan, KeepsTheOrderInsideModels) {
  EXPECT_THAT(upward_includes(file("models/envoy/a.cpp", "#include \"models/vpc/b.hpp\"\n")),
              IsEmpty());
  EXPECT_THAT(upward_includes(file("models/envoy/a.cpp", "#include \"models/envoy/b.hpp\"\n")),
              IsEmpty());
  EXPECT_THAT(upward_includes(file("models/envoy/a.cpp", "#include \"models/appmesh/b.hpp\"\n")),
              ElementsAre(HasSubstr("no lower in models/")));
  EXPECT_THAT(upward_includes(file("models/app/a.cpp", "#include \"models/envoy/b.hpp\"\n")),
              ElementsAre(HasSubstr("no lower in models/")));
  EXPECT_THAT(upward_includes(file("models/faults/a.cpp", "#include \"models/world.hpp\"\n")),
              ElementsAre(HasSubstr("no lower in models/")));
}

TEST(FloorPlan, WantsAPlaceInTheOrderForANewPartOfModels) {
  EXPECT_THAT(upward_includes(file("models/magic/a.cpp", "#include \"models/vpc/b.hpp\"\n")),
              ElementsAre(HasSubstr("models/magic has no place in the order")));
}

TEST(FloorPlan, AFileInNoFolderOfModelsIsBelowAll) {
  EXPECT_THAT(upward_includes(file("models/vpc/a.cpp", "#include \"models/slab.hpp\"\n")),
              IsEmpty());
  EXPECT_THAT(upward_includes(file("models/slab.hpp", "#include \"models/telemetry/b.hpp\"\n")),
              ElementsAre(HasSubstr("no lower in models/")));
}

TEST(FloorPlan, OnlyTheCommandLineStartsAWorld) {
  const std::string text = "#include \"models/world.hpp\"\n";
  EXPECT_THAT(upward_includes(file("report/cli/run.cpp", text)), IsEmpty());
  EXPECT_THAT(upward_includes(file("report/writers/a.cpp", text)),
              ElementsAre(HasSubstr("only report/cli starts a world")));
  EXPECT_THAT(upward_includes(file("report/writers/a.cpp", "#include \"report/cli/x.hpp\"\n")),
              ElementsAre(HasSubstr("cli is the roof")));
}

TEST(ThirdParties, AreFoundOutsideOfTheirRooms) {
  EXPECT_THAT(stray_third_parties(file("models/a.cpp", "#include <simgrid/s4u.hpp>\n")),
              ElementsAre("models/a.cpp:1: may not know simgrid/s4u.hpp"));
  EXPECT_THAT(stray_third_parties(file("report/a.cpp", "#include <yaml-cpp/yaml.h>\n")),
              ElementsAre(HasSubstr("may not know yaml-cpp/yaml.h")));
  EXPECT_THAT(stray_third_parties(file("report/a.hpp", "#include <nlohmann/json.hpp>\n")),
              ElementsAre(HasSubstr("may not know nlohmann/json.hpp")));
  EXPECT_THAT(stray_third_parties(file("report/writers/a.cpp", "#include <CLI/CLI.hpp>\n")),
              ElementsAre(HasSubstr("may not know CLI/CLI.hpp")));
}

TEST(ThirdParties, AreAtHomeInTheirRooms) {
  EXPECT_THAT(stray_third_parties(file("sim/engine.cpp", "#include <simgrid/s4u.hpp>\n")),
              IsEmpty());
  EXPECT_THAT(stray_third_parties(file("report/a.hpp", "#include <nlohmann/json_fwd.hpp>\n")),
              IsEmpty());
}

TEST(ThirdParties, HaveNoSecondRoom) {
  const std::string text = "#include <yaml-cpp/yaml.h>\n";
  EXPECT_THAT(
      stray_third_parties({{"scenarios/schema/a.cpp", text}, {"scenarios/schema/b.cpp", text}}),
      ElementsAre("yaml-cpp/ is known to 2 files, not 1"));
}

TEST(Sizes, AFunctionMayFillSixtyLinesAndNoMore) {
  EXPECT_THAT(oversizes(file("a.cpp", "void g() {\n" + lines(58) + "}\n")), IsEmpty());
  EXPECT_THAT(oversizes(file("a.cpp", "\nvoid g() {\n" + lines(59) + "}\n")),
              ElementsAre("a.cpp:2: 61 lines: void g()"));
}

TEST(Sizes, AFunctionIsFoundInsideOfScopes) {
  EXPECT_THAT(oversizes(file("a.cpp", "namespace n {\nclass C {\n public:\n  void g() const {\n" +
                                          lines(60) + "  }\n};\n}\n")),
              ElementsAre("a.cpp:4: 62 lines: void g() const"));
  EXPECT_THAT(oversizes(file("a.cpp", "template <class T = int>\nC<T>::C() : a_{1}, b_(2) {\n" +
                                          lines(60) + "}\n")),
              ElementsAre(HasSubstr("a.cpp:1: 63 lines: template")));
  EXPECT_THAT(oversizes(file("a.cpp", "const auto g = [](int x) {\n" + lines(60) + "};\n")),
              ElementsAre(HasSubstr("62 lines: const auto g")));
  EXPECT_THAT(oversizes(file("a.cpp", "C& C::operator=(const C& x) {\n" + lines(60) + "}\n")),
              ElementsAre(HasSubstr("62 lines: C& C::operator=")));
}

TEST(Sizes, ABraceAmongTheParametersIsNoBody) {
  EXPECT_THAT(oversizes(file("a.cpp", "T make(T value = {}) {\n" + lines(60) + "}\n")),
              ElementsAre("a.cpp:1: 62 lines: T make(T value = {})"));
}

TEST(Sizes, ScopesAndTablesAreNoFunctions) {
  EXPECT_THAT(oversizes(file("a.cpp", "namespace n {\n" + lines(100) + "}\n")), IsEmpty());
  EXPECT_THAT(oversizes(file("a.cpp", "enum class E {\n" + lines(100) + "};\n")), IsEmpty());
  EXPECT_THAT(oversizes(file("a.cpp", "const auto t = to_array<T>({\n" + lines(100) + "});\n")),
              IsEmpty());
}

TEST(Sizes, BracesInLiteralsAndCommentsDoNotCount) {
  EXPECT_THAT(oversizes(file("a.cpp", "void g() { f('}', \"}\"); /* } */ }\n" + lines(70))),
              IsEmpty());
  EXPECT_THAT(
      oversizes(file("a.cpp", "void g() {\n  f('{', \"{\\\"{\", 1'000);  // {\n}\n" + lines(70))),
      IsEmpty());
  EXPECT_THAT(oversizes(file("a.cpp", "void g() {\n  f(R\"x(\n}}}\n)x\");\n" + lines(60) + "}\n")),
              ElementsAre(HasSubstr("a.cpp:1: 65 lines: void g()")));
}

TEST(Sizes, AFileMayFillSixHundredLinesAndALineAHundredColumns) {
  EXPECT_THAT(oversizes(file("a.cpp", std::string(600, '\n'))), IsEmpty());
  EXPECT_THAT(oversizes(file("a.cpp", std::string(601, '\n'))),
              ElementsAre("a.cpp:1: a file of 601 lines"));
  EXPECT_THAT(oversizes(file("a.cpp", std::string(100, 'x'))), IsEmpty());
  EXPECT_THAT(oversizes(file("a.cpp", "\n" + std::string(101, 'x'))),
              ElementsAre("a.cpp:2: a line of 101 columns"));
}

TEST(Sizes, ALetterOfTwoBytesIsOneColumn) {
  EXPECT_THAT(oversizes(file("a.cpp", std::string(99, 'x') + "\u2192")), IsEmpty());
}

TEST(Tidiness, FindsWhatDoesNotBelong) {
  EXPECT_THAT(untidy_text(file("a.cpp", "\tf();\n")), ElementsAre("a.cpp:1: a tab"));
  EXPECT_THAT(untidy_text(file("a.cpp", "f(); \n")), ElementsAre(HasSubstr("blank at the end")));
  EXPECT_THAT(untidy_text(file("a.cpp",
                               "// TO"
                               "DO: later\n")),
              ElementsAre(HasSubstr("unfinished work")));
  EXPECT_THAT(untidy_text(file("a.cpp", "using namespace std;\n")),
              ElementsAre("a.cpp:1: using namespace std"));
  EXPECT_THAT(untidy_text(file("a.hpp", "int x;\n")), ElementsAre("a.hpp:1: no #pragma once"));
}

TEST(Tidiness, OnlyMainCatchesEverything) {
  const std::string text = "void f() try { g(); } catch (...) {}\n";
  EXPECT_THAT(untidy_text(file("sim/a.cpp", text)), ElementsAre("sim/a.cpp:1: catch (...)"));
  EXPECT_THAT(untidy_text(file("report/cli/main.cpp", text)), IsEmpty());
}

TEST(Tidiness, LetsGoodTextPass) {
  EXPECT_THAT(
      untidy_text(file("a.hpp", "// Says why.\n#pragma once\nusing namespace std::chrono;\n")),
      IsEmpty());
  EXPECT_THAT(untidy_text(file("a.cpp", "auto s = \"using namespace std;\";\n")), IsEmpty());
}

TEST(Determinism, FindsChanceAndClocksInTheSimulatedPath) {
  EXPECT_THAT(undetermined(file("sim/a.cpp", "double x = std::log(2);\n")),
              ElementsAre("sim/a.cpp:1: std::log("));
  EXPECT_THAT(undetermined(file("models/a.cpp", "std::mt19937 r;\n")),
              ElementsAre("models/a.cpp:1: std::mt19937"));
  EXPECT_THAT(undetermined(file("models/a.cpp", "std::chrono::system_clock::now();\n")),
              ElementsAre("models/a.cpp:1: system_clock"));
}

TEST(Determinism, LetsOwnFunctionsAndTheOutsidePass) {
  EXPECT_THAT(undetermined(file("sim/a.cpp", "x = portable_log(2); // std::log( is libm's\n")),
              IsEmpty());
  EXPECT_THAT(undetermined(file("report/a.cpp", "std::chrono::steady_clock::now();\n")), IsEmpty());
}

}  // namespace
}  // namespace hoplab::house
