# The yardstick, and the program behind `./dev bench`.
add_executable(bare_heap bench/bare_heap.cpp)
target_link_libraries(bare_heap PRIVATE hoplab_sim)

add_executable(hoplab_bench bench/run.cpp bench/process.cpp)
target_link_libraries(hoplab_bench PRIVATE
  hoplab_flags fmt::fmt nlohmann_json::nlohmann_json)
target_compile_definitions(hoplab_bench PRIVATE
  HOPLAB_ROOT="${PROJECT_SOURCE_DIR}"
  HOPLAB_BINARY="$<TARGET_FILE:hoplab>"
  BARE_HEAP_BINARY="$<TARGET_FILE:bare_heap>")
add_dependencies(hoplab_bench hoplab bare_heap)

add_test(NAME BareHeap.GivesTheKnownQuantilesOfW3 COMMAND hoplab_bench --yardstick)
set_tests_properties(BareHeap.GivesTheKnownQuantilesOfW3 PROPERTIES LABELS unit TIMEOUT 300)

# 10,000 series x 14 days x 1 min in 60 s; a hundredth of it is enough to tell.
add_executable(band_bench bench/band.cpp)
target_link_libraries(band_bench PRIVATE hoplab_models)
