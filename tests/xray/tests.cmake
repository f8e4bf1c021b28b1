# Traces, the service graph and filter expressions on documents made by hand and on damaged ones.
hoplab_test(unit xray/xray_filter_test xray/xray_trace_test xray/xray_mutation_test)

# The commands as a shell sees them, on files that real commands print.
set_source_files_properties(xray/xray_commands_test.cpp PROPERTIES COMPILE_DEFINITIONS
  "HOPLAB_BINARY=\"$<TARGET_FILE:hoplab>\"")
hoplab_test(unit xray/xray_commands_test)
add_dependencies(xray_commands_test hoplab)

# The answers for a recording, held against the API's shapes (Debian's python3-botocore) and counted
# again by a program of its own.
find_program(python3 python3)
if(python3 AND NOT HOPLAB_SANITIZE)
  add_test(NAME XRayAnswers.AreTheApisAndCountedRight
    COMMAND ${python3} ${CMAKE_CURRENT_SOURCE_DIR}/xray/check_answers.py
      --hoplab $<TARGET_FILE:hoplab> ${PROJECT_SOURCE_DIR}/scenarios/talk_microservices.yaml)
  set_tests_properties(XRayAnswers.AreTheApisAndCountedRight
    PROPERTIES LABELS telemetry TIMEOUT 300)
endif()
