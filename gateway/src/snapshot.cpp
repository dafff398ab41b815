#include "snapshot.hpp"

#include <algorithm>

namespace ringcast::gateway {
namespace {

struct Others {
    std::size_t all = 0;
    std::size_t cannot_reach = 0;

    [[nodiscard]] bool mostly_cannot() const { return cannot_reach * 2 > all; }
};

Others others_about(const Snapshot& snapshot, const std::string& member) {
    Others others;
    for (const auto& gateway : snapshot.gateways) {
        if (gateway.id == snapshot.id) continue;
        ++others.all;
        if (std::ranges::find(gateway.unreachable, member) != gateway.unreachable.end()) {
            ++others.cannot_reach;
        }
    }
    return others;
}

}  // namespace

Readiness readiness(const Snapshot& snapshot, bool was_ready) {
    Readiness made;
    if (snapshot.server.draining) made.reasons.emplace_back("draining");
    if (snapshot.router.view == router::ViewNumber{}) {
        made.reasons.push_back("no view of the ring yet; the ZooKeeper session is " +
                               std::string(name_of(snapshot.session.state)));
    }
    for (const auto& link : snapshot.router.links) {
        const bool works = link.publishing && link.subscribing;
        if (works && !link.deaf && !link.unreachable) continue;

        const auto others = others_about(snapshot, link.member);
        bool against = false;
        std::string what = "link to " + link.member + " (" + link.address + ") ";
        if (!was_ready) {
            against = !others.mostly_cannot();
            what += "is not up yet";
        } else if (link.deaf) {
            against = !others.mostly_cannot();
            what += "delivers nothing";
        } else if (link.unreachable) {
            // Alone there is nobody who could do better.
            against = others.all > 0 && !others.mostly_cannot();
            what += "is down";
        } else {
            continue;  // it broke a moment ago
        }
        (against ? made.reasons : made.remarks).push_back(std::move(what));
    }
    return made;
}

}  // namespace ringcast::gateway
