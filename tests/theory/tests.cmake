# Tens of millions of requests: for an optimised build, without sanitizers.
if(NOT HOPLAB_SANITIZE)
  add_executable(closed_forms_test theory/closed_forms_test.cpp)
  target_link_libraries(closed_forms_test PRIVATE hoplab_report GTest::gmock GTest::gtest_main)
  target_compile_definitions(closed_forms_test PRIVATE HOPLAB_ROOT="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(closed_forms_test PROPERTIES LABELS theory TIMEOUT 900)
endif()
