# What diagnose says of telemetry made by hand, and how it reads.
hoplab_test(unit diagnosis/blocked_path_test diagnosis/diagnose_test diagnosis/reading_test
  diagnosis/shortage_test diagnosis/untold_flags_test)

# Generated variants of every fault, diagnosed blind; a debug build has time for a few of them only,
# one with sanitizers for none.
# All of them: tests/diagnosis/variants.py --hoplab build/release/report/hoplab
# The estimated hop times of the healthy scenarios that ship, against the exact ones.
find_program(python3 python3)
if(python3 AND NOT HOPLAB_SANITIZE)
  set(lessons vanished_security_group vanished_crash vanished_infinite_loop hung_backend
    latency_on_the_wire)
  list(TRANSFORM lessons PREPEND ${PROJECT_SOURCE_DIR}/scenarios/)
  list(TRANSFORM lessons APPEND .yaml)
  add_test(NAME Diagnosis.IsTheSameInServiceConnect COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/diagnosis/check_service_connect.py --hoplab $<TARGET_FILE:hoplab>
    ${lessons})
  set_tests_properties(Diagnosis.IsTheSameInServiceConnect PROPERTIES LABELS scenario TIMEOUT 300)
  add_test(NAME DiagnosisVariants COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/diagnosis/variants.py --hoplab $<TARGET_FILE:hoplab>
    --count $<IF:$<CONFIG:Release>,40,10>)
  set_tests_properties(DiagnosisVariants PROPERTIES LABELS diagnosis TIMEOUT 300 PROCESSORS 2)
  set(healthy talk_two_hops sidecars_are_light w3)
  list(TRANSFORM healthy PREPEND ${PROJECT_SOURCE_DIR}/scenarios/)
  list(TRANSFORM healthy APPEND .yaml)
  add_test(NAME DiagnosisLadder COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/diagnosis/check_ladder.py --hoplab $<TARGET_FILE:hoplab>
    ${healthy})
  set_tests_properties(DiagnosisLadder PROPERTIES LABELS diagnosis TIMEOUT 300)
endif()
