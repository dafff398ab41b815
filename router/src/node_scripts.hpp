#pragma once

#include <string_view>

namespace ringcast::router {

// What a node does in one atomic step, for Redis 6.2 and later, Redis 7 and Valkey. The keys are
// those of node_keys.hpp. View numbers stay below 2^53, where Lua counts exactly.

/// Publishes a batch, or refuses all of it.
///   KEYS  fence, lease
///   ARGV  number of the view that chose this node, then channel and payload for each publish
/// Answers how many were published, or an error that begins with
///   STALE <n>   the node is fenced at view n, which is later than the one stated
///   NOLEASE     nobody vouches for the node
/// in which case nothing was published.
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

/// Says a probe on the control channel, and with it what every subscriber should know of the node:
/// a connection that missed a marker hears the fence with the next probe.
///   KEYS  fence, view
///   ARGV  control channel, the words of the probe
/// Answers nothing of interest.
inline constexpr std::string_view probe_script = R"lua(
local fence = redis.call('GET', KEYS[1]) or '0'
local view = string.match(redis.call('GETRANGE', KEYS[2], 0, 20), '^%d+') or '0'
return redis.call('PUBLISH', ARGV[1], ARGV[2] .. ' ' .. fence .. ' ' .. view)
)lua";

/// Raises the fence, and keeps the record of the view for gateways that are cut off from ZooKeeper,
/// as it stands there. Neither ever goes back, so it may be done again. A view that is being fenced
/// for and the same one in force bear the same number: whoever is told of it without being fenced
/// at it keeps what it was told before. Where the fence stands by then, and stood, is said on the
/// control channel: the marker, the last word of views before it.
///   KEYS  fence, view
///   ARGV  number to fence at (0: leave the fence, say nothing), number of the record's view, the
///         record's bytes, control channel
/// Answers the number at which the node is fenced, 0 for none.
inline constexpr std::string_view fence_script = R"lua(
local former = tonumber(redis.call('GET', KEYS[1]) or '0')
local fence = former
local wanted = tonumber(ARGV[1])
if wanted > fence then
  redis.call('SET', KEYS[1], ARGV[1])
  fence = wanted
end
local known = tonumber(string.match(redis.call('GETRANGE', KEYS[2], 0, 20), '^%d+') or '0')
local number = tonumber(ARGV[2])
if number > known or (number == known and number == wanted) then
  redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3])
end
if wanted > 0 then
  redis.call('PUBLISH', ARGV[4], string.format('fence %.0f %.0f', fence, former))
end
return fence
)lua";

}  // namespace ringcast::router
