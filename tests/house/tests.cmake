add_library(hoplab_house STATIC house/rules.cpp house/source_text.cpp)
target_link_libraries(hoplab_house PUBLIC hoplab_flags)

hoplab_test(unit house/rules_test house/house_test)
target_link_libraries(rules_test PRIVATE hoplab_house)
target_link_libraries(house_test PRIVATE hoplab_house)
