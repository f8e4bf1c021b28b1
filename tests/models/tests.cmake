hoplab_test(unit
  models/admin_pages_test
  models/alarm_test
  models/anomaly_band_test
  models/broken_responses_test
  models/connections_test
  models/container_restart_test
  models/counters_test
  models/cloudmap_test
  models/dns_test
  models/ecs_service_test
  models/ec2_test
  models/ecs_test
  models/health_check_test
  models/envoy_limits_test
  models/envoy_stats_test
  models/envoy_test
  models/experiment_run_test
  models/fault_framework_test
  models/flow_logs_test
  models/faults_test
  models/fifo_test
  models/hop_sum_test
  models/hosts_test
  models/insights_test
  models/log_format_test
  models/host_faults_test
  models/network_faults_test
  models/metric_damage_test
  models/metric_history_test
  models/metric_math_test
  models/metric_statistic_test
  models/mesh_policies_test
  models/multivalue_test
  models/no_mesh_test
  models/otlp_test
  models/resilience_test
  models/routes_test
  models/security_group_test
  models/service_connect_test
  models/stopped_process_test
  models/task_life_test
  models/tracing_test
  models/walkthrough_test
  models/workload_test
  models/world_test)

# The views of Envoy's statistics, held against each other and read by promtool, in another language.
find_program(python3 python3)
if(python3 AND NOT HOPLAB_SANITIZE)
  add_test(NAME EnvoyStats.ViewsAgreeAndPromtoolReadsThem COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/models/check_envoy_stats.py --hoplab $<TARGET_FILE:hoplab>
    ${PROJECT_SOURCE_DIR}/scenarios/talk_two_hops.yaml
    ${PROJECT_SOURCE_DIR}/scenarios/canary_90_10.yaml
    ${PROJECT_SOURCE_DIR}/scenarios/outlier_ejection.yaml
    ${PROJECT_SOURCE_DIR}/scenarios/forgotten_backend.yaml
    ${PROJECT_SOURCE_DIR}/scenarios/vanished_security_group.yaml)
  set_tests_properties(EnvoyStats.ViewsAgreeAndPromtoolReadsThem
    PROPERTIES LABELS scenario TIMEOUT 300)
endif()
