# The short form.
hoplab_test(unit
  scenarios/comparison_test
  scenarios/load_test
  scenarios/mistakes_test)
