# Scenarios made from numbers: a few hundred on every run, more with ./dev worlds --count N --first S.
if(python3 AND NOT HOPLAB_SANITIZE)
  add_test(NAME RandomWorlds COMMAND ${python3} ${CMAKE_CURRENT_SOURCE_DIR}/worlds/run.py
    --hoplab $<TARGET_FILE:hoplab> --count $<IF:$<CONFIG:Release>,200,20> --jobs 2
    --out ${PROJECT_BINARY_DIR}/worlds)
  set_tests_properties(RandomWorlds PROPERTIES LABELS worlds TIMEOUT 900 PROCESSORS 2)
endif()
