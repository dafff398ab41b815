# Configuration, the HTTP API and the operators' pages.
find_package(Boost 1.81 REQUIRED COMPONENTS json)

add_executable(unit_gateway_program
  admin_pages_test.cpp
  admin_request_test.cpp
  configuration_test.cpp
  gateway_command_line_test.cpp
  http_api_test.cpp
)
target_compile_definitions(unit_gateway_program PRIVATE
  RINGCAST_SAMPLE_FILE="${PROJECT_SOURCE_DIR}/deploy/config/ringcast-gateway.yaml")
target_link_libraries(unit_gateway_program PRIVATE
  ringcast_gateway_api ringcast_gateway_admin ringcast_gateway_command_line ringcast_gateway
  ringcast_fake_router ringcast_test_support Boost::json GTest::gmock_main)
gtest_discover_tests(unit_gateway_program PROPERTIES LABELS unit DISCOVERY_TIMEOUT 60)
