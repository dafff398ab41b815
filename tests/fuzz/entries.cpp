// Entries from anybody's znodes: refused, or as good as what we write ourselves.

#include "ringcast/router/entries.hpp"

#include "ringcast/router/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ringcast::router;
    const std::string_view text(reinterpret_cast<const char*>(data), size);

    const auto node = parse_node_entry("redis-1", text);
    if (node && parse_node_entry("redis-1", encode(*node)) != node) std::abort();
    (void)parse_node_entry(text, R"({"address":"h:1"})");
    const auto gateway = parse_gateway_entry(text);
    if (gateway && parse_gateway_entry(encode(*gateway)) != gateway) std::abort();
    const auto request = parse_request(text);
    if (request && parse_request(encode(*request)) != request) std::abort();
    const auto entry = parse_history_entry(text);
    if (entry && parse_history_entry(encode(*entry)) != entry) std::abort();
    const auto settings = parse_settings(text);
    if (settings && parse_settings(encode(*settings)) != settings) std::abort();
    const auto changed = change_setting(text, "paused", "true");
    if (const auto* json = std::get_if<std::string>(&changed); json != nullptr && settings) {
        const auto after = parse_settings(*json);
        if (after && !after->paused) std::abort();
    }
    return 0;
}
