# All files of all scenarios against the committed digests, whatever compiler built hoplab. Builds
# with sanitizers write the same bytes, too slowly to be asked.
if(NOT HOPLAB_SANITIZE)
  add_executable(libm_canary determinism/canary.cpp)
  target_link_libraries(libm_canary PRIVATE hoplab_flags)
  add_test(NAME determinism
           COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/determinism/check.sh $<TARGET_FILE:hoplab>
                   $<TARGET_FILE:libm_canary> ${CMAKE_CURRENT_SOURCE_DIR}/determinism/digests.txt
                   ${PROJECT_SOURCE_DIR}/scenarios)
  add_test(NAME long_form
           COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/determinism/check_long_form.sh
                   $<TARGET_FILE:hoplab> ${PROJECT_SOURCE_DIR}/scenarios)
  set_tests_properties(determinism long_form PROPERTIES LABELS determinism TIMEOUT 600)
endif()
