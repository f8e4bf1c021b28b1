# Each example prints what its expected.txt holds. HOPLAB_APPROVE=1 writes the file instead.
foreach(example IN ITEMS 01-first-request 02-vanished-request 05-two-second-outlier)
  add_test(NAME Example.${example}
    COMMAND ${CMAKE_COMMAND} -E env HOPLAB=$<TARGET_FILE:hoplab>
            ${PROJECT_SOURCE_DIR}/tests/check_example.sh ${PROJECT_SOURCE_DIR}/examples/${example})
  set_tests_properties(Example.${example} PROPERTIES LABELS example TIMEOUT 60)
endforeach()

# The README shows what its scenario prints.
add_test(NAME Readme.ShowsWhatItsScenarioPrints
  COMMAND ${PROJECT_SOURCE_DIR}/tests/check_readme.sh ${PROJECT_SOURCE_DIR}/README.md
          $<TARGET_FILE:hoplab>)
set_tests_properties(Readme.ShowsWhatItsScenarioPrints PROPERTIES LABELS example TIMEOUT 60)

# The README's CI job does what it says, with this build in place of the one in the job's cache. It
# clones, so only where there is something to clone.
if(EXISTS ${PROJECT_SOURCE_DIR}/.git)
  add_test(NAME Readme.CiJobRunsAsWritten
    COMMAND ${HOPLAB_PYTHON} ${PROJECT_SOURCE_DIR}/tests/check_ci_job.py ${PROJECT_SOURCE_DIR}
            ${PROJECT_BINARY_DIR})
  set_tests_properties(Readme.CiJobRunsAsWritten PROPERTIES LABELS example TIMEOUT 300)
endif()
