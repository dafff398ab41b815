#pragma once

#include "ringcast/membership/errc.hpp"
#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/session.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ringcast::membership {

/// What the service records about a znode.
struct Stat {
    std::int64_t created = 0;   ///< transaction of its creation (czxid): tells incarnations apart
    std::int64_t modified = 0;  ///< transaction of the last write of its data (mzxid)
    std::int64_t children_changed = 0;  ///< transaction of the last child added or removed (pzxid)
    std::int32_t version = 0;           ///< writes of its data since creation
    std::int64_t owner = 0;             ///< session of an ephemeral znode, 0 for persistent ones
    std::int64_t modified_at_ms = 0;    ///< service's clock at the last write, Unix milliseconds
    std::int32_t children_count = 0;
};

enum class Mode { persistent, ephemeral, persistent_sequential, ephemeral_sequential };

inline constexpr std::int32_t any_version = -1;

/// What a znode can hold: the service's limit of 1 MiB a packet, less what path and headers take.
inline constexpr std::size_t data_bytes_max = (1U << 20U) - 4'096U;

/// The tree of znodes that the whole cluster shares: the one interface below every recipe. Paths
/// are absolute within the cluster's own root ("/view", "/nodes/redis-1"). All calls come from the
/// scheduler's thread, and every handler and watch is called there: never from inside the call that
/// set it, never after the destruction of this object, each handler otherwise exactly once and in
/// the order of the calls. Calls are meant for a connected session: what is called while there is
/// no connection may wait for one, or fail (`unavailable` before the first, `session_lost` after a
/// loss, else `unknown_outcome`). Names of children come in no particular order.
///
/// A watch fires at most once, and says only: what you read may no longer hold. It fires upon a
/// change of what was read, and when the session it belonged to is lost. Whoever watches reads
/// again and re-arms in one call; changes in between are merged. A watch is set only when its read
/// succeeded (`exists` of an absent node counts as success).
class Znodes {
public:
    using Watch = std::function<void()>;  // empty: do not watch
    using CreateHandler = std::function<void(std::error_code, std::string path)>;
    using GetHandler = std::function<void(std::error_code, std::string data, Stat)>;
    using ExistsHandler = std::function<void(std::error_code, std::optional<Stat>)>;
    using ChildrenHandler =
        std::function<void(std::error_code, std::vector<std::string> names, Stat)>;
    using SetHandler = std::function<void(std::error_code, Stat)>;
    using RemoveHandler = std::function<void(std::error_code)>;
    using SessionObserver = std::function<void(const Session&)>;

    virtual ~Znodes() = default;

    /// Sequential modes append ten digits to `path`; the handler gets the name that came out.
    virtual void create(std::string path, std::string data, Mode mode, CreateHandler handler) = 0;
    virtual void get(std::string path, Watch watch, GetHandler handler) = 0;
    virtual void exists(std::string path, Watch watch, ExistsHandler handler) = 0;
    virtual void children(std::string path, Watch watch, ChildrenHandler handler) = 0;
    /// `version` is that of the `Stat` read before, or `any_version`.
    virtual void set(std::string path, std::string data, std::int32_t version,
                     SetHandler handler) = 0;
    virtual void remove(std::string path, std::int32_t version, RemoveHandler handler) = 0;

    [[nodiscard]] virtual Session session() const = 0;

    /// Told of every change of state from now on, until the token is destroyed. Intermediate states
    /// may be merged, but a `lost` is always told before the next session's `connected`. The token
    /// may outlive this object, and may be destroyed while this object is (its owner may be an
    /// observer).
    [[nodiscard]] virtual Token observe(SessionObserver observer) = 0;
};

}  // namespace ringcast::membership
