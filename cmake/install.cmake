# What `cmake --install` lays down besides the binary (which report/CMakeLists.txt installs).
include(GNUInstallDirs)
install(DIRECTORY scenarios/ DESTINATION ${CMAKE_INSTALL_DATADIR}/hoplab/scenarios
  FILES_MATCHING PATTERN "*.yaml" PATTERN "*.yml" PATTERN "*.json"
  PATTERN "schema" EXCLUDE PATTERN "import" EXCLUDE)
install(FILES README.md LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
