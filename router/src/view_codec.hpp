#pragma once

#include "ringcast/router/view.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ringcast::router::detail {

// The bytes of a view record, format 1. Integers are varints (seven bits a byte, the lowest first,
// no padding), texts are a varint length and their bytes.
//
//     "RCV" 0x01
//     text    request        znode name of the last request carried out
//     text    note           the history entry of the last change
//     number  step           of that request
//     number  previous       view in force before this one
//     number  last           highest number of a proposal that was dropped
//     count of those that acknowledged, each a text
//     view    in force
//     byte    0: no proposal, 1: its stage (byte: 1 prepare, 2 fence), rate and view follow
//     nothing, or: number of the last change to the removals, their count,
//             for each, members ascending: member, number
//     8 bytes CRC-64/XZ of all that, the lowest byte first
//
//     view:   number, seed, count of members,
//             for each, ids ascending: id, weight, zone, host, port
//             runs of arcs until all 65,536 are covered: owner, length; neighbours differ in owner
//             count of pins, for each, channels ascending: channel, owner
//
// A run costs two bytes or three, so the worst ring of 1,000 members takes 200 KB and an ordinary
// one, where a member holds a few contiguous blocks, some 40 KB. There is one encoding of a record:
// what decodes is, encoded again, the same bytes.

inline constexpr std::size_t checksum_size = 8;

/// The body followed by its checksum.
[[nodiscard]] std::string seal(std::string body);

/// The body of sealed bytes, or nothing when the checksum is wrong.
[[nodiscard]] std::optional<std::string_view> unseal(std::string_view bytes);

/// A record in a format of another version of this software, as far as one can tell.
[[nodiscard]] bool is_other_format(std::string_view body);

/// What `unseal` gave; nothing when it cannot be a record.
[[nodiscard]] std::optional<ViewRecord> parse_body(std::string_view body);

}  // namespace ringcast::router::detail
