#include "ringcast/ring/outcome.hpp"

#include <string_view>

namespace ringcast::ring {
namespace {

std::string_view sentence(Errc why) noexcept {
    switch (why) {
        case Errc::no_members:
            return "a ring needs at least one member";
        case Errc::too_many_members:
            return "more members than arcs";
        case Errc::bad_id:
            return "the id of a member must be 1 to 255 printable ASCII characters";
        case Errc::bad_zone:
            return "a zone must be at most 255 printable ASCII characters";
        case Errc::duplicate_id:
            return "two members have one id";
        case Errc::bad_weight:
            return "the weight of a member must be from 1 to 1000000";
        case Errc::bad_owners:
            return "each of the 65536 arcs must be owned by a member";
        case Errc::unknown_member:
            return "there is no such member in the ring";
        case Errc::bad_pin:
            return "a pin must name a channel of 1 to 255 bytes and a member";
    }
    return "refused";
}

}  // namespace

std::string Refusal::text() const {
    std::string text(sentence(why));
    if (!what.empty()) text.append(": ").append(what);
    return text;
}

}  // namespace ringcast::ring
