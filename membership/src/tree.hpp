#pragma once

#include "ringcast/membership/znodes.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ringcast::membership {

/// Which watches a change concerns.
struct Change {
    enum class Kind {
        created,   ///< the znode came into being
        written,   ///< its data was set
        removed,   ///< it is gone
        children,  ///< a child was added or removed
    };
    Kind kind;
    std::string path;

    friend bool operator==(const Change&, const Change&) = default;
};

/// The tree of znodes as the service keeps it: a plain value without sessions, watches or time.
/// What a write changed is appended to `changes`, in the order in which the service tells it.
class Tree {
    struct Node;

public:
    using Changes = std::vector<Change>;

    Tree();

    /// `owner` is the session of an ephemeral znode and is ignored for persistent ones. On success
    /// `created` is the path that came out.
    std::error_code create(std::string_view path, std::string data, Mode mode, std::int64_t owner,
                           std::int64_t now_ms, std::string& created, Changes& changes);
    std::error_code set(std::string_view path, std::string data, std::int32_t version,
                        std::int64_t now_ms, Stat& stat, Changes& changes);
    std::error_code remove(std::string_view path, std::int32_t version, Changes& changes);

    [[nodiscard]] std::error_code get(std::string_view path, std::string& data, Stat& stat) const;
    [[nodiscard]] std::error_code exists(std::string_view path, std::optional<Stat>& stat) const;
    [[nodiscard]] std::error_code children(std::string_view path, std::vector<std::string>& names,
                                           Stat& stat) const;

    /// Removes every ephemeral znode of the session, all in one transaction.
    void end_session(std::int64_t owner, Changes& changes);

    /// The znodes that changes concern, as they are now: nothing where there is none any more.
    using Patch = std::vector<std::pair<std::string, std::shared_ptr<const Node>>>;

    /// For another tree, which was equal to this one before these changes, to be equal again. It
    /// costs as much as was changed: what did not change the two share.
    [[nodiscard]] Patch patch(const Changes& changes) const;
    void apply(const Patch& patch);

private:
    struct Node {
        std::string data;
        Stat stat;
        std::uint32_t creations = 0;  ///< children ever created: the next sequence number
        std::set<std::string, std::less<>> children;
    };

    using Nodes = std::map<std::string, std::shared_ptr<const Node>, std::less<>>;

    /// To change it: a copy of its own.
    [[nodiscard]] static Node& own(Nodes::value_type& entry);
    void unlink(const std::string& path, Changes& changes);

    Nodes nodes_;  // by path; the root is "/"
    std::int64_t transaction_ = 0;
};

/// Whether the service takes the path; `sequential` paths may end in a slash.
[[nodiscard]] bool is_valid_path(std::string_view path, bool sequential) noexcept;

}  // namespace ringcast::membership
