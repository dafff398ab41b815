#pragma once

#include <system_error>

namespace ringcast::membership {

enum class Errc {
    no_node = 1,       ///< the path, or its parent, does not exist
    node_exists,       ///< create: somebody was first
    not_empty,         ///< remove: it has children
    bad_version,       ///< set, remove: it was changed since it was read
    ephemeral_parent,  ///< create: an ephemeral node cannot have children
    unknown_outcome,   ///< the connection broke or the time ran out: it may have happened or not
    session_lost,   ///< the session expired: nothing was done, and its ephemeral entries are gone
    no_permission,  ///< access list or authentication
    bad_arguments,  ///< a path or value that cannot be
    unavailable,    ///< never reached, or closed: nothing was done
    too_large,      ///< more than a znode may hold
    unreadable,     ///< a recipe found something in a znode that it did not put there
};

[[nodiscard]] const std::error_category& membership_category() noexcept;
[[nodiscard]] std::error_code make_error_code(Errc code) noexcept;

}  // namespace ringcast::membership

template <>
struct std::is_error_code_enum<ringcast::membership::Errc> : std::true_type {};
