#include "successors.hpp"

#include "dealing.hpp"
#include "walks.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>

namespace ringcast::ring {
namespace {

__extension__ typedef unsigned __int128 Wide;

/// Who may stand next in a line: nobody who is in it already, and nobody of a zone that is, unless
/// all zones are.
struct Eligible {
    std::array<MemberIndex, successor_count> line{};
    std::array<std::uint32_t, successor_count> zones{};  // ascending
    std::uint32_t line_length = 0;
    std::uint32_t zone_count = 0;
    bool by_zone = false;
    std::uint64_t weight = 0;  // of all who may
};

class LineUp {
public:
    LineUp(const std::vector<Member>& members, std::span<const MemberIndex> owners,
           SuccessorTable& table)
        : members_(members), owners_(owners), table_(table) {
        std::map<std::string_view, std::uint32_t> zones;
        for (const Member& member : members) {
            const auto [known, fresh] =
                zones.emplace(member.zone, static_cast<std::uint32_t>(zones.size()));
            if (fresh) zone_weight_.push_back(0);
            zone_.push_back(known->second);
            zone_weight_[known->second] += member.weight;
            weight_ += member.weight;
        }
    }

    /// The first so many columns: none depends on a later one.
    void run(std::size_t columns) {
        for (auto& line : table_) line.fill(no_member);
        if (members_.size() > 1) fill_first_column();
        for (std::size_t column = 1; column < columns; ++column) {
            if (members_.size() > column + 1) fill_column(column);
        }
    }

private:
    /// Owner by owner, because the arcs of each are shared out on their own.
    void fill_first_column() {
        start_column(0);
        std::vector<std::uint32_t> end(members_.size(), 0);  // of each owner's part of `arcs`
        for (const MemberIndex owner : owners_) ++end[owner];
        std::partial_sum(end.begin(), end.end(), end.begin());
        std::vector<std::uint32_t> begin = end;
        std::vector<std::uint32_t> arcs(arc_count);
        for (std::uint32_t arc = arc_count; arc-- > 0;) arcs[--begin[owners_[arc]]] = arc;
        const std::vector<std::vector<std::uint32_t>> zones = zones_heaviest_first();
        std::vector<std::uint32_t> got(members_.size(), 0);

        for (std::size_t owner = 0; owner < members_.size(); ++owner) {
            if (begin[owner] == end[owner]) continue;
            share_out({arcs.begin() + begin[owner], arcs.begin() + end[owner]}, zones, got);
        }
    }

    /// The arcs of one owner. `got` is all zero, before and after. Shares are worked out for those
    /// that come up only: there may be as many members as arcs.
    void share_out(std::span<const std::uint32_t> arcs,
                   const std::vector<std::vector<std::uint32_t>>& zones,
                   std::vector<std::uint32_t>& got) {
        const Eligible eligible = who_may_follow(arcs.front(), 0);
        const auto share_of = [&](std::uint32_t member) {
            const std::uint64_t scaled = arcs.size() * std::uint64_t{members_[member].weight};
            return Share{scaled / eligible.weight, scaled % eligible.weight > 0};
        };
        std::uint64_t ceilings = arcs.size();
        for (const std::vector<std::uint32_t>& zone : zones) {
            if (share_of(zone.front()).whole == 0) break;
            if (eligible.by_zone && !may_follow(eligible, zone.front())) continue;
            for (const std::uint32_t member : zone) {
                const std::uint64_t whole = share_of(member).whole;
                if (whole == 0) break;
                if (may_follow(eligible, member)) ceilings -= whole;
            }
        }
        for (const std::uint32_t arc : arcs) {
            const MemberIndex member = choose(arc, 0, eligible, [&](std::uint32_t candidate) {
                const Share share = share_of(candidate);
                return got[candidate] < share.whole ||
                       (got[candidate] == share.whole && share.rest && ceilings > 0);
            });
            if (got[member]++ == share_of(member).whole) --ceilings;
            column_.deal(member);
            table_[arc][0] = member;
        }
        for (const std::uint32_t arc : arcs) got[table_[arc][0]] = 0;
    }

    /// The members of each zone; it takes few steps to see all that weigh more than a given weight.
    [[nodiscard]] std::vector<std::vector<std::uint32_t>> zones_heaviest_first() const {
        std::vector<std::vector<std::uint32_t>> zones(zone_weight_.size());
        for (std::uint32_t i = 0; i < members_.size(); ++i) zones[zone_[i]].push_back(i);
        for (std::vector<std::uint32_t>& zone : zones) {
            std::sort(zone.begin(), zone.end(), [this](std::uint32_t a, std::uint32_t b) {
                return members_[a].weight > members_[b].weight;
            });
        }
        std::sort(zones.begin(), zones.end(), [this](const auto& a, const auto& b) {
            return members_[a.front()].weight > members_[b.front()].weight;
        });
        return zones;
    }

