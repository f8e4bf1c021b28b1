# The readers under random bytes (`./dev fuzz`), and what that found as an ordinary test.
hoplab_test(unit fuzz/replay_test)
target_sources(replay_test PRIVATE fuzz/targets.cpp)

if(HOPLAB_FUZZ)
  add_executable(hoplab_fuzz fuzz/fuzzer.cpp fuzz/targets.cpp)
  target_link_libraries(hoplab_fuzz PRIVATE hoplab_scenarios)
  target_link_options(hoplab_fuzz PRIVATE -fsanitize=fuzzer)
endif()
