# Arrow and Parquet as the pinned pyarrow wheel carries them: headers and libraries by full soname.
# (docs/decisions/ says why.) Defines the target icefield_arrow and ICEFIELD_ARROW_DIR.
find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)
execute_process(
  COMMAND ${Python_EXECUTABLE} -c
          "import pyarrow; print(pyarrow.get_include(), pyarrow.get_library_dirs()[0], pyarrow.__version__, sep=';')"
  OUTPUT_VARIABLE ICEFIELD_PYARROW
  OUTPUT_STRIP_TRAILING_WHITESPACE
  RESULT_VARIABLE ICEFIELD_PYARROW_FAILED)
if(ICEFIELD_PYARROW_FAILED)
  message(FATAL_ERROR "${Python_EXECUTABLE} cannot import pyarrow; run `make setup` first")
endif()
list(GET ICEFIELD_PYARROW 0 ICEFIELD_ARROW_INCLUDE)
list(GET ICEFIELD_PYARROW 1 ICEFIELD_ARROW_DIR)
list(GET ICEFIELD_PYARROW 2 ICEFIELD_ARROW_VERSION)
string(REGEX MATCH "^[0-9]+" ICEFIELD_ARROW_MAJOR "${ICEFIELD_ARROW_VERSION}")
message(STATUS "Arrow ${ICEFIELD_ARROW_VERSION} from ${ICEFIELD_ARROW_DIR}")

add_library(icefield_arrow INTERFACE)
target_include_directories(icefield_arrow SYSTEM INTERFACE ${ICEFIELD_ARROW_INCLUDE})
target_link_libraries(
  icefield_arrow INTERFACE ${ICEFIELD_ARROW_DIR}/libarrow.so.${ICEFIELD_ARROW_MAJOR}00
                           ${ICEFIELD_ARROW_DIR}/libparquet.so.${ICEFIELD_ARROW_MAJOR}00)
