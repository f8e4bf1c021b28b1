# The short form.
hoplab_test(unit
  scenarios/artefacts_test
  scenarios/comparison_test
  scenarios/import_test
  scenarios/language_test
  scenarios/load_test
  scenarios/mistakes_test
  scenarios/mutation_test
  scenarios/node_test
  scenarios/shipped_test)
