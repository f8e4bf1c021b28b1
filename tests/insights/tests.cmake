# The query language of CloudWatch Logs Insights.
hoplab_test(unit insights/shared_cases_test)
target_link_libraries(shared_cases_test PRIVATE nlohmann_json::nlohmann_json)
