#include "histories.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <unordered_map>

namespace ringcast::bench {
namespace {

constexpr std::size_t unseen = std::numeric_limits<std::size_t>::max();
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// Where the messages of one publisher lie in tables: by channel, then by number.
class Index {
public:
    explicit Index(const std::vector<Sent>& sent) {
        for (const Sent& one : sent) {
            auto& count = counts_[one.channel];
            count = std::max(count, one.sequence + 1);
        }
        for (const auto& [channel, count] : counts_) {
            first_[channel] = size_;
            size_ += count;
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// `unseen` for a message that was never sent.
    [[nodiscard]] std::size_t at(std::uint32_t channel, std::uint32_t sequence) const {
        const auto count = counts_.find(channel);
        if (count == counts_.end() || sequence >= count->second) return unseen;
        return first_.at(channel) + sequence;
    }

private:
    std::unordered_map<std::uint32_t, std::uint32_t> counts_;
    std::unordered_map<std::uint32_t, std::size_t> first_;
    std::size_t size_ = 0;
};

class Judgement {
public:
    Judgement(const Histories& histories, const Spread& spread)
        : histories_(histories), spread_(spread) {
        for (const auto& sent : histories.sent) {
            const Index& index = indices_.emplace_back(sent);
            ranks_.emplace_back(index.size(), unseen);
            auto& accepted = accepted_ns_.emplace_back(index.size(), never);
            for (const Sent& one : sent) {
                if (one.outcome != Sent::Outcome::accepted) continue;
                accepted[index.at(one.channel, one.sequence)] = one.answered_ns;
            }
        }
    }

    Verdict verdict() {
        for (const auto& sent : histories_.sent) count_answers(sent);
        // The first gateway of each channel says what its order is, so it is heard before the
        // others.
        for (const bool first : {true, false}) {
            for (std::size_t gateway = 0; gateway < histories_.heard.size(); ++gateway) {
                listen(gateway, first);
            }
        }
        for (std::size_t gateway = 0; gateway < histories_.heard.size(); ++gateway) {
            look_for_lost(gateway);
        }
        return std::move(verdict_);
    }

private:
    /// What one gateway heard on a channel so far: the greatest of each.
    struct Latest {
        std::size_t rank = 0;
        std::int64_t sent_ns = std::numeric_limits<std::int64_t>::min();
    };

    /// 0: the gateway is the channel's first; `subscribers` or more: it is not subscribed.
    [[nodiscard]] std::size_t place_of(std::size_t gateway, std::uint32_t channel) const {
        const std::size_t first = spread_.gateway(channel, 0);
        return (gateway + spread_.gateways - first) % spread_.gateways;
    }

    void count_answers(const std::vector<Sent>& sent) {
        for (const Sent& one : sent) {
            switch (one.outcome) {
                case Sent::Outcome::accepted:
                    ++verdict_.accepted;
                    break;
                case Sent::Outcome::failed:
                    ++verdict_.failed;
                    break;
                case Sent::Outcome::pending:
                    ++verdict_.unanswered;
            }
        }
    }

    /// Counts what one gateway heard on the channels of which it is the first, or on the others.
    void listen(std::size_t gateway, bool first) {
        const auto& heard = histories_.heard[gateway];
        std::vector<std::vector<bool>> seen;
        for (const Index& index : indices_) seen.emplace_back(index.size());
        std::unordered_map<std::uint64_t, std::uint32_t> next;  // by publisher and channel
        std::unordered_map<std::uint32_t, Latest> latest;       // by channel
        for (std::size_t place = 0; place < heard.size(); ++place) {
            const Heard& one = heard[place];
            if ((place_of(gateway, one.channel) == 0) != first) continue;
            if (one.is_gap()) {
                ++verdict_.gaps;
                continue;
            }
            const std::size_t at = one.publisher < indices_.size()
                                       ? indices_[one.publisher].at(one.channel, one.sequence)
                                       : unseen;
            if (at == unseen || place_of(gateway, one.channel) >= spread_.subscribers) {
                ++verdict_.invented;
                continue;
            }
            ++verdict_.delivered;
            if (seen[one.publisher][at]) {
                ++verdict_.duplicated;
                continue;
            }
            seen[one.publisher][at] = true;
            auto& expected = next[std::uint64_t{one.channel} << 16U | one.publisher];
            bool late = one.sequence < expected;
            expected = std::max(expected, one.sequence + 1);
            Latest& last = latest[one.channel];
            // Its node had taken it when the other was not even sent. What is due is sent then or
            // later, so whoever publishes late accuses nobody.
            late = late || accepted_ns_[one.publisher][at] < last.sent_ns;
            last.sent_ns = std::max(last.sent_ns, one.sent_ns);
            std::size_t& rank = ranks_[one.publisher][at];
            if (first) {
                rank = place;
            } else if (rank != unseen) {
                late = late || rank < last.rank;
                last.rank = std::max(last.rank, rank);
            }
            if (late) ++verdict_.reordered;
        }
    }

    void look_for_lost(std::size_t gateway) {
        const auto& heard = histories_.heard[gateway];
        std::unordered_map<std::uint32_t, std::vector<std::size_t>> gaps;  // places, by channel
        std::vector<std::vector<std::size_t>> places;
        for (const Index& index : indices_) places.emplace_back(index.size(), unseen);
        for (std::size_t place = 0; place < heard.size(); ++place) {
            const Heard& one = heard[place];
            if (one.is_gap()) {
                gaps[one.channel].push_back(place);
            } else if (one.publisher < indices_.size()) {
                const std::size_t at = indices_[one.publisher].at(one.channel, one.sequence);
                if (at != unseen) places[one.publisher][at] = place;
            }
        }
        for (std::size_t publisher = 0; publisher < histories_.sent.size(); ++publisher) {
            for (const Sent& one : histories_.sent[publisher]) {
                if (one.outcome != Sent::Outcome::accepted ||
                    place_of(gateway, one.channel) >= spread_.subscribers) {
                    continue;
                }
                ++verdict_.expected;
                const Index& index = indices_[publisher];
                const auto& of_publisher = places[publisher];
                if (of_publisher[index.at(one.channel, one.sequence)] != unseen) continue;
                ++verdict_.lost;
                verdict_.lost_at_ns.push_back(one.at_ns);
                if (!told(index, of_publisher, one, gaps[one.channel])) ++verdict_.lost_untold;
            }
        }
    }

    /// Whether a gap was told between the messages around this one that were heard.
    static bool told(const Index& index, const std::vector<std::size_t>& places, const Sent& lost,
                     const std::vector<std::size_t>& gaps) {
        std::size_t after = 0;
        for (std::uint32_t sequence = lost.sequence; sequence-- > 0;) {
            const std::size_t place = places[index.at(lost.channel, sequence)];
            if (place == unseen) continue;
            after = place;
            break;
        }
        std::size_t before = unseen;
        for (std::uint32_t sequence = lost.sequence + 1;; ++sequence) {
            const std::size_t at = index.at(lost.channel, sequence);
            if (at == unseen) break;
            if (places[at] == unseen) continue;
            before = places[at];
            break;
        }
        return std::any_of(gaps.begin(), gaps.end(),
                           [&](std::size_t gap) { return gap >= after && gap < before; });
    }

    const Histories& histories_;
    const Spread& spread_;
    std::vector<Index> indices_;                   ///< by publisher
    std::vector<std::vector<std::size_t>> ranks_;  ///< place at the channel's first gateway
    std::vector<std::vector<std::int64_t>> accepted_ns_;
    Verdict verdict_;
};

}  // namespace

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

Verdict judge(const Histories& histories, const Spread& spread) {
    return Judgement(histories, spread).verdict();
}

}  // namespace ringcast::bench
