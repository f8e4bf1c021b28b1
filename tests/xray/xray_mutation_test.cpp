// Whatever becomes of a line on its way, no reader falls over it: a million lines that were cut,
// mixed, doubled, reordered or had bytes changed, then every answer that is made of them. What a
// reader does wrong shows under the sanitizers.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "report/xray/envoy_matrix.hpp"
#include "report/xray/filter.hpp"
#include "report/xray/root_cause.hpp"
#include "report/xray/service_graph.hpp"
#include "report/xray/service_map.hpp"
#include "report/xray/source.hpp"
#include "report/xray/summary_json.hpp"
#include "report/xray/trace_logs.hpp"
#include "tests/report/temporary_folder.hpp"
#include "tests/xray/documents.hpp"

namespace hoplab::report::xray {
namespace {

class Mutator {
 public:
  Mutator() {
    for (const auto& list : {testing::shop_trace(), testing::other_traces()}) {
      seeds_.insert(seeds_.end(), list.begin(), list.end());
    }
  }

  std::string line() {
    std::string text = seeds_[below(seeds_.size())];
    const std::size_t changes = below(4);
    for (std::size_t i = 0; i <= changes; ++i) change(text);
    return text;
  }

  std::size_t below(std::size_t count) {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<std::size_t>(state_ % count);
  }

 private:
  void change(std::string& text) {
    if (text.empty()) return;
    const std::size_t at = below(text.size());
    switch (below(8)) {
      case 0:
        text.resize(at);
        break;
      case 1:
        text[at] = static_cast<char>(below(256));
        break;
      case 2:
        text.erase(at, 1 + below(20));
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), below(40)));
        break;
      case 4: {
        const std::string& other = seeds_[below(seeds_.size())];
        text = text.substr(0, at) + other.substr(below(other.size()));
        break;
      }
      case 5: {  // Ids that meet others'.
        const std::size_t digit = text.find("00000000000000", at);
        if (digit != std::string::npos && digit + 15 < text.size()) {
          text[digit + 14] = "abc"[below(3)];
          text[digit + 15] = "123"[below(3)];
        }
        break;
      }
      case 6: {
        static const char* const tokens[] = {"[",       "]",       "{",      "}",   "\"",   "\\",
                                             ",",       ":",       "1e999",  "-0",  "null", "true",
                                             "\\u0000", "\\ud800", "1e-400", "[[[["};
        text.insert(at, tokens[below(std::size(tokens))]);
        break;
      }
      default:
        text.insert(at, std::string(1 + below(100), '['));
        break;
    }
  }

  std::vector<std::string> seeds_;
  std::uint64_t state_ = 0x9e37'79b9'7f4a'7c15U;
};

/// Every answer, for a batch of lines.
void answer(const TraceStore& store, const std::vector<Filter>& filters) {
  const ServiceGraph graph = service_graph(store, {});
  const ServiceMap map = service_map(store, {});
  std::uint64_t nodes = 0;
  for (const Trace& trace : store.traces()) {
    nodes += trace.nodes.size();
    for (const TraceNode& node : trace.nodes) {
      ASSERT_TRUE(node.parent == no_node || node.parent < trace.nodes.size());
      ASSERT_GE(node.segment->duration().count(), 0);
    }
    for (const Filter& filter : filters) static_cast<void>(filter.holds(trace));
  }
  ASSERT_GE(nodes, store.size() > 0 ? 1U : 0U);
  ASSERT_EQ(graph.services.empty(), store.traces().empty());
  const std::string text = service_graph_json(graph);
  ASSERT_EQ(service_graph_json(read_service_graph(text)), text);
}

