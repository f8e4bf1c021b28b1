# The crash test needs a program to kill and a library that kills it.
add_library(report_crash_shim MODULE report/crash_shim.cpp)
target_compile_features(report_crash_shim PRIVATE cxx_std_20)
target_link_libraries(report_crash_shim PRIVATE ${CMAKE_DL_LIBS})
add_executable(report_crash_driver report/crash_driver.cpp)
target_link_libraries(report_crash_driver PRIVATE hoplab_report)
set_source_files_properties(report/crash_test.cpp PROPERTIES COMPILE_DEFINITIONS
  "HOPLAB_CRASH_SHIM=\"$<TARGET_FILE:report_crash_shim>\";HOPLAB_CRASH_DRIVER=\"$<TARGET_FILE:report_crash_driver>\"")
set_source_files_properties(report/killed_run_test.cpp PROPERTIES COMPILE_DEFINITIONS
  "HOPLAB_CRASH_SHIM=\"$<TARGET_FILE:report_crash_shim>\";HOPLAB_BINARY=\"$<TARGET_FILE:hoplab>\"")

hoplab_test(unit
  report/access_line_test
  report/access_reader_test
  report/expectations_test
  report/explanation_test
  report/hop_book_test
  report/last_scene_test
  report/record_lane_test
  report/recorder_test
  report/text_test
  report/writers_test)

# A sanitizer's runtime must be the first library of a program, and so must a preloaded shim.
if(NOT HOPLAB_SANITIZE)
  hoplab_test(unit report/crash_test report/killed_run_test)
  add_dependencies(crash_test report_crash_shim report_crash_driver)
  add_dependencies(killed_run_test report_crash_shim hoplab)
endif()

# The program as a shell sees it.
set_source_files_properties(report/cli_test.cpp PROPERTIES COMPILE_DEFINITIONS
  "HOPLAB_BINARY=\"$<TARGET_FILE:hoplab>\"")
hoplab_test(unit report/cli_test)
add_dependencies(cli_test hoplab)
set_source_files_properties(report/metrics_test.cpp PROPERTIES COMPILE_DEFINITIONS
  "HOPLAB_BINARY=\"$<TARGET_FILE:hoplab>\"")
hoplab_test(unit report/metrics_test)
add_dependencies(metrics_test hoplab)
set_source_files_properties(report/metric_history_run_test.cpp PROPERTIES COMPILE_DEFINITIONS
  "HOPLAB_BINARY=\"$<TARGET_FILE:hoplab>\"")
hoplab_test(unit report/metric_history_run_test)
add_dependencies(metric_history_run_test hoplab)

hoplab_test(unit report/suite_test)

# `hoplab test`, on scenarios of every outcome.
set_source_files_properties(report/test_command_test.cpp PROPERTIES COMPILE_DEFINITIONS
  "HOPLAB_BINARY=\"$<TARGET_FILE:hoplab>\"")
hoplab_test(unit report/test_command_test)
add_dependencies(test_command_test hoplab)

add_test(NAME Junit.IsReadByAnotherParser
         COMMAND ${HOPLAB_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/report/check_junit.py
                 $<TARGET_FILE:hoplab> ${CMAKE_CURRENT_SOURCE_DIR}/report/suite_corpus)
set_tests_properties(Junit.IsReadByAnotherParser PROPERTIES LABELS unit TIMEOUT 120)
