# One test binary per folder: its *_test.cc files.
find_package(GTest REQUIRED)
include(GoogleTest)

file(GLOB_RECURSE ICEFIELD_TESTS CONFIGURE_DEPENDS src/*_test.cc)
foreach(test_source ${ICEFIELD_TESTS})
  cmake_path(RELATIVE_PATH test_source BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/src OUTPUT_VARIABLE relative)
  cmake_path(GET relative PARENT_PATH folder)
  string(REPLACE "/" "_" folder "${folder}")
  list(APPEND test_folders ${folder})
  list(APPEND tests_of_${folder} ${test_source})
endforeach()
list(REMOVE_DUPLICATES test_folders)

# All of them share one precompiled header.
list(GET test_folders 0 first_folder)
foreach(folder ${test_folders})
  add_executable(${folder}_test ${tests_of_${folder}})
  target_link_libraries(
    ${folder}_test PRIVATE icefield_core GTest::gtest GTest::gtest_main nlohmann_json::nlohmann_json
                           SQLite::SQLite3)
  target_compile_definitions(${folder}_test PRIVATE ICEFIELD_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  if(folder STREQUAL first_folder)
    target_precompile_headers(${folder}_test PRIVATE cmake/precompiled_test.h)
  else()
    target_precompile_headers(${folder}_test REUSE_FROM ${first_folder}_test)
  endif()
  gtest_discover_tests(${folder}_test DISCOVERY_TIMEOUT 60 TEST_PREFIX "${folder}.")
endforeach()
