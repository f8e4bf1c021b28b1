hoplab_test(unit models/ecs_test models/envoy_test models/routes_test models/security_group_test
                  models/world_test)
