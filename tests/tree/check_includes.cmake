# cmake -DROOT=<tree> -P check_includes.cmake: fails with one line for each include that crosses a
# border of the architecture (docs/architecture.md, "Dependencies").

# rule(HEADER_REGEX ALLOWED_PATH_REGEX): only files whose path matches may include such a header.
set(faults "")
function(rule header allowed)
  foreach(file IN LISTS sources)
    if(file MATCHES "${allowed}")
      continue()
    endif()
    file(STRINGS ${ROOT}/${file} includes REGEX "^#include ${header}")
    foreach(line IN LISTS includes)
      set(faults "${faults}  ${file}: ${line}\n")
    endforeach()
  endforeach()
  set(faults "${faults}" PARENT_SCOPE)
endfunction()

foreach(module ring membership router gateway bench deploy)
  file(GLOB_RECURSE found RELATIVE ${ROOT} ${ROOT}/${module}/*.hpp ${ROOT}/${module}/*.cpp)
  list(APPEND sources ${found})
endforeach()

# Third-party libraries, each with its one owner.
rule("[<\"]zookeeper/" "^membership/src/zookeeper/")
rule("[<\"]hiredis/" "^router/src/")
rule("[<\"]xxhash.h" "^ring/src/|^bench/")
rule("[<\"]boost/beast" "^gateway/src/|^bench/|^deploy/ringcastctl/admin_client.cpp")
rule("[<\"](yaml-cpp|prometheus|jwt|re2/)" "^gateway/src/")
rule("[<\"]CLI/" "^gateway/src/|^router/agent/|^deploy/|^bench/")
rule("[<\"]boost/" "^(router|gateway|deploy|bench)/")
rule("[<\"]spdlog/" "^(membership|router|gateway|deploy|bench)/")

# Our own modules: dependencies point one way.
rule("[<\"]ringcast/membership/" "^(membership|router|gateway|deploy|bench)/")
rule("[<\"]ringcast/ring/" "^(ring|router|gateway|deploy|bench)/")
rule("[<\"]ringcast/router/" "^(router|gateway|deploy|bench)/")
rule("[<\"]ringcast/gateway/" "^(gateway|bench)/")
rule("[<\"]ringcast/membership/(log|zookeeper).hpp" "^bench/|^membership/src/zookeeper/|^gateway/src/main.cpp|^gateway/src/program|^router/agent/|^deploy/ringcastctl/")

if(NOT faults STREQUAL "")
  message(FATAL_ERROR "includes that cross a border:\n${faults}")
endif()
