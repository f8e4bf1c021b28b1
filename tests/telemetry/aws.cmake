# Flow logs, Container Insights, ECS documents and events, metrics: held against the formats of AWS by
# a program in another language, with the API's shapes from Debian's python3-botocore.
find_program(python3 python3)
if(python3 AND NOT HOPLAB_SANITIZE)
  file(GLOB held CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scenarios/*.yaml)
  list(FILTER held EXCLUDE REGEX "_mesh_none|_week|_hours")
  set(check ${python3} ${CMAKE_CURRENT_SOURCE_DIR}/telemetry/check_aws_formats.py
    --hoplab $<TARGET_FILE:hoplab>)
  add_test(NAME AwsFormats.ShippedScenariosKeepThem COMMAND ${check} ${held})
  add_test(NAME AwsFormats.DamageIsNoticed
    COMMAND ${check} --exact --bites ${PROJECT_SOURCE_DIR}/scenarios/talk_two_hops.yaml)
  set_tests_properties(AwsFormats.ShippedScenariosKeepThem AwsFormats.DamageIsNoticed
    PROPERTIES LABELS telemetry TIMEOUT 600)
  add_test(NAME MetricHistory.IsWorkedOutAgainByAnotherReader COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/telemetry/check_metric_history.py --hoplab $<TARGET_FILE:hoplab>)
  set_tests_properties(MetricHistory.IsWorkedOutAgainByAnotherReader
    PROPERTIES LABELS telemetry TIMEOUT 60)
  add_test(NAME AwsFormats.AnswersOfMetricsAndAlarmsKeepThem
    COMMAND ${python3} ${CMAKE_CURRENT_SOURCE_DIR}/telemetry/check_cloudwatch_answers.py
    --hoplab $<TARGET_FILE:hoplab> ${PROJECT_SOURCE_DIR}/scenarios/talk_long_form.yaml)
  set_tests_properties(AwsFormats.AnswersOfMetricsAndAlarmsKeepThem
    PROPERTIES LABELS telemetry TIMEOUT 300)
endif()