TEST(Mutations, OfAMillionLinesBreakNoReader) {
  std::vector<Filter> filters;
  for (const char* const text :
       {"service() { fault } OR edge(\"shop\", \"stock\") { responsetime > 1 }",
        "rootcause.fault.exception { name = \"DeadlockError\" } OR annotation.age > 3",
        "rootcause.responsetime.entity { last coverage > 0.5 } name CONTAINS \"s\""}) {
    filters.push_back(std::get<Filter>(parse_filter(text)));
  }
  Mutator mutator;
  constexpr int lines = 1'000'000;
  constexpr int batch = 250;
  std::uint64_t good = 0;
  for (int done = 0; done < lines; done += batch) {
    TraceStore store;
    for (int i = 0; i < batch; ++i) {
      const std::string line = mutator.line();
      // A text of its own, so that reading one byte too far is noticed.
      std::string_view kept = store.texts().keep(std::string(line.data(), line.size()));
      if (store.add(kept)) ++good;
    }
    store.assemble();
    answer(store, filters);
    if (done % 50'000 != 0) continue;
    std::vector<const Trace*> traces;
    for (const Trace& trace : store.traces()) traces.push_back(&trace);
    EXPECT_FALSE(trace_summaries_json(traces, traces.size()).empty());
    EXPECT_FALSE(traces_json(traces, {}).empty());
  }
  EXPECT_GT(good, 50'000U);  // Enough of them are still documents to be put together.
}

TEST(Mutations, OfAFilterAreUnderstoodOrRefusedWithAPlaceInside) {
  const std::vector<std::string> seeds = {
      "service(id(name: \"a\", type: \"b\")) { fault AND responsetime > 1.5 } OR !ok",
      "rootcause.json = #[{\"Services\": [{\"Name\": \"a\"}]}] http.url BEGINSWITH \"x\"",
      "annotation[key] != \"v\" AND edge(\"a\", \"b\") { throttle = false }"};
  Mutator mutator;
  const auto store = testing::store_of(testing::shop_trace());
  for (int i = 0; i < 100'000; ++i) {
    std::string text = seeds[mutator.below(seeds.size())];
    for (std::size_t change = mutator.below(5); change > 0 && !text.empty(); --change) {
      const std::size_t at = mutator.below(text.size());
      if (mutator.below(2) == 0)
        text.erase(at, 1 + mutator.below(6));
      else
        text.insert(at, 1, "\"(){}!<>=#[] .5x\n\t"[mutator.below(18)]);
    }
    const auto filter = parse_filter(text);
    if (const auto* mistake = std::get_if<FilterMistake>(&filter)) {
      ASSERT_LE(mistake->at, text.size());
      ASSERT_FALSE(to_string(*mistake, text).empty());
    } else {
      static_cast<void>(std::get<Filter>(filter).holds(store->traces()[0]));
    }
  }
}

/// Lines of which some bytes are others, or gone, or twice there.
std::string damaged(const std::vector<std::string>& lines, Mutator& mutator) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += lines[mutator.below(lines.size())] + "\n";
  for (std::size_t change = mutator.below(8); change > 0 && !text.empty(); --change) {
    const std::size_t at = mutator.below(text.size());
    const std::size_t kind = mutator.below(4);
    if (kind == 0) text[at] = static_cast<char>(mutator.below(256));
    if (kind == 1) text.erase(at, 1 + mutator.below(60));
    if (kind == 2) text.insert(at, text.substr(mutator.below(text.size()), mutator.below(60)));
    if (kind == 3 && mutator.below(4) == 0) text.resize(at);
  }
  return text;
}

TEST(Mutations, OfLogLinesAreFoundOrPassedOver) {
  const report::testing::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "logs" / "%2Fecs%2Fshop%2Fapp");
  const std::vector<std::string> lines = {
      R"({"timestamp":1602537379000,"ingestionTime":1602537380000,)"
      R"("message":"{\"source\":\"stderr\",)"
      R"(\"log\":\"{\\\"traceId\\\":\\\"1-5f84c7a1-5b0e1b1a4c9f8a7d6e5f4a3b\\\"}\",)"
      R"(\"ecs_task_definition\":\"shop:7\"}"})",
      R"({"timestamp":1602537379500,"ingestionTime":1602537380000,"message":"of another one"})",
      R"({"timestamp":1602537379600,"message":"1-5f84c7a1-5b0e1b1a4c9f8a7d6e5f4a3b plain"})"};
  const auto store = testing::store_of(testing::shop_trace());
  Mutator mutator;
  std::size_t found = 0;
  for (int i = 0; i < 1'000; ++i) {
    const auto path = folder / "logs" / "%2Fecs%2Fshop%2Fapp" / "stream.jsonl";
    report::testing::write_bytes(path, damaged(lines, mutator));
    found += trace_log_lines(folder / ".", store->traces()[0]).size();
  }
  EXPECT_GT(found, 5'000U);
}

TEST(Mutations, OfEnvoysStatisticsAreReadOrPassedOver) {
  const report::testing::TemporaryFolder folder;
  const std::vector<std::string> lines = {
      "cluster.cds_egress_m_b_http_8080.upstream_rq_completed: 3598",
      "cluster.cds_egress_m_b_http_8080.upstream_rq_5xx: 117",
      "cluster.cds_ingress_m_a_http_8080.upstream_rq_completed: 3598",
      "cluster.cds_egress_m_b_http_8080.upstream_rq_time: P0(nan,3) P25(nan,3.02) P50(nan,3.05) "
      "P75(nan,3.07) P90(nan,3.09) P95(nan,3.1) P99(nan,12) P99.5(nan,13) P99.9(nan,15) "
      "P100(nan,20)",
      "server.uptime: 182"};
  Mutator mutator;
  std::size_t cells = 0;
  for (int i = 0; i < 1'000; ++i) {
    report::testing::write_bytes(folder / "stats.txt", damaged(lines, mutator));
    const EnvoyMatrix matrix = envoy_matrix({folder / "stats.txt", folder / "stats.txt"});
    cells += matrix.cells.size();
    ASSERT_FALSE(matrix_json(matrix).empty());
  }
  EXPECT_GT(cells, 1'000U);
}

TEST(Mutations, OfTheApisAnswersAreReadOrRefused) {
  const auto shop = testing::store_of(testing::shop_trace());
  const std::vector<const Trace*> traces{&shop->traces()[0]};
  const std::vector<std::string> seeds = {traces_json(traces, {}), trace_summaries_json(traces, 1),
                                          service_graph_json(service_graph(*shop, {}))};
  Mutator mutator;
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = seeds[mutator.below(seeds.size())];
    for (std::size_t change = mutator.below(3); change > 0; --change) {
      const std::size_t at = mutator.below(text.size());
      if (mutator.below(2) == 0)
        text.erase(at, 1 + mutator.below(30));
      else
        text[at] = static_cast<char>(mutator.below(256));
    }
    Source source;
    try {
      if (read_xray_text(text, source)) ++read;
    } catch (const std::runtime_error&) {
      continue;  // BadRecording: refused.
    }
    source.store.assemble();
  }
  EXPECT_GT(read, 5'000);
}

}  // namespace
}  // namespace hoplab::report::xray
