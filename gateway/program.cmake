# The executable `ringcast-gateway` and what it is made of beside the client port: configuration,
# the HTTP API, the operators' port, and the one place that builds everything.
find_package(yaml-cpp REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(CLI11 REQUIRED)

add_library(ringcast_gateway_configuration STATIC
  src/configuration.cpp
  src/configuration_text.cpp
  src/settings.cpp
)
target_include_directories(ringcast_gateway_configuration PUBLIC src)
target_link_libraries(ringcast_gateway_configuration
  PUBLIC ringcast_gateway_protocol ringcast_router
  PRIVATE yaml-cpp)

add_library(ringcast_gateway_api STATIC
  src/api_key.cpp
  src/base64.cpp
  src/http_api.cpp
  src/idempotency.cpp
)
target_include_directories(ringcast_gateway_api PUBLIC src)
target_link_libraries(ringcast_gateway_api PUBLIC ringcast_gateway_configuration)

# What operators' programs ask of the admin port, as bytes: fuzzed alone, too.
add_library(ringcast_gateway_admin_request STATIC src/admin_request.cpp)
target_include_directories(ringcast_gateway_admin_request PUBLIC src)
target_link_libraries(ringcast_gateway_admin_request PUBLIC ringcast_ring Boost::headers)

add_library(ringcast_gateway_admin STATIC
  src/admin_channels.cpp
  src/admin_pages.cpp
  src/admin_server.cpp
  src/metrics.cpp
  src/snapshot.cpp
)
target_include_directories(ringcast_gateway_admin PUBLIC src)
target_link_libraries(ringcast_gateway_admin
  PUBLIC ringcast_gateway_admin_request ringcast_gateway_configuration
  PRIVATE prometheus-cpp::core)

add_library(ringcast_gateway_command_line STATIC src/gateway_command_line.cpp)
target_link_libraries(ringcast_gateway_command_line
  PUBLIC ringcast_gateway_configuration
  PRIVATE CLI11::CLI11)

# How a gateway is known to the cluster; simulated gateways are, too.
add_library(ringcast_gateway_announcer STATIC src/announcer.cpp)
target_include_directories(ringcast_gateway_announcer PUBLIC src)
target_link_libraries(ringcast_gateway_announcer PUBLIC ringcast_router)

if(TARGET ringcast_gateway)
  add_executable(ringcast-gateway
    src/main.cpp
    src/program.cpp
  )
  target_link_libraries(ringcast-gateway PRIVATE
    ringcast_gateway ringcast_gateway_admin ringcast_gateway_announcer ringcast_gateway_api
    ringcast_gateway_command_line ringcast_membership_zookeeper)
  set_target_properties(ringcast-gateway PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endif()
