# The readers under random bytes (`./dev fuzz`), and what that found as an ordinary test.
hoplab_test(unit fuzz/replay_test)
target_sources(replay_test PRIVATE fuzz/targets.cpp fuzz/questions.cpp)

if(HOPLAB_FUZZ)
  # Of the models and the reports only what reads: all of them would take a quarter of an hour.
  get_target_property(models_sources hoplab_models SOURCES)
  list(FILTER models_sources INCLUDE REGEX "^cloudwatch/(alarm_|anomaly|expr|m|stati)")
  list(TRANSFORM models_sources PREPEND ${PROJECT_SOURCE_DIR}/models/)
  get_target_property(report_sources hoplab_report SOURCES)
  list(FILTER report_sources INCLUDE REGEX
    "^(insights/|recording/(json_text|manifest|output_files|path_names)|xray/(aws_json|filter|json_c|root|segment|summary|trace\\.))")
  list(TRANSFORM report_sources PREPEND ${PROJECT_SOURCE_DIR}/report/)
  add_executable(hoplab_fuzz fuzz/fuzzer.cpp fuzz/targets.cpp fuzz/questions.cpp
    ${models_sources} ${report_sources})
  target_link_libraries(hoplab_fuzz PRIVATE hoplab_scenarios nlohmann_json::nlohmann_json
    PkgConfig::re2 PkgConfig::xxhash Threads::Threads)
  target_link_options(hoplab_fuzz PRIVATE -fsanitize=fuzzer)
endif()
