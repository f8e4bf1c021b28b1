# The program itself is optimised across files: a request crosses a dozen of them, and 6 % of a run
# are calls between them that nobody could inline. The objects hold both forms, so that the many
# tests link the plain one in no time.
#
# Only g++ (clang 14 has no objects of both forms), and only what ./dev builds.
option(HOPLAB_WHOLE_PROGRAM "Optimise hoplab across files (g++)" OFF)

if(HOPLAB_WHOLE_PROGRAM AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  foreach(part hoplab_sim hoplab_models)
    target_compile_options(${part} PRIVATE -flto=auto -ffat-lto-objects)
  endforeach()
  # Else the linker takes the other form of its own accord.
  target_link_options(hoplab_flags INTERFACE
    $<$<NOT:$<STREQUAL:$<TARGET_PROPERTY:NAME>,hoplab>>:-fno-use-linker-plugin>)
  target_link_options(hoplab PRIVATE -flto=auto -fuse-linker-plugin)
endif()
