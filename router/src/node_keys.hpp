#pragma once

#include <string_view>

namespace ringcast::router::node_keys {

/// What Ringcast keeps on a node, beside the channels themselves. Every name begins with the byte
/// 0xFF, which valid UTF-8 never contains: no channel of a client can be one of them. A channel is
/// published and subscribed under its plain name.

/// Number of the view from which on publishes are accepted (decimal): one routed by an older view
/// is refused. Absent: none is too old. Only grows.
inline constexpr std::string_view fence =
    "\xff"
    "ringcast:fence";

/// While it exists the node may accept publishes: `SET lease <node-id> PX <ttl>`, renewed by the
/// node's agent as long as it has reason to. Absent: every publish is refused.
inline constexpr std::string_view lease =
    "\xff"
    "ringcast:lease";

/// "<number> <bytes>": the last view that this node was told of, and the record as it stood in
/// ZooKeeper then: with that view in force, or being fenced for. For gateways cut off from there.
inline constexpr std::string_view view =
    "\xff"
    "ringcast:view";

/// The control channel. Each subscribing connection of each gateway is subscribed to it, so what is
/// said there stands in order with the messages. Words are separated by one space; who does not
/// know the first ignores the whole:
///   fence <view> <former>                     the marker: nothing by an earlier view follows; the
///                                             node was fenced at <former> until then
///   probe <gateway-id> <n> <fence> <view>     a gateway to itself: this link delivers. To all: the
///                                             node is fenced at <fence> and was told of <view>
inline constexpr std::string_view control =
    "\xff"
    "ringcast:control";

/// The first byte of every payload on a client's channel: what the rest is. Unknown kinds are
/// ignored, so that later versions can add some.
inline constexpr char publication_kind = 'p';  ///< the publication, as the publisher gave it

}  // namespace ringcast::router::node_keys
