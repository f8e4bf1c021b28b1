# Traces, metrics and logs of shipped scenarios, read by programs in other languages.
find_program(python3 python3)
if(python3 AND NOT HOPLAB_SANITIZE)
  set(traced talk_two_hops wrong_answer retry_finds_a_sibling per_try_timeout sidecars_are_light
    vanished_infinite_loop vanished_security_group same_timeout_four_causes_mesh
    latency_on_the_wire hung_backend dns_failure)
  list(TRANSFORM traced PREPEND ${PROJECT_SOURCE_DIR}/scenarios/)
  list(TRANSFORM traced APPEND .yaml)
  add_test(NAME Telemetry.TracesOfShippedScenariosAddUp COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/telemetry/check_scenarios.py --hoplab $<TARGET_FILE:hoplab>
    ${traced})
  add_test(NAME Telemetry.DamagedTracesAreNoticed COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/telemetry/check_scenarios.py --hoplab $<TARGET_FILE:hoplab>
    --bites ${PROJECT_SOURCE_DIR}/scenarios/talk_two_hops.yaml)
  add_test(NAME Telemetry.OtlpIsReadBackByAStockPackage COMMAND
    ${CMAKE_CURRENT_SOURCE_DIR}/telemetry/read_back.sh $<TARGET_FILE:hoplab>
    ${CMAKE_BINARY_DIR}/otlp ${PROJECT_SOURCE_DIR}/scenarios/talk_two_hops.yaml)
  add_test(NAME Telemetry.OtlpIsTakenByACollector COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/telemetry/check_collector.py $<TARGET_FILE:hoplab>
    ${CMAKE_BINARY_DIR}/otlp ${PROJECT_SOURCE_DIR}/scenarios/talk_two_hops.yaml
    ${PROJECT_SOURCE_DIR}/scenarios/talk_microservices.yaml)
  # Both install the package in one folder.
  set_tests_properties(Telemetry.OtlpIsReadBackByAStockPackage Telemetry.OtlpIsTakenByACollector
    PROPERTIES LABELS telemetry TIMEOUT 600 SKIP_RETURN_CODE 77 RESOURCE_LOCK otlp_package)
  set_tests_properties(Telemetry.TracesOfShippedScenariosAddUp Telemetry.DamagedTracesAreNoticed
    PROPERTIES LABELS telemetry TIMEOUT 600)

  # One amount, told by access logs, counters, CloudWatch, X-Ray and OTLP: in every scenario.
  file(GLOB added_up CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scenarios/*.yaml)
  set(sums ${python3} ${CMAKE_CURRENT_SOURCE_DIR}/telemetry/check_sums.py
    --hoplab $<TARGET_FILE:hoplab>)
  add_test(NAME Telemetry.SumsOfAllSourcesAgree COMMAND ${sums} ${added_up})
  add_test(NAME Telemetry.WrongSumsAreNoticed COMMAND ${sums} --bites
    ${PROJECT_SOURCE_DIR}/scenarios/talk_two_hops.yaml
    ${PROJECT_SOURCE_DIR}/scenarios/stale_endpoints.yaml)
  add_test(NAME Telemetry.PercentilesAreAsFarOffAsTheirSourcesAre COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/telemetry/check_percentiles.py --hoplab $<TARGET_FILE:hoplab>
    ${PROJECT_SOURCE_DIR}/scenarios/talk_two_hops.yaml
    ${PROJECT_SOURCE_DIR}/scenarios/talk_microservices.yaml)
  set_tests_properties(Telemetry.SumsOfAllSourcesAgree Telemetry.WrongSumsAreNoticed
    Telemetry.PercentilesAreAsFarOffAsTheirSourcesAre
    PROPERTIES LABELS telemetry TIMEOUT 600)
endif()
