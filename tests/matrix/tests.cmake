# The fault table: each row run, each cell of it asserted. Under sanitizers its scenarios run in the
# other tests' shapes; the table's figures are no matter of memory.
if(NOT HOPLAB_SANITIZE)
  file(GLOB rows CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/matrix/rows/*.yaml)
  foreach(row IN LISTS rows)
    get_filename_component(name ${row} NAME_WE)
    add_test(NAME fault_table.${name}
             COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/matrix/matrix.py
                     --hoplab $<TARGET_FILE:hoplab> --file ${row})
    set_tests_properties(fault_table.${name} PROPERTIES LABELS fault_table TIMEOUT 300)
  endforeach()
  add_test(NAME fault_table.page
           COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/matrix/matrix.py
                   --page ${PROJECT_SOURCE_DIR}/models/faults/README.md)
  set_tests_properties(fault_table.page PROPERTIES LABELS fault_table)
endif()
