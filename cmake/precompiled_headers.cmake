# The standard library, and GoogleTest for tests, are parsed once and not in every source: a quarter of
# a build. Sources name what they use all the same: the preset `tidy` compiles without any of this.

set(precompiled_standard_library
  <algorithm> <array> <chrono> <functional> <map> <memory> <optional> <set> <span> <string>
  <string_view> <unordered_map> <variant> <vector>)

# precompile_headers(NAME HEADER...): for sources that are compiled as they would be in this folder.
function(precompile_headers name)
  set(empty ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  file(TOUCH ${empty})
  add_library(${name} OBJECT ${empty})
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()

# use_precompiled_headers(NAME FOLDER...): for all targets there that have none yet.
function(use_precompiled_headers name)
  foreach(folder IN LISTS ARGN)
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target IN LISTS targets)
      get_target_property(type ${target} TYPE)
      get_target_property(own ${target} PRECOMPILE_HEADERS)
      get_target_property(other ${target} PRECOMPILE_HEADERS_REUSE_FROM)
      if(type MATCHES "EXECUTABLE|STATIC_LIBRARY|OBJECT_LIBRARY" AND NOT own AND NOT other)
        target_precompile_headers(${target} REUSE_FROM ${name})
      endif()
    endforeach()
    get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    use_precompiled_headers(${name} ${folders})
  endforeach()
endfunction()
