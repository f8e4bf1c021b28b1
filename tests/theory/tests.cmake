# Hundreds of millions of events: for an optimised build, without sanitizers.
if(NOT HOPLAB_SANITIZE)
  hoplab_test(theory theory/closed_forms_test)
endif()
