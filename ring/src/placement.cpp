#include "placement.hpp"

#include "renaming.hpp"
#include "stretches.hpp"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

namespace ringcast::ring {
namespace {

/// Neighbouring arcs in one hand: a member's, or `gone`.
struct Piece {
    std::uint32_t first;
    std::uint32_t length;
    std::uint32_t owner;

    [[nodiscard]] std::uint32_t end() const noexcept { return first + length; }
};

std::vector<Piece> pieces_of(std::span<const MemberIndex> owners,
                             std::span<const std::uint32_t> renamed) {
    std::vector<Piece> pieces;
    std::uint32_t first = 0;
    for (const Stretch& stretch : stretches_of(owners)) {
        pieces.push_back({first, stretch.length, renamed[stretch.owner]});
        first += stretch.length;
    }
    return pieces;
}

/// Who gives what. Takes the pieces of the table and leaves those that need a new owner.
class Giving {
public:
    Giving(const std::vector<Piece>& pieces, std::vector<std::uint32_t> excess,
           std::span<const std::uint32_t> lack)
        : pieces_(pieces), excess_(std::move(excess)), lack_(lack) {}

    /// In ascending order.
    std::vector<Piece> given() {
        give_blocks();
        give_many();
        std::sort(given_.begin(), given_.end(),
                  [](const Piece& a, const Piece& b) { return a.first < b.first; });
        return std::move(given_);
    }

private:
    static constexpr std::uint32_t none = 0xffff'ffff;

    /// All of those that are gone; and a single block of each giver that has one long enough.
    void give_blocks() {
        std::vector<std::uint32_t> shortest_enough(excess_.size(), none);
        for (std::uint32_t at = 0; at < pieces_.size(); ++at) {
            const Piece& piece = pieces_[at];
            if (piece.owner == gone) {
                given_.push_back(piece);
            } else if (excess_[piece.owner] > 0 && piece.length >= excess_[piece.owner]) {
                std::uint32_t& best = shortest_enough[piece.owner];
                if (best == none || piece.length < pieces_[best].length) best = at;
            }
        }
        for (std::size_t giver = 0; giver < excess_.size(); ++giver) {
            if (shortest_enough[giver] == none) continue;
            cut(shortest_enough[giver], excess_[giver]);
            excess_[giver] = 0;
        }
    }

    /// Givers that have no piece as long as their excess: their longest ones, until one is.
    void give_many() {
        std::vector<std::uint32_t> offers;
        for (std::uint32_t at = 0; at < pieces_.size(); ++at) {
            const std::uint32_t owner = pieces_[at].owner;
            if (owner != gone && excess_[owner] > 0) offers.push_back(at);
        }
        std::sort(offers.begin(), offers.end(), [this](std::uint32_t a, std::uint32_t b) {
            const Piece& left = pieces_[a];
            const Piece& right = pieces_[b];
            if (left.owner != right.owner) return left.owner < right.owner;
            if (left.length != right.length) return left.length > right.length;
            return left.first < right.first;
        });
        for (auto group = offers.begin(); group != offers.end();) {
            const std::uint32_t giver = pieces_[*group].owner;
            const auto group_end = std::find_if(
                group, offers.end(), [&](std::uint32_t at) { return pieces_[at].owner != giver; });
            auto longest = group;
            for (; pieces_[*longest].length < excess_[giver]; ++longest) {
                given_.push_back(pieces_[*longest]);
                excess_[giver] -= pieces_[*longest].length;
            }
            // From here on pieces are long enough, and the shortest of these is the last of them.
            const auto too_short = std::find_if(longest, group_end, [&](std::uint32_t at) {
                return pieces_[at].length < excess_[giver];
            });
            cut(*std::prev(too_short), excess_[giver]);
            group = group_end;
        }
    }

    /// From the end at which a taker could be the neighbour.
    void cut(std::uint32_t at, std::uint32_t length) {
        const Piece& piece = pieces_[at];
        const bool at_front = at > 0 && wants(pieces_[at - 1].owner);
        given_.push_back({at_front ? piece.first : piece.end() - length, length, piece.owner});
    }

