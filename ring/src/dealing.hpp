#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace ringcast::ring {

/// A share as whole arcs and whether there is a rest: who has one may get one arc more.
struct Share {
    std::uint64_t whole = 0;
    bool rest = false;
};

/// Shares of something that is dealt out arc by arc: everybody gets the floor or the ceiling.
class Dealing {
public:
    void start(std::vector<Share> shares, std::uint64_t arcs) {
        shares_ = std::move(shares);
        dealt_.assign(shares_.size(), 0);
        ceilings_ = arcs;
        for (const Share& share : shares_)
            ceilings_ -= std::min<std::uint64_t>(share.whole, ceilings_);
    }
    [[nodiscard]] bool has_room(std::uint32_t member) const noexcept {
        const Share& share = shares_[member];
        return dealt_[member] < share.whole ||
               (dealt_[member] == share.whole && share.rest && ceilings_ > 0);
    }
    /// Negative when the member has had more than its share.
    [[nodiscard]] std::int64_t room(std::uint32_t member) const noexcept {
        return static_cast<std::int64_t>(shares_[member].whole) + (shares_[member].rest ? 1 : 0) -
               dealt_[member];
    }
    void deal(std::uint32_t member) noexcept {
        if (dealt_[member]++ == shares_[member].whole && ceilings_ > 0) --ceilings_;
    }

private:
    std::vector<Share> shares_;
    std::vector<std::uint32_t> dealt_;
    std::uint64_t ceilings_ = 0;  // how many may still get one more than the floor
};

}  // namespace ringcast::ring
