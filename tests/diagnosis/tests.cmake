# What diagnose says of telemetry made by hand.
hoplab_test(unit diagnosis/diagnose_test)

# Generated variants of every fault, diagnosed blind; a debug build has time for a few of them only.
# All of them: tests/diagnosis/variants.py --hoplab build/release/report/hoplab
find_program(python3 python3)
if(python3)
  add_test(NAME DiagnosisVariants COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/diagnosis/variants.py --hoplab $<TARGET_FILE:hoplab>
    --count $<IF:$<CONFIG:Release>,40,10>)
  set_tests_properties(DiagnosisVariants PROPERTIES LABELS diagnosis TIMEOUT 300 PROCESSORS 2)
endif()
