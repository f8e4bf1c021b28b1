# What real proxies did under real faults, and the same simulated: prints the table.
if(python3 AND NOT HOPLAB_SANITIZE)
  add_test(NAME RealProxies COMMAND ${python3}
    ${CMAKE_CURRENT_SOURCE_DIR}/real_proxies/check_real_proxies.py --hoplab $<TARGET_FILE:hoplab>)
  set_tests_properties(RealProxies PROPERTIES LABELS real_proxies TIMEOUT 300)
endif()
