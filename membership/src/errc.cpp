#include "ringcast/membership/errc.hpp"

#include <string>

namespace ringcast::membership {
namespace {

class Category final : public std::error_category {
public:
    const char* name() const noexcept override { return "ringcast.membership"; }

    std::string message(int value) const override {
        switch (static_cast<Errc>(value)) {
            case Errc::no_node:
                return "no such znode";
            case Errc::node_exists:
                return "the znode exists";
            case Errc::not_empty:
                return "the znode has children";
            case Errc::bad_version:
                return "the znode was changed since it was read";
            case Errc::ephemeral_parent:
                return "an ephemeral znode cannot have children";
            case Errc::unknown_outcome:
                return "no answer: it may have happened or not";
            case Errc::session_lost:
                return "the session expired";
            case Errc::no_permission:
                return "not allowed by the znode's access list";
            case Errc::bad_arguments:
                return "no such path or value is possible";
            case Errc::unavailable:
                return "the coordination service is not reached";
            case Errc::too_large:
                return "more than a znode may hold";
            case Errc::unreadable:
                return "the znode holds something that cannot be read";
        }
        return "unknown error";
    }
};

}  // namespace

const std::error_category& membership_category() noexcept {
    static const Category category;
    return category;
}

std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), membership_category()};
}

}  // namespace ringcast::membership
