#pragma once

#include "channel_key.hpp"
#include "ringcast/router/router.hpp"
#include "routing_actions.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace ringcast::router {

/// What one subscribing connection is, and is to be, subscribed to, over all its lives. Pure: it
/// says which commands to send, and what each answer means. At most one command names a channel at
/// a time, so an answer never is for an earlier wish.
///
///     want       next_batch      confirmed          drop       next_batch      left
///   ------> queued -----> asking ------> subscribed ---> unwanted -----> leaving ---> (gone)
///
///   drop in `asking` waits for the answer (`dropped`), then goes to `unwanted`; want in these, or
///   in `leaving`, waits until it is left, then goes to `queued`; when the connection breaks all
///   that are wanted are queued again.
class Lane {
public:
    /// Requires: all > 0. `window` bounds the channels whose answer is awaited. What is left in
    /// bulk is spread evenly over all lanes of all gateways: if the first command of each is full
    /// at `leave_first` channels and those differ, they do not all reach the node at the same
    /// moment.
    Lane(std::size_t batch_max, std::size_t window, std::size_t leave_first)
        : batch_max_(batch_max), window_(window), leave_first_(leave_first) {}
    Lane(std::size_t batch_max, std::size_t window) : Lane(batch_max, window, batch_max) {}

    void want(SharedText channel, Pace pace = Pace::soon);
    /// False when the channel is not known.
    bool drop(const ChannelKey& channel, Pace pace = Pace::soon);
    bool drop(std::string_view channel, Pace pace = Pace::soon) {
        return drop(ChannelKey(channel), pace);
    }
    /// What was wanted and dropped in bulk need not wait until it fills a command.
    void end_bulk() noexcept { bulk_ended_ = true; }

    /// The next command to send, to be called until it is empty: after `want`, `drop`, `end_bulk`,
    /// an answer or the opening of the connection. As long as nothing is to be done soon it has at
    /// most `bulk` channels, and is full or the last. Requires: the connection is open.
    struct Command {
        enum class Verb { none, subscribe, unsubscribe };
        Verb verb = Verb::none;
        std::vector<SharedText> channels;
    };
    [[nodiscard]] Command next_command(std::size_t bulk);
    /// Channels left in bulk by one command. A node takes two to three times as long to forget a
    /// channel as to take it in, and nobody waits for it; publishes wait behind it.
    [[nodiscard]] std::size_t leave_batch() const noexcept {
        return std::max<std::size_t>(1, batch_max_ / 8);
    }
    [[nodiscard]] Command next_command() { return next_command(window_); }

    /// True when the channel is wanted, thus subscribed from here on.
    [[nodiscard]] bool confirmed(std::string_view channel);
    /// True when it stays left.
    [[nodiscard]] bool left(std::string_view channel);

    /// The connection is gone. Returns the channels that were subscribed until now.
    [[nodiscard]] std::vector<SharedText> broken();

    [[nodiscard]] bool knows(const ChannelKey& channel) const { return entries_.contains(channel); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    /// Room for so many channels: a lane that will be full need not grow while messages wait.
    void reserve(std::size_t channels) { entries_.reserve(channels); }
    /// Channels whose answer is awaited.
    [[nodiscard]] std::size_t awaited() const noexcept { return awaited_; }

private:
    enum class State : std::uint8_t {
        queued,      // wanted, nothing sent
        asking,      // SUBSCRIBE sent
        dropped,     // likewise, for a wish that is over: what it brings is older than any other
        subscribed,  // confirmed
        unwanted,    // confirmed, UNSUBSCRIBE not yet sent
        leaving,     // UNSUBSCRIBE sent
    };
    struct Entry {
        SharedText name;  // its text is the key
        State state;
        bool wanted;
    };

    std::vector<SharedText> take(std::deque<SharedText>& queue, std::size_t batch, std::size_t bulk,
                                 State from, State to);

    std::size_t batch_max_;
    std::size_t window_;
    std::size_t leave_first_;
    bool leaving_begun_ = false;  // a command that leaves went since nothing was in the queues
    std::size_t awaited_ = 0;
    bool in_haste_ = false;  // somebody waits for what is in the queues
    bool bulk_ended_ = false;
    boost::unordered_flat_map<ChannelKey, Entry, ChannelKey::Hash> entries_;
    // In these a name may stand that has changed its state since: such are passed over.
    std::deque<SharedText> to_ask_;
    std::deque<SharedText> to_leave_;
};

}  // namespace ringcast::router
