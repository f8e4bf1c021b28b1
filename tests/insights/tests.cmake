# The query language of CloudWatch Logs Insights.
hoplab_test(unit
  insights/insights_engine_test
  insights/insights_mutation_test
  insights/insights_query_test
  insights/insights_shared_cases_test)
target_link_libraries(insights_shared_cases_test PRIVATE nlohmann_json::nlohmann_json)
