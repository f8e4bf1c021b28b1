// The filter language: each keyword of X-Ray's developer guide finds what it should and nothing
// else, the guide's own examples are understood, and a mistake is told with its place.
#include "report/xray/filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/xray/documents.hpp"

namespace hoplab::report::xray {
namespace {

using ::testing::HasSubstr;

/// Of three traces: 1 the shop's fault, 2 its quick answer, 3 the one in progress.
class Filters : public ::testing::Test {
 protected:
  Filters() {
    auto documents = testing::shop_trace();
    documents.insert(documents.end(), testing::other_traces().begin(),
                     testing::other_traces().end());
    store_ = testing::store_of(documents);
  }

  std::set<int> found(const std::string& text) {
    const auto filter = parse_filter(text);
    const auto* const mistake = std::get_if<FilterMistake>(&filter);
    EXPECT_EQ(mistake, nullptr) << text << ": " << (mistake != nullptr ? mistake->message : "");
    if (mistake != nullptr) return {};
    std::set<int> fits;
    int number = 0;
    for (const Trace& trace : store_->traces()) {
      ++number;
      if (std::get<Filter>(filter).holds(trace)) fits.insert(number);
    }
    return fits;
  }

  std::string mistake_in(const std::string& text) {
    const auto filter = parse_filter(text);
    const auto* const mistake = std::get_if<FilterMistake>(&filter);
    return mistake == nullptr ? "none" : to_string(*mistake, text);
  }

