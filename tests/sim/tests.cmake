hoplab_test(unit
  sim/units_test)
