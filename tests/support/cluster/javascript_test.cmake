# Tests in JavaScript on the real system: each file starts what it needs on free ports in a temporary
# folder, through deploy/cluster, and stops it again. Needs what deploy/install installs.
include_guard(GLOBAL)
find_program(NODE node REQUIRED)

# ringcast_javascript_test(NAME FILE [SERIAL] [TIMEOUT SECONDS] [ENVIRONMENT NAME=VALUE...])
# SERIAL: its bounds are about time, so nothing else runs beside it.
function(ringcast_javascript_test name file)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "SERIAL" "TIMEOUT" "ENVIRONMENT")
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_test(NAME ${name} COMMAND ${NODE} --test-reporter=spec ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  set_tests_properties(${name} PROPERTIES
    LABELS integration
    TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "RINGCAST_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};${ARG_ENVIRONMENT}")
  if(ARG_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()