    [[nodiscard]] bool wants(std::uint32_t owner) const noexcept {
        return owner == gone || lack_[owner] > 0;
    }

    const std::vector<Piece>& pieces_;
    std::vector<std::uint32_t> excess_;
    std::span<const std::uint32_t> lack_;
    std::vector<Piece> given_;
};

/// Who takes what. Writes the new owners of the given pieces.
class Taking {
public:
    Taking(std::span<MemberIndex> owners, std::vector<std::uint32_t> lack)
        : owners_(owners), lack_(std::move(lack)) {}

    void take(std::span<const Piece> given) {
        to_neighbours(given);
        by_best_fit();
    }

private:
    void to_neighbours(std::span<const Piece> given) {
        for (std::size_t i = 0; i < given.size(); ++i) {
            Piece piece = given[i];
            const bool left_is_open = !rest_.empty() && rest_.back().end() == piece.first;
            if (piece.first > 0 && !left_is_open) {
                const std::uint32_t taken = assign(piece, owners_[piece.first - 1]);
                piece.first += taken;
                piece.length -= taken;
            }
            const bool right_is_open = i + 1 < given.size() && given[i + 1].first == piece.end();
            if (piece.length > 0 && piece.end() < owners_.size() && !right_is_open) {
                const MemberIndex taker = owners_[piece.end()];
                const std::uint32_t taken = std::min(piece.length, lack_[taker]);
                assign({piece.end() - taken, taken, piece.owner}, taker);
                piece.length -= taken;
            }
            if (piece.length > 0) rest_.push_back(piece);
        }
    }

    /// Long pieces first, each to the member that lacks just enough, or else lacks the most.
    void by_best_fit() {
        std::stable_sort(rest_.begin(), rest_.end(),
                         [](const Piece& a, const Piece& b) { return a.length > b.length; });
        std::set<std::pair<std::uint32_t, std::uint32_t>> takers;
        for (std::uint32_t i = 0; i < lack_.size(); ++i) {
            if (lack_[i] > 0) takers.emplace_hint(takers.end(), lack_[i], i);
        }
        for (Piece piece : rest_) {
            while (piece.length > 0) {
                auto taker = takers.lower_bound({piece.length, 0});
                if (taker == takers.end()) taker = takers.lower_bound({takers.rbegin()->first, 0});
                const std::uint32_t index = taker->second;
                takers.erase(taker);
                const std::uint32_t taken = assign(piece, static_cast<MemberIndex>(index));
                piece.first += taken;
                piece.length -= taken;
                if (lack_[index] > 0) takers.emplace(lack_[index], index);
            }
        }
        assert(takers.empty());
    }

    /// As much from the front of the piece as the taker lacks.
    std::uint32_t assign(const Piece& piece, MemberIndex taker) {
        const std::uint32_t taken = std::min(piece.length, lack_[taker]);
        std::fill_n(owners_.begin() + piece.first, taken, taker);
        lack_[taker] -= taken;
        return taken;
    }

    std::span<MemberIndex> owners_;
    std::vector<std::uint32_t> lack_;
    std::vector<Piece> rest_;  // in ascending order, until dealt out
};

}  // namespace

void place(std::span<MemberIndex> owners, std::span<const std::uint32_t> renamed,
           std::span<const std::uint32_t> held, std::span<const std::uint32_t> quotas) {
    std::vector<std::uint32_t> excess(quotas.size(), 0);
    std::vector<std::uint32_t> lack(quotas.size(), 0);
    for (std::size_t i = 0; i < quotas.size(); ++i) {
        if (held[i] > quotas[i]) excess[i] = held[i] - quotas[i];
        if (held[i] < quotas[i]) lack[i] = quotas[i] - held[i];
    }

    const std::vector<Piece> pieces = pieces_of(owners, renamed);
    const std::vector<Piece> given = Giving(pieces, std::move(excess), lack).given();
    for (const Piece& piece : pieces) {
        if (piece.owner == gone) continue;
        std::fill_n(owners.begin() + piece.first, piece.length,
                    static_cast<MemberIndex>(piece.owner));
    }
    Taking(owners, std::move(lack)).take(given);
}

}  // namespace ringcast::ring