    void fill_column(std::size_t column) {
        start_column(column);
        for (std::uint32_t arc = 0; arc < arc_count; ++arc) {
            const MemberIndex member = choose(arc, column, who_may_follow(arc, column),
                                              [](std::uint32_t) { return true; });
            column_.deal(member);
            table_[arc][column] = member;
        }
    }

    /// What each member gets of a column is the sum, over the arcs where it may stand, of its
    /// weight divided by that of all who may. In fixed point: 2^62 stands for one arc. An arc's
    /// quotient is cut off by less than one unit, 65,536 of them by less than 2^16 a unit of
    /// weight; the shares are rounded up by that, so that a share of whole arcs is one.
    void start_column(std::size_t column) {
        constexpr Wide one = Wide{1} << 62;
        Wide all = 0;
        std::vector<Wide> zone_cannot(zone_weight_.size(), 0);
        std::vector<Wide> member_cannot(members_.size(), 0);
        for (std::uint32_t arc = 0, end = 0; arc < arc_count; arc = end) {
            // Who follows first depends on the owner alone.
            for (end = arc + 1; column == 0 && end < arc_count; ++end) {
                if (owners_[end] != owners_[arc]) break;
            }
            const Eligible eligible = who_may_follow(arc, column);
            const Wide part = Wide{(std::uint64_t{1} << 62) / eligible.weight} * (end - arc);
            all += part;
            if (eligible.by_zone) {
                for (std::uint32_t i = 0; i < eligible.zone_count; ++i) {
                    zone_cannot[eligible.zones[i]] += part;
                }
            } else {
                for (std::uint32_t i = 0; i < eligible.line_length; ++i) {
                    member_cannot[eligible.line[i]] += part;
                }
            }
        }

        std::vector<Share> shares(members_.size());
        for (std::uint32_t i = 0; i < members_.size(); ++i) {
            const Wide cut_off = Wide{members_[i].weight} * arc_count;
            const Wide share =
                (all - zone_cannot[zone_[i]] - member_cannot[i]) * members_[i].weight + cut_off;
            shares[i] = {static_cast<std::uint64_t>(share / one), share % one > cut_off};
        }
        column_.start(std::move(shares), arc_count);
        open_all();
    }

    [[nodiscard]] Eligible who_may_follow(std::uint32_t arc, std::size_t column) const {
        Eligible eligible;
        eligible.line_length = static_cast<std::uint32_t>(column + 1);
        eligible.line[0] = owners_[arc];
        for (std::size_t i = 0; i < column; ++i) eligible.line[i + 1] = table_[arc][i];
        for (std::uint32_t i = 0; i < eligible.line_length; ++i) {
            const std::uint32_t zone = zone_[eligible.line[i]];
            add_zone(eligible, zone);
        }
        eligible.by_zone = zone_weight_.size() > eligible.zone_count;
        eligible.weight = weight_;
        if (eligible.by_zone) {
            for (std::uint32_t i = 0; i < eligible.zone_count; ++i) {
                eligible.weight -= zone_weight_[eligible.zones[i]];
            }
        } else {
            for (std::uint32_t i = 0; i < eligible.line_length; ++i) {
                eligible.weight -= members_[eligible.line[i]].weight;
            }
        }
        return eligible;
    }

    static void add_zone(Eligible& eligible, std::uint32_t zone) noexcept {
        std::uint32_t at = 0;
        while (at < eligible.zone_count && eligible.zones[at] < zone) ++at;
        if (at < eligible.zone_count && eligible.zones[at] == zone) return;
        for (std::uint32_t i = eligible.zone_count; i > at; --i) {
            eligible.zones[i] = eligible.zones[i - 1];
        }
        eligible.zones[at] = zone;
        ++eligible.zone_count;
    }

    [[nodiscard]] bool may_follow(const Eligible& eligible, std::uint32_t member) const noexcept {
        if (eligible.by_zone) {
            const auto end = eligible.zones.begin() + eligible.zone_count;
            return std::find(eligible.zones.begin(), end, zone_[member]) == end;
        }
        const auto end = eligible.line.begin() + eligible.line_length;
        return std::find(eligible.line.begin(), end, member) == end;
    }

