# Every shipped scenario, audited by a program in another language that reads the recording alone.
find_program(python3 python3)
if(python3 AND NOT HOPLAB_SANITIZE)
  file(GLOB audited CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scenarios/*.yaml)
  add_test(NAME Conservation.ShippedScenariosAddUp COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/conservation/check_scenarios.py --hoplab $<TARGET_FILE:hoplab>
    ${audited})
  add_test(NAME Conservation.DamageIsNoticed COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/conservation/check_scenarios.py --hoplab $<TARGET_FILE:hoplab>
    --bites ${PROJECT_SOURCE_DIR}/scenarios/talk_two_hops.yaml)
  set_tests_properties(Conservation.ShippedScenariosAddUp Conservation.DamageIsNoticed
    PROPERTIES LABELS conservation TIMEOUT 600)
endif()
