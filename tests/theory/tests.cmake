# Tens of millions of requests: for an optimised build, without sanitizers.
if(NOT HOPLAB_SANITIZE)
  foreach(name closed_forms_test mesh_forms_test)
    add_executable(${name} theory/${name}.cpp)
    target_link_libraries(${name} PRIVATE hoplab_report GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name} PRIVATE HOPLAB_ROOT="${PROJECT_SOURCE_DIR}")
    gtest_discover_tests(${name} PROPERTIES LABELS theory TIMEOUT 900)
  endforeach()
endif()
