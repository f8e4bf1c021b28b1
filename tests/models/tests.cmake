hoplab_test(unit
  models/counters_test
  models/ecs_test
  models/envoy_test
  models/routes_test
  models/security_group_test
  models/tracing_test
  models/world_test)
