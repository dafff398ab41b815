#include "traffic.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace ringcast::bench {

Header heard_on(std::string_view channel, std::string_view prefix, Header said) {
    if (ChannelName(prefix, said.channel).text() != channel) {
        said.sequence = std::numeric_limits<std::uint32_t>::max();
    }
    return said;
}

Traffic::Traffic(std::size_t publisher, const Load& load)
    : publisher_(publisher), load_(load), random_(publisher + 1), sequences_(load.channels) {}

void Traffic::begin(std::int64_t now_ns) {
    since_ns_ = now_ns;
    due_sent_ = 0;
}

std::optional<Traffic::Due> Traffic::next(std::int64_t now_ns) {
    const double every_ns = 1e9 / load_.messages_per_second;
    const auto due_ns =
        since_ns_ + static_cast<std::int64_t>(every_ns * static_cast<double>(due_sent_ + 1));
    if (due_ns > now_ns) return std::nullopt;
    ++due_sent_;
    const std::uint64_t range =
        random_() % 2 == 0 ? std::min(load_.busy_channels, load_.channels) : load_.channels;
    Sent one;
    one.channel = static_cast<std::uint32_t>(random_() % range);
    one.sequence = sequences_[one.channel]++;
    one.at_ns = due_ns;
    sent_.push_back(one);
    ++published_;
    return Due{sent_.size() - 1,
               {one.channel, one.sequence, static_cast<std::uint16_t>(publisher_), one.at_ns}};
}

void Traffic::answered(std::size_t place, bool accepted, std::int64_t now_ns) {
    if (place >= sent_.size() || sent_[place].outcome != Sent::Outcome::pending) return;
    sent_[place].answered_ns = now_ns;
    sent_[place].outcome = accepted ? Sent::Outcome::accepted : Sent::Outcome::failed;
    ++answered_;
}

void Traffic::heard(const Header& header, std::int64_t now_ns) {
    heard_.push_back({header.channel, header.sequence, header.publisher, header.sent_ns, now_ns});
    ++heard_count_;
}

void Traffic::heard_gap(std::uint32_t channel, std::int64_t now_ns) {
    Heard gap;
    gap.channel = channel;
    gap.at_ns = now_ns;
    heard_.push_back(gap);
    ++heard_count_;
}

void Traffic::take(std::vector<Sent>& sent, std::vector<Heard>& heard) {
    sent = std::exchange(sent_, {});
    heard = std::exchange(heard_, {});
}

}  // namespace ringcast::bench
