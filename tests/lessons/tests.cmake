# Each shipped lesson, with its fault and without.
file(GLOB lessons CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scenarios/*.yaml)
foreach(lesson IN LISTS lessons)
  get_filename_component(name ${lesson} NAME_WE)
  add_test(NAME lesson.${name}
           COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/lessons/check.sh $<TARGET_FILE:hoplab> ${lesson})
  set_tests_properties(lesson.${name} PROPERTIES LABELS scenario TIMEOUT 600)
  # Slow under sanitizers, and what a lesson shows without its fault is no matter of memory.
  if(HOPLAB_SANITIZE)
    set_tests_properties(lesson.${name} PROPERTIES ENVIRONMENT HOPLAB_LESSON_ONCE=1)
  endif()
endforeach()
