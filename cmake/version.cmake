# Bakes the version and the git commit into one source file.
#
#   include(cmake/version.cmake)
#   hoplab_embed_version(hoplab_report cli/version.cpp)
#
# gives that file, and no other, the macros HOPLAB_VERSION ("0.1.0") and HOPLAB_COMMIT (twelve hex
# digits, "-dirty" behind them when a tracked file differs from the commit; "unknown" without git).
# They are looked up at every build, not at configure time, so a new commit is never shown under
# the old name; only that one file is compiled again, and only when the answer has changed.

if(CMAKE_SCRIPT_MODE_FILE)
  # The build-time half: cmake -DSOURCE=... -DVERSION=... -DSTAMP=... -P version.cmake
  set(commit "")
  find_program(git NAMES git)
  if(git)
    execute_process(
      COMMAND ${git} -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
      OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(NOT commit MATCHES "^[0-9a-f]+(-dirty)?$")
    set(commit "unknown")
  endif()
  set(text "#define HOPLAB_VERSION \"${VERSION}\"\n#define HOPLAB_COMMIT \"${commit}\"\n")
  file(CONFIGURE OUTPUT ${STAMP} CONTENT "${text}" @ONLY)  # Touches the file only when it differs.
  return()
endif()

set(HOPLAB_VERSION_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(hoplab_embed_version target source)
  set(stamp ${PROJECT_BINARY_DIR}/generated/hoplab_version.hpp)
  add_custom_target(hoplab_version_stamp
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
            -DSTAMP=${stamp} -P ${HOPLAB_VERSION_SCRIPT}
    BYPRODUCTS ${stamp} VERBATIM COMMENT "")
  add_dependencies(${target} hoplab_version_stamp)
  set_source_files_properties(${source} PROPERTIES
    COMPILE_OPTIONS "-include;${stamp}" OBJECT_DEPENDS ${stamp} SKIP_PRECOMPILE_HEADERS ON)
endfunction()
