#include "scenarios/schema/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/schema/distribution.hpp"

namespace hoplab::scenarios {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Aggregate = Comparison::Aggregate;
using Operator = Comparison::Operator;

std::optional<Comparison> read(const char* text, Measure measure) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = text;
  sim::Diagnostics diagnostics;
  auto comparison = read_comparison(node, measure, diagnostics);
  EXPECT_EQ(diagnostics.errors(), comparison ? 0 : 1) << text;
  return comparison;
}

TEST(Comparison, TakesAQuantileOfDurations) {
  const auto comparison = read(" p(99.9) <= 1.5s ", Measure::duration);
  ASSERT_TRUE(comparison);
  EXPECT_EQ(comparison->text, "p(99.9) <= 1.5s");
  EXPECT_EQ(comparison->aggregate, Aggregate::quantile);
  EXPECT_EQ(comparison->quantile.value(), 0.999);  // Not 99.9 / 100, which is a little more.
  EXPECT_EQ(comparison->op, Operator::less_equal);
  EXPECT_TRUE(comparison->is_duration);
  EXPECT_EQ(comparison->duration, 1500ms);
}

TEST(Comparison, TakesEveryOperator) {
  const std::vector<std::pair<const char*, Operator>> cases = {
      {"avg<1s", Operator::less},       {"avg<=1s", Operator::less_equal},
      {"avg>1s", Operator::greater},    {"avg>=1s", Operator::greater_equal},
      {"avg==1s", Operator::equal},     {"avg===1s", Operator::equal},
      {"avg!=1s", Operator::not_equal}, {"avg~1s", Operator::about}};
  for (const auto& [text, op] : cases) {
    const auto comparison = read(text, Measure::duration);
    ASSERT_TRUE(comparison) << text;
    EXPECT_EQ(comparison->op, op) << text;
    EXPECT_EQ(comparison->duration, 1s) << text;
  }
}

TEST(Comparison, TakesSharesAsNumbersAndPercent) {
  EXPECT_EQ(read("rate<0.001", Measure::failures)->number, 0.001);
  EXPECT_EQ(read("rate<0.1%", Measure::failures)->number, 0.001);
  EXPECT_EQ(read(">99%", Measure::share)->number, 0.99);
  EXPECT_EQ(read("rate>19.5/s", Measure::requests)->number, 19.5);
  EXPECT_EQ(read("rate<0.01", Measure::hop)->number, 0.01);
}

TEST(Comparison, ABareValueMeansEqual) {
  const auto count = read("0", Measure::count);
  ASSERT_TRUE(count);
  EXPECT_EQ(count->op, Operator::equal);
  EXPECT_EQ(count->number, 0);
  EXPECT_EQ(read("1", Measure::share)->op, Operator::equal);
}

TEST(Comparison, RefusesWhatDoesNotFit) {
  for (const char* text : {"", "p(95)", "<", "p(95)<", "p(95)<20", "p(0)<1s", "p(101)<1s", "p()<1s",
                           "p(9e1)<1s", "rate<1s", "count>1", "<1s", "p(95)=1s", "p(95)<-1s",
                           "mean<1s", "p(95)<1s<2s", "p(95)<nan"}) {
    EXPECT_FALSE(read(text, Measure::duration)) << text;
  }
  for (const char* text : {"rate<1.1", "rate<101%", "p(95)<0.1", "0.1", "rate<1ms", "count<0.5"}) {
    EXPECT_FALSE(read(text, Measure::failures)) << text;
  }
  for (const char* text : {"count>1", "1.5", "-1", "1e3", "007", "99999999999999999999"}) {
    EXPECT_FALSE(read(text, Measure::count)) << text;
  }
  for (const char* text : {"2", ">1.01", "p(50)>0.5", "rate>0.5"}) {
    EXPECT_FALSE(read(text, Measure::share)) << text;
  }
}

// --- Distributions: their means by hand -------------------------------------------------------

TEST(Distribution, MeanOfBimodalWeighsItsTwoValues) {
  Distribution distribution;
  distribution.kind = Distribution::Kind::bimodal;
  distribution.fast = 10ms;
  distribution.slow = 110ms;
  distribution.slow_share = Ratio(0.25);
  EXPECT_EQ(mean_of(distribution), 35ms);
}

TEST(Distribution, MeanOfEmpiricalIsThatOfItsSamples) {
  Distribution distribution;
  distribution.kind = Distribution::Kind::empirical;
  EXPECT_EQ(mean_of(distribution), 0ms);
  distribution.samples = {1ms, 2ms, 6ms};
  EXPECT_EQ(mean_of(distribution), 3ms);
}

TEST(Distribution, MeanOfTheOthersIsTheirParameter) {
  Distribution distribution;
  distribution.mean = 7ms;
  for (const auto kind : {Distribution::Kind::constant, Distribution::Kind::exponential,
                          Distribution::Kind::lognormal, Distribution::Kind::erlang,
                          Distribution::Kind::pareto, Distribution::Kind::normal}) {
    distribution.kind = kind;
    EXPECT_EQ(mean_of(distribution), 7ms);
  }
}

}  // namespace
}  // namespace hoplab::scenarios
