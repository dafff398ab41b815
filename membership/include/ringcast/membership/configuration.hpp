#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace ringcast::membership {

/// One znode whose value many follow and few write: the cluster's settings, the view in force. The
/// value is bytes: whoever reads it judges it.
///
/// What it shows is a state that was read, never older than one it showed before; changes in
/// between are merged and it may lag behind. While there is no connection it shows what was read
/// last; after every reconnect it is read again.
///
/// Lives on the thread of its scheduler; znodes and scheduler outlive it. May be destroyed at any
/// time, also by its own observer; that drops the handlers of writes.
class Configuration {
public:
    struct Value {
        std::string data;
        std::int32_t version = 0;
        std::int64_t modified = 0;        ///< transaction of the write
        std::int64_t modified_at_ms = 0;  ///< Unix milliseconds, the service's clock
        friend bool operator==(const Value&, const Value&) = default;
    };
    using Observer = std::function<void()>;

    /// The observer is told of the first read and of every change from then on; never from inside
    /// a call.
    Configuration(Znodes& znodes, Scheduler& scheduler, std::string path, Observer observer = {});
    Configuration(Configuration&&) noexcept;
    Configuration& operator=(Configuration&&) noexcept;
    ~Configuration();

    [[nodiscard]] bool known() const;                         ///< it was read at least once
    [[nodiscard]] const std::optional<Value>& value() const;  ///< nothing: the znode is absent

    /// Writes against the version that was read; nothing means that the znode must not exist yet.
    /// `bad_version` (or `node_exists`, `no_node`): somebody else wrote meanwhile, read again and
    /// judge. A write whose connection breaks is looked for after the reconnect: `unknown_outcome`
    /// only if others wrote so much meanwhile that nobody can tell. Missing parents are made.
    /// On success the new version is `version`; `value` shows it soon after.
    using WriteHandler = std::function<void(std::error_code, std::int32_t version)>;
    void write(std::string data, std::optional<std::int32_t> version, WriteHandler handler);

    class Follower;  // hidden

private:
    std::shared_ptr<Follower> follower_;
};

}  // namespace ringcast::membership
