# Configuration, the HTTP API and the operators' port.
add_executable(unit_gateway_program
  configuration_test.cpp
)
target_compile_definitions(unit_gateway_program PRIVATE
  RINGCAST_SAMPLE_FILE="${PROJECT_SOURCE_DIR}/deploy/config/ringcast-gateway.yaml")
target_link_libraries(unit_gateway_program PRIVATE ringcast_gateway_configuration GTest::gmock_main)
gtest_discover_tests(unit_gateway_program PROPERTIES LABELS unit DISCOVERY_TIMEOUT 60)
