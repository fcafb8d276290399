# SPDX-License-Identifier: Apache-2.0
# One folder = one namespace = one static library + one test binary.
#
#   freshet_library(storage/commit     # src/storage/commit -> freshet_commit, freshet_commit_test
#     SOURCES      sequencer.cpp …     # the library
#     TESTS        sequencer_test.cpp… # its unit tests, one binary, one ctest entry
#     FUZZERS      x_fuzz.cpp …        # one libFuzzer binary each, in the fuzz preset only
#     MAIN         main.cpp            # an executable called `freshet` on top of the library
#     DEPENDS      freshet::…          # what the library links, visible to whoever links it
#     TEST_DEPENDS freshet::…          # what only its tests link
#   )
#
# Every .cpp of the folder must be listed: a forgotten file fails the configure step.
# The header-alone check (target `headers`) takes the folder's headers from the disk.

add_custom_target(headers COMMENT "Each header compiles alone")
add_custom_target(unit_tests)
set(FRESHET_TEST_TIMEOUT_S 120)

function(freshet_library folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MAIN" "SOURCES;TESTS;FUZZERS;DEPENDS;TEST_DEPENDS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "src/${folder}: not understood: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  get_filename_component(name ${folder} NAME)
  freshet_check_listed(${folder} ${arg_SOURCES} ${arg_TESTS} ${arg_FUZZERS} ${arg_MAIN})

  if(arg_SOURCES)
    add_library(freshet_${name} STATIC ${arg_SOURCES})
    set(visible PUBLIC)
    target_link_libraries(freshet_${name} PRIVATE freshet_warnings)
  else()
    add_library(freshet_${name} INTERFACE)
    set(visible INTERFACE)
  endif()
  add_library(freshet::${name} ALIAS freshet_${name})
  target_include_directories(freshet_${name} ${visible}
    ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(freshet_${name} ${visible} ${arg_DEPENDS})

  freshet_header_check(${folder} ${name})
  if(arg_TESTS)
    freshet_unit_tests(${name} SOURCES ${arg_TESTS} DEPENDS ${arg_TEST_DEPENDS})
  endif()
  if(FRESHET_FUZZ)
    freshet_fuzzers(${name} ${arg_FUZZERS})
  endif()
  if(arg_MAIN)
    add_executable(freshet ${arg_MAIN})
    target_link_libraries(freshet PRIVATE freshet_warnings freshet_${name} freshet::third::allocator)
    set_target_properties(freshet PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  endif()
endfunction()

# Fails when the folder holds a .cpp that no list names. Folders with a CMakeLists.txt of their own
# answer for themselves.
function(freshet_check_listed folder)
  file(GLOB_RECURSE present CONFIGURE_DEPENDS
    RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(file ${present})
    get_filename_component(sub ${file} DIRECTORY)
    if(sub AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${sub}/CMakeLists.txt)
      continue()
    endif()
    if(NOT file IN_LIST ARGN)
      message(SEND_ERROR "src/${folder}/${file} is not listed in src/${folder}/CMakeLists.txt")
    endif()
  endforeach()
endfunction()

function(freshet_unit_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS")
  add_executable(freshet_${name}_test ${arg_SOURCES})
  target_link_libraries(freshet_${name}_test PRIVATE
    freshet_warnings freshet_${name} ${arg_DEPENDS} freshet::third::gtest)
  # What is tested is optimised; the tests themselves are only compiled sooner.
  target_compile_options(freshet_${name}_test PRIVATE $<$<CONFIG:Release>:-O0>)
  add_dependencies(unit_tests freshet_${name}_test)
  add_test(NAME unit_${name} COMMAND freshet_${name}_test --gtest_brief=1)
  set_tests_properties(unit_${name} PROPERTIES TIMEOUT ${FRESHET_TEST_TIMEOUT_S} LABELS unit)
endfunction()

function(freshet_fuzzers name)
  foreach(source ${ARGN})
    get_filename_component(fuzzer ${source} NAME_WE)
    add_executable(${fuzzer} ${source})
    target_link_libraries(${fuzzer} PRIVATE freshet_warnings freshet_${name})
    target_link_options(${fuzzer} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${fuzzer} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzzers)
    add_dependencies(fuzzers ${fuzzer})
  endforeach()
endfunction()
if(FRESHET_FUZZ)
  add_custom_target(fuzzers)
endif()

# One generated source per header that includes nothing else.
function(freshet_header_check folder name)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS
    RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  set(sources)
  foreach(header ${headers})
    get_filename_component(sub ${header} DIRECTORY)
    if(sub AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${sub}/CMakeLists.txt)
      continue()
    endif()
    set(source ${CMAKE_BINARY_DIR}/header_check/${folder}/${header}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${folder}/${header}\"\n" @ONLY)
    list(APPEND sources ${source})
  endforeach()
  if(sources)
    add_library(freshet_${name}_headers OBJECT EXCLUDE_FROM_ALL ${sources})
    target_link_libraries(freshet_${name}_headers PRIVATE
      freshet_warnings freshet_${name} freshet::third::gtest)
    add_dependencies(headers freshet_${name}_headers)
  endif()
endfunction()
