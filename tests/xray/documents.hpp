// Segment documents made by hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "report/xray/source.hpp"

namespace hoplab::report::xray::testing {

/// A store that keeps its own texts.
inline std::unique_ptr<TraceStore> store_of(const std::vector<std::string>& documents) {
  auto store = std::make_unique<TraceStore>();
  for (const std::string& document : documents) {
    static_cast<void>(store->add(store->texts().keep(document)));
  }
  store->assemble();
  return store;
}

// One request: a client calls `shop`, which calls `stock` (a segment of its own, a fault), a table
// of DynamoDB (inferred) and a host that answers 429 (inferred).
inline const std::vector<std::string>& shop_trace() {
  static const std::vector<std::string> documents = {
      R"({"trace_id":"1-5f84c7a1-5b0e1b1a4c9f8a7d6e5f4a3b","id":"00000000000000a1","name":"shop",)"
      R"("start_time":1602537377.0,"end_time":1602537379.5,"origin":"AWS::ECS::Container",)"
      R"("user":"ann",)"
      R"("service":{"version":"shop:7"},"resource_arn":"arn:aws:x:1",)"
      R"("aws":{"account_id":"111122223333","ec2":{"instance_id":"i-1",)"
      R"("availability_zone":"us-east-1a"}},)"
      R"("http":{"request":{"method":"GET","url":"http://shop.local/cart",)"
      R"("user_agent":"curl/7","client_ip":"10.0.0.9"},)"
      R"("response":{"status":500}},"fault":true,"annotations":{"age":31,"vip":true,)"
      R"("game":"chess"},)"
      R"("subsegments":[)"
      R"({"id":"00000000000000b1","name":"stock.local","start_time":1602537377.1,)"
      R"("end_time":1602537379.4,)"
      R"("namespace":"remote","http":{"request":{"url":"http://stock.local/","method":"GET",)"
      R"("traced":true},"response":{"status":503}},"fault":true},)"
      R"({"id":"00000000000000b2","name":"DynamoDB","start_time":1602537379.4,)"
      R"("end_time":1602537379.42,)"
      R"("namespace":"aws","aws":{"table_name":"carts","operation":"GetItem"},)"
      R"("http":{"response":{"status":200}}},)"
      R"({"id":"00000000000000b3","name":"rates.example.com","start_time":1602537379.42,)"
      R"("end_time":1602537379.45,)"
      R"("namespace":"remote","http":{"request":{"url":"http://rates.example.com/",)"
      R"("method":"GET"},"response":{"status":429}},)"
      R"("error":true,"throttle":true}]})",
      R"({"trace_id":"1-5f84c7a1-5b0e1b1a4c9f8a7d6e5f4a3b","id":"00000000000000c1",)"
      R"("parent_id":"00000000000000b1",)"
      R"("name":"stock","start_time":1602537377.2,"end_time":1602537379.3,)"
      R"("origin":"AWS::EC2::Instance",)"
      R"("http":{"request":{"method":"GET","url":"http://stock.local/"},)"
      R"("response":{"status":503}},"fault":true,)"
      R"("cause":{"exceptions":[{"id":"00000000000000d1","type":"DeadlockError",)"
      R"("message":"no lock after 2 s"}]}})"};
  return documents;
}

// A quick one that is in order, and one that has not ended.
inline const std::vector<std::string>& other_traces() {
  static const std::vector<std::string> documents = {
      R"({"trace_id":"1-5f84c7b0-000000000000000000000001","id":"00000000000000a2","name":"shop",)"
      R"("start_time":1602537392.0,"end_time":1602537392.05,"origin":"AWS::ECS::Container",)"
      R"("http":{"request":{"method":"POST","url":"http://shop.local/order"},)"
      R"("response":{"status":200}}})",
      R"({"trace_id":"1-5f84c7b1-000000000000000000000002","id":"00000000000000a3","name":"batch",)"
      R"("start_time":1602537393.0,"in_progress":true})"};
  return documents;
}

}  // namespace hoplab::report::xray::testing
