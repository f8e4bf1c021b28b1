hoplab_test(unit
  sim/cpu_share_test
  sim/diagnostic_test
  sim/engine_test
  sim/histogram_test
  sim/network_test
  sim/random_test
  sim/units_test)