    template <typename Allowed>
    [[nodiscard]] MemberIndex choose(std::uint32_t arc, std::size_t column,
                                     const Eligible& eligible, Allowed allowed) {
        const auto suits = [&](std::uint32_t member) {
            return column_.has_room(member) && may_follow(eligible, member) && allowed(member);
        };
        for (const Step& step : walks[column]) {
            const MemberIndex member = owners_[step.from(arc)];
            if (suits(member)) return member;
        }
        // Those who may stand here own few arcs or none, or most have had their part: draw from
        // those of them that had room lately.
        for (int attempt = 0; attempt < 2; ++attempt) {
            const std::size_t drawn_from = open_.size() - closed_to(eligible);
            for (const Step& step : walks[column]) {
                if (drawn_from == 0) break;
                const std::uint32_t member =
                    open_[skip_closed(eligible, step.from(arc) * drawn_from / arc_count)];
                if (suits(member)) return static_cast<MemberIndex>(member);
            }
            if (attempt == 0) forget_full();
        }
        return compare_all(eligible, allowed);
    }

    /// Everybody, sorted by zone: a zone is a range.
    void open_all() {
        open_.resize(members_.size());
        std::iota(open_.begin(), open_.end(), 0u);
        std::stable_sort(open_.begin(), open_.end(),
                         [this](std::uint32_t a, std::uint32_t b) { return zone_[a] < zone_[b]; });
        find_zones();
    }

    void forget_full() {
        std::erase_if(open_, [this](std::uint32_t member) { return !column_.has_room(member); });
        find_zones();
    }

    void find_zones() {
        zone_begin_.assign(zone_weight_.size() + 1, 0);
        for (const std::uint32_t member : open_) ++zone_begin_[zone_[member] + 1];
        std::partial_sum(zone_begin_.begin(), zone_begin_.end(), zone_begin_.begin());
    }

    /// How many of `open_` are of zones that may not follow.
    [[nodiscard]] std::size_t closed_to(const Eligible& eligible) const noexcept {
        std::size_t closed = 0;
        if (!eligible.by_zone) return closed;
        for (std::uint32_t i = 0; i < eligible.zone_count; ++i) {
            closed += zone_begin_[eligible.zones[i] + 1] - zone_begin_[eligible.zones[i]];
        }
        return closed;
    }

    /// The position in `open_` of the one at `index` among those of zones that may follow.
    [[nodiscard]] std::size_t skip_closed(const Eligible& eligible,
                                          std::size_t index) const noexcept {
        if (!eligible.by_zone) return index;
        for (std::uint32_t i = 0; i < eligible.zone_count; ++i) {
            const std::uint32_t zone = eligible.zones[i];
            if (index < zone_begin_[zone]) break;
            index += zone_begin_[zone + 1] - zone_begin_[zone];
        }
        return index;
    }

    /// The one with the most room; when nobody who may stand there has any, the least overfull.
    template <typename Allowed>
    [[nodiscard]] MemberIndex compare_all(const Eligible& eligible, Allowed allowed) const {
        std::optional<std::uint32_t> best;
        for (std::uint32_t member = 0; member < members_.size(); ++member) {
            if (best && column_.room(member) <= column_.room(*best)) continue;
            if (may_follow(eligible, member) && allowed(member)) best = member;
        }
        assert(best);
        return static_cast<MemberIndex>(*best);
    }

    const std::vector<Member>& members_;
    std::span<const MemberIndex> owners_;
    SuccessorTable& table_;
    std::vector<std::uint32_t> zone_;         // of each member
    std::vector<std::uint64_t> zone_weight_;  // of each zone
    std::uint64_t weight_ = 0;
    Dealing column_;
    std::vector<std::uint32_t> open_;      // who had room in this column lately, zone by zone
    std::vector<std::size_t> zone_begin_;  // where each zone begins in `open_`
};

}  // namespace

std::unique_ptr<const SuccessorTable> line_up(const std::vector<Member>& members,
                                              std::span<const MemberIndex> owners) {
    auto table = std::make_unique<SuccessorTable>();
    LineUp(members, owners, *table).run(successor_count);
    return table;
}

std::vector<MemberIndex> first_in_line(const std::vector<Member>& members,
                                       std::span<const MemberIndex> owners) {
    const auto table = std::make_unique<SuccessorTable>();
    LineUp(members, owners, *table).run(1);
    std::vector<MemberIndex> first(arc_count);
    std::ranges::transform(*table, first.begin(), [](const auto& line) { return line[0]; });
    return first;
}

}  // namespace ringcast::ring
