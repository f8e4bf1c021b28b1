// Route 53's multivalue answers: of more than eight records each question gets eight.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "models/cloudmap/registry.hpp"
#include "scenarios/schema/timings.hpp"

namespace hoplab::models {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Ne;
using ::testing::SizeIs;

vpc::Ipv4 address(std::uint32_t number) { return vpc::Ipv4{0x0A000100 + number}; }

class Multivalue : public ::testing::Test {
 protected:
  void put(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      registry_.put("b", {"t" + std::to_string(i), address(i)});
    }
  }
  [[nodiscard]] cloudmap::Resolver resolver(
      const std::string& name, cloudmap::Resolver::Listener listener = [](auto&) {}) {
    return {engine_, registry_, "b", timings_, name, std::move(listener)};
  }

  sim::Engine engine_{1};
  scenarios::ControlPlaneTimings timings_;
  cloudmap::Registry registry_{engine_, timings_};
};

TEST_F(Multivalue, EightRecordsAreAllThereAreAndStayInOrder) {
  put(8);
  auto one = resolver("one");
  one.prime();
  EXPECT_THAT(one.known(), ElementsAre(address(0), address(1), address(2), address(3), address(4),
                                       address(5), address(6), address(7)));
}

TEST_F(Multivalue, OfMoreEachResolverKnowsOtherEight) {
  put(20);
  auto one = resolver("one");
  auto other = resolver("other");
  one.prime();
  other.prime();
  EXPECT_THAT(one.known(), SizeIs(8));
  EXPECT_THAT(other.known(), SizeIs(8));
  EXPECT_THAT(other.known(), Ne(one.known()));
}

// Each of the 20 is in an answer with probability 0.4: within 360 answers, some 144 times; six
// standard deviations of the binomial are 56.
TEST_F(Multivalue, EachTtlBringsEightOthersAndInTheLongRunEachRecordItsShare) {
  put(20);
  std::map<vpc::Ipv4, int> seen;
  int answers = 0;
  auto one = resolver("one", [&](const std::vector<vpc::Ipv4>& addresses) {
    ++answers;
    EXPECT_THAT(addresses, SizeIs(8));
    for (const vpc::Ipv4 it : addresses) ++seen[it];
  });
  one.prime();
  engine_.run(sim::at(1h));
  EXPECT_EQ(answers, 3600 / 10) << "the TTL is 10 s";
  EXPECT_THAT(seen, SizeIs(20));
  for (const auto& [it, count] : seen) EXPECT_THAT(count, AllOf(Ge(144 - 56), Le(144 + 56)));
}

TEST_F(Multivalue, UnhealthyRecordsTakeNobodysPlace) {
  put(12);
  for (std::uint32_t i = 0; i < 6; ++i) registry_.set_health("b", "t" + std::to_string(i), false);
  engine_.run(sim::at(1min));
  auto one = resolver("one");
  one.prime();
  EXPECT_THAT(one.known(), ElementsAre(address(6), address(7), address(8), address(9), address(10),
                                       address(11)));
}

TEST_F(Multivalue, WithoutARecordThereIsNoAnswer) {
  auto one = resolver("one");
  one.prime();
  EXPECT_THAT(one.known(), IsEmpty());
}

}  // namespace
}  // namespace hoplab::models
