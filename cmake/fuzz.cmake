# One libFuzzer binary per fuzz/*_fuzz.cc.
file(GLOB ICEFIELD_FUZZERS CONFIGURE_DEPENDS fuzz/*_fuzz.cc)
foreach(fuzzer ${ICEFIELD_FUZZERS})
  cmake_path(GET fuzzer STEM name)
  add_executable(${name} ${fuzzer})
  target_link_libraries(${name} PRIVATE icefield_core)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endforeach()
