# The query language of CloudWatch Logs Insights.
hoplab_test(unit
  insights/insights_engine_test
  insights/insights_fields_test
  insights/insights_mutation_test
  insights/insights_query_test
  insights/insights_shared_cases_test)
target_link_libraries(insights_fields_test PRIVATE nlohmann_json::nlohmann_json)
target_link_libraries(insights_shared_cases_test PRIVATE nlohmann_json::nlohmann_json)

set_source_files_properties(insights/logs_command_test.cpp PROPERTIES COMPILE_DEFINITIONS
  "HOPLAB_BINARY=\"$<TARGET_FILE:hoplab>\"")
hoplab_test(unit insights/logs_command_test)
target_link_libraries(logs_command_test PRIVATE nlohmann_json::nlohmann_json)
add_dependencies(logs_command_test hoplab)
