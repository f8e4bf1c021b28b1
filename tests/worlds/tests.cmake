# Random worlds are run by hand, with `./dev worlds`: a run of 200 takes longer than all other tests.