  std::unique_ptr<TraceStore> store_;
};

using Set = std::set<int>;

TEST_F(Filters, BooleansAreAboutTheAnswerToTheClient) {
  EXPECT_EQ(found("ok"), Set{2});
  EXPECT_EQ(found("!ok"), (Set{1, 3}));
  EXPECT_EQ(found("ok = false"), (Set{1, 3}));
  EXPECT_EQ(found("ok != false"), Set{2});
  EXPECT_EQ(found("fault"), Set{1});
  EXPECT_EQ(found("error"), Set{});  // Downstream, and handled.
  EXPECT_EQ(found("throttle"), Set{});
  EXPECT_EQ(found("service() { error }"), Set{1});
  EXPECT_EQ(found("service() { throttle }"), Set{1});
  EXPECT_EQ(found("partial"), Set{3});
  EXPECT_EQ(found("inferred"), Set{1});
}

TEST_F(Filters, NumbersAreSecondsAndStatusCodes) {
  EXPECT_EQ(found("responsetime > 2"), Set{1});
  EXPECT_EQ(found("responsetime >= 2.5"), Set{1});
  EXPECT_EQ(found("responseTime < 2.5"), (Set{2, 3}));
  EXPECT_EQ(found("responsetime <= 0.05"), (Set{2, 3}));
  EXPECT_EQ(found("duration >= 2 AND duration <= 8"), Set{1});
  EXPECT_EQ(found("http.status = 500"), Set{1});
  EXPECT_EQ(found("http.status != 200"), Set{1});  // One without an answer has no status.
}

TEST_F(Filters, TextsAreComparedAsAWholeOrInPart) {
  EXPECT_EQ(found("http.url CONTAINS \"/cart\""), Set{1});
  EXPECT_EQ(found("http.url BEGINSWITH \"http://shop\""), (Set{1, 2}));
  EXPECT_EQ(found("http.url ENDSWITH \"order\""), Set{2});
  EXPECT_EQ(found("http.url = \"http://shop.local/order\""), Set{2});
  EXPECT_EQ(found("http.url != \"http://shop.local/order\""), Set{1});
  EXPECT_EQ(found("http.url"), (Set{1, 2}));
  EXPECT_EQ(found("http.method = \"POST\""), Set{2});
  EXPECT_EQ(found("http.useragent CONTAINS \"curl\""), Set{1});
  EXPECT_EQ(found("http.clientip = \"10.0.0.9\""), Set{1});
}

TEST_F(Filters, WhatAnySegmentHasCountsForTheTrace) {
  EXPECT_EQ(found("user CONTAINS \"\""), Set{1});
  EXPECT_EQ(found("user = ann"), Set{1});  // Without quotes, as in some of AWS's samples.
  EXPECT_EQ(found("name = \"stock\""), Set{1});
  EXPECT_EQ(found("name = \"DeadlockError\""), Set{1});  // Of an exception.
  EXPECT_EQ(found("type = \"AWS::EC2::Instance\""), Set{1});
  EXPECT_EQ(found("type = \"AWS::DynamoDB::Table\""), Set{1});
  EXPECT_EQ(found("message CONTAINS \"no lock\""), Set{1});
  EXPECT_EQ(found("availabilityzone = \"us-east-1a\""), Set{1});
  EXPECT_EQ(found("instance.id = \"i-1\""), Set{1});
  EXPECT_EQ(found("resource.arn BEGINSWITH \"arn:\""), Set{1});
}

TEST_F(Filters, AnnotationsHaveTypes) {
  EXPECT_EQ(found("annotation.age > 29"), Set{1});
  EXPECT_EQ(found("annotation.age > 31"), Set{});
  EXPECT_EQ(found("annotation.age = \"31\""), Set{});
  EXPECT_EQ(found("annotation.vip = true"), Set{1});
  EXPECT_EQ(found("annotation.vip = false"), Set{});
  EXPECT_EQ(found("annotation.game BEGINSWITH \"che\""), Set{1});
  EXPECT_EQ(found("annotation[game] = \"chess\""), Set{1});
  EXPECT_EQ(found("annotation.game"), Set{1});
  EXPECT_EQ(found("!annotation.game"), (Set{2, 3}));
}

TEST_F(Filters, ServicesAreFoundByNameAndType) {
  EXPECT_EQ(found("service(\"stock\")"), Set{1});
  EXPECT_EQ(found("!service(\"stock\")"), (Set{2, 3}));
  EXPECT_EQ(found("service(\"stock\") { fault }"), Set{1});
  EXPECT_EQ(found("service(\"stock\") { responsetime > 2.2 }"), Set{});  // Its own view: 2.1 s.
  EXPECT_EQ(found("service(\"stock\") { http.status = 503 name = \"DeadlockError\" }"), Set{1});
  EXPECT_EQ(found("service(id(name: \"stock\", type: \"AWS::EC2::Instance\"))"), Set{1});
  EXPECT_EQ(found("service(id(name: \"stock\", type: \"client\"))"), Set{});
  EXPECT_EQ(found("service(id(type: \"AWS::DynamoDB::Table\")) { ok inferred }"), Set{1});
  EXPECT_EQ(found("service(id(account.id: \"111122223333\"))"), Set{1});
  EXPECT_EQ(found("service() { root AND fault }"), Set{1});
  EXPECT_EQ(found("service(\"stock\") { root }"), Set{});
  EXPECT_EQ(found("service(\"carts\") {}"), Set{1});
}

TEST_F(Filters, EdgesAreSeenByTheRequester) {
  EXPECT_EQ(found("edge(\"shop\", \"stock\")"), Set{1});
  EXPECT_EQ(found("edge(\"stock\", \"shop\")"), Set{});
  EXPECT_EQ(found("edge(\"shop\", \"stock\") { fault }"), Set{1});
  EXPECT_EQ(found("edge(\"shop\", \"stock\") { responsetime > 2.2 }"), Set{1});  // The call: 2.3 s.
  EXPECT_EQ(found("edge(\"shop\", \"rates.example.com\") { throttle }"), Set{1});
  EXPECT_EQ(found("edge(id(type: \"AWS::ECS::Container\"), \"carts\") { ok }"), Set{1});
}

TEST_F(Filters, RootCausesAreListsOfServicesEntitiesAndExceptions) {
  EXPECT_EQ(found("rootcause.fault.service { name = \"stock\" AND last }"), Set{1});
  EXPECT_EQ(found("rootcause.fault.service { name = \"shop\" AND first AND root }"), Set{1});
  EXPECT_EQ(found("rootcause.fault.service { name = \"shop\" AND last }"), Set{});
  EXPECT_EQ(found("rootcause.fault.service { index = 1 AND name = \"stock\" }"), Set{1});
  EXPECT_EQ(found("rootcause.fault.entity { remote AND name = \"stock.local\" }"), Set{1});
  EXPECT_EQ(found("rootcause.fault.exception { name = \"DeadlockError\" }"), Set{1});
  EXPECT_EQ(found("rootcause.fault.exception { message CONTAINS \"no such\" }"), Set{});
  EXPECT_EQ(found("rootcause.error.service { name = \"rates.example.com\" AND inferred }"), Set{1});
  EXPECT_EQ(found("rootcause.responsetime.entity { last and coverage > 0.8 }"), (Set{1, 2}));
  EXPECT_EQ(found("rootcause.responsetime.entity { name = \"stock\" and coverage < 0.9 }"), Set{1});
  EXPECT_EQ(found("rootcause.responsetime.service { name = \"stock\" }"), Set{1});
  EXPECT_EQ(
      found("rootcause.json = #[{\"Services\": [{\"Name\": \"shop\"}, {\"Name\": \"stock\"}]}]"),
      Set{1});
  EXPECT_EQ(
      found("rootcause.json = #[{\"Services\": [{\"Name\": \"stock\"}, {\"Name\": \"shop\"}]}]"),
      Set{});
}

TEST_F(Filters, TermsAreJoinedAsTheGuideSays) {
  EXPECT_EQ(found(""), (Set{1, 2, 3}));
  EXPECT_EQ(found("ok !partial duration <3"), Set{2});
  EXPECT_EQ(found("fault OR partial"), (Set{1, 3}));
  EXPECT_EQ(found("fault or ok and partial"), Set{1});  // AND binds closer.
  EXPECT_EQ(found("(fault or ok) and !partial"), (Set{1, 2}));
  EXPECT_EQ(found("!(fault or ok)"), Set{3});
  EXPECT_EQ(found("!!fault"), Set{1});
}

TEST_F(Filters, EveryKeywordOfTheListIsUnderstoodSomewhere) {
  for (const auto& [word, keyword] : filter_keywords()) {
    std::string tail;
    if (keyword > Keyword::root) tail = keyword <= Keyword::coverage ? " > 0" : " = \"x\"";
    const std::string inside = "rootcause.fault.service { " + std::string(word) + tail + " }";
    EXPECT_EQ(mistake_in(inside), "none") << word;
  }
}

TEST_F(Filters, AMistakeIsToldWithItsPlaceAndWhatWasExpected) {
  EXPECT_EQ(mistake_in("fault AND responsetim > 1"),
            "filter:1:11: error[E0704]: no keyword is called 'responsetim'\n"
            "  fault AND responsetim > 1\n"
            "            ^\n"
            "  hint: did you mean responsetime?\n");
  const auto says = [&](const std::string& text, const std::string& place,
                        const std::string& what) {
    EXPECT_THAT(mistake_in(text), HasSubstr("filter:" + place + ": error[E07")) << text;
    EXPECT_THAT(mistake_in(text), HasSubstr(what)) << text;
  };
  says("responsetime 5", "1:14", "expected =, !=, <, <=, > or >= behind responsetime, not '5'");
  says("responsetime > 500ms", "1:16", "this is no number");
  says("responsetime >", "1:15", "expected a number, not the end");
  says("http.url > 5", "1:10", "CONTAINS, BEGINSWITH or ENDSWITH");
  says("http.url CONTAINS 5", "1:19", "expected a text in quotes, not '5'");
  says("ok = maybe", "1:6", "expected true or false, not 'maybe'");
  says("fault AND", "1:10", "expected a keyword, '!' or '(', not the end");
  says("fault )", "1:7", "expected AND, OR or the end, not ')'");
  says("(fault", "1:7", "expected ')' to close the bracket, not the end");
  says("service(x)", "1:9", "expected a name in quotes or id(...), not 'x'");
  says("service(\"x\" { fault }", "1:13", "expected ')' behind the name, not '{'");
  says("service(\"x\") { fault", "1:21", "expected '}' to close the brace, not the end");
  says("edge(\"x\")", "1:9", "expected ',' between the two services, not ')'");
  says("service(id(nam: \"x\"))", "1:12", "expected name:, type:, account.id: or ')', not 'nam'");
  says("http.url = \"x", "1:12", "this text has no closing quote");
  says("coverage > 1", "1:1", "coverage is about the elements of a root cause");
  says("service() { annotation.x }", "1:13", "annotations are the trace's");
  says("rootcause.fault { ok }", "1:1", "no keyword is called 'rootcause.fault'");
  says("group.name = \"g\"", "1:1", "there are no groups here");
  says("fault\nAND ok = 5", "2:10", "expected true or false");
  says("fault & ok", "1:7", "nothing in a filter begins with this character");
  says(std::string(100, '('), "1:65", "nests too deep");
}

}  // namespace
}  // namespace hoplab::report::xray
