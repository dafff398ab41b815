#include "ringcast/router/errc.hpp"

#include <string>

namespace ringcast::router {
namespace {

// Boost's categories are never destroyed through their base, whose destructor is protected by
// intent.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "ringcast.router"; }

    std::string message(int value) const override {
        switch (static_cast<Errc>(value)) {
            case Errc::no_view:
                return "no view of the ring is known yet";
            case Errc::unreachable:
                return "the channel's node did not answer in time";
            case Errc::hold_full:
                return "too many publishes are held back";
            case Errc::outcome_unknown:
                return "the link to the node broke before it answered";
            case Errc::refused:
                return "the node refuses publishes";
            case Errc::too_large:
                return "larger than a node is given in one call";
            case Errc::stopped:
                return "the router is stopping";
        }
        return "unknown error";
    }
};

#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& router_category() noexcept {
    static const Category category;
    return category;
}

boost::system::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), router_category()};
}

}  // namespace ringcast::router
