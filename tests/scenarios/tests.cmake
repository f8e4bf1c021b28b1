# The short form.
hoplab_test(unit
  scenarios/access_log_language_test
  scenarios/artefacts_test
  scenarios/comparison_test
  scenarios/ecs_language_test
  scenarios/experiment_test
  scenarios/import_test
  scenarios/key_table_test
  scenarios/language_test
  scenarios/load_test
  scenarios/long_form_test
  scenarios/mesh_import_test
  scenarios/mesh_language_test
  scenarios/metric_history_language_test
  scenarios/mistakes_test
  scenarios/mutation_test
  scenarios/node_test
  scenarios/service_connect_language_test
  scenarios/shipped_test
  scenarios/telemetry_sources_test)

# Debian's Python, for that is the one that ./dev gives its packages.
find_program(HOPLAB_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(HOPLAB_PYTHON NAMES python3 REQUIRED)
add_test(NAME Schema.IsJudgedByAnotherValidator
         COMMAND ${HOPLAB_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/scenarios/check_schema.py
                 $<TARGET_FILE:hoplab> ${PROJECT_SOURCE_DIR})
set_tests_properties(Schema.IsJudgedByAnotherValidator PROPERTIES LABELS unit TIMEOUT 120)
