#pragma once

#include "ringcast/router/entries.hpp"
#include "ringcast/router/view.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ringcast::ctl {

/// 127.0.0.1:7001 of redis-1, and so on to redis-9.
inline router::Address address_of(const std::string& id) {
    return {"127.0.0.1", static_cast<std::uint16_t>(7000 + (id.back() - '0'))};
}

/// View 7, in force with these members.
inline router::ViewRecord a_record(std::vector<ring::Member> members, const ring::Pins& pins = {}) {
    std::vector<router::Address> addresses;
    for (const auto& member : members) addresses.push_back(address_of(member.id));
    auto ring = ring::Ring::genesis(std::move(members));
    ring = ring->with_pins(pins);
    return {{router::ViewNumber{7}, *ring, std::move(addresses)}, {}, {}};
}

/// Registered, with a weight of 100.
inline router::NodeEntry a_registered_node(const std::string& id) {
    router::NodeEntry node;
    node.id = id;
    node.address = address_of(id);
    node.weight = 100;
    return node;
}

}  // namespace ringcast::ctl
