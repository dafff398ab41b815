#pragma once

#include <string_view>

namespace ringcast::router {

/// Publishes a batch, or refuses all of it. One atomic step of the node, for Redis 6.2 and later,
/// Redis 7 and Valkey.
///   KEYS  fence, lease (node_keys.hpp)
///   ARGV  number of the view that chose this node, then channel and payload for each publish
/// Answers how many were published, or an error that begins with
///   STALE <n>   the node is fenced at view n, which is later than the one stated
///   NOLEASE     nobody vouches for the node
/// in which case nothing was published. View numbers stay below 2^53, where Lua counts exactly.
inline constexpr std::string_view publish_script = R"lua(
local fence = redis.call('GET', KEYS[1])
if fence and tonumber(fence) > tonumber(ARGV[1]) then
  return redis.error_reply('STALE ' .. fence)
end
if redis.call('EXISTS', KEYS[2]) == 0 then
  return redis.error_reply('NOLEASE nobody vouches for this node')
end
for i = 2, #ARGV, 2 do
  redis.call('PUBLISH', ARGV[i], ARGV[i + 1])
end
return (#ARGV - 1) / 2
)lua";

}  // namespace ringcast::router
