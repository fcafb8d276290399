# SPDX-License-Identifier: Apache-2.0
# A test that is a program of its own: a real client, a script, a crash round.
#
#   freshet_script_test(clients_pymongo            # the ctest name
#     COMMAND python ${CMAKE_CURRENT_SOURCE_DIR}/run.py
#     LABELS clients                               # `unit` is taken by the unit tests
#     TIMEOUT_S 300)
#
# The command finds `python`, `pytest`, `node` and `mongosh` in its PATH as tools/deps installed
# them; Debian's own python3 with PyMongo 3.11 is /usr/bin/python3. Its environment says where the
# server binary lies (FRESHET), the sources (FRESHET_SOURCE), PyMongo's source distribution
# (FRESHET_PYMONGO) and the Node packages (NODE_PATH).

function(freshet_script_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL" "TIMEOUT_S" "COMMAND;LABELS;ENVIRONMENT")
  set(tools ${CMAKE_SOURCE_DIR}/build/tools)
  if(NOT arg_TIMEOUT_S)
    set(arg_TIMEOUT_S 300)
  endif()
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E env
    "FRESHET=$<TARGET_FILE:freshet>"
    "FRESHET_SOURCE=${CMAKE_SOURCE_DIR}"
    "FRESHET_PYMONGO=${tools}/pymongo"
    "NODE_PATH=${tools}/node/node_modules"
    "PATH=${tools}/venv/bin:${tools}/node/node_modules/.bin:$ENV{PATH}"
    ${arg_ENVIRONMENT} ${arg_COMMAND})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT_S} LABELS "${arg_LABELS}")
  if(arg_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()
