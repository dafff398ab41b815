#pragma once

#include "ringcast/router/router.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

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
///   drop in `asking` waits for the answer, then goes to `unwanted`; want in `unwanted` or
///   `leaving` waits until it is left, then goes to `queued`; when the connection breaks all that
///   are wanted are queued again.
class Lane {
public:
    /// Requires: both > 0. `window` bounds the channels whose answer is awaited.
    Lane(std::size_t batch_max, std::size_t window) : batch_max_(batch_max), window_(window) {}

    void want(SharedText channel);
    /// Does nothing for a channel that is not known.
    void drop(std::string_view channel);

    /// The next command to send, to be called until it is empty: after `want`, `drop`, an answer or
    /// the opening of the connection. Requires: the connection is open.
    struct Command {
        enum class Verb { none, subscribe, unsubscribe };
        Verb verb = Verb::none;
        std::vector<SharedText> channels;
    };
    [[nodiscard]] Command next_command();

    /// True when the channel is wanted, thus subscribed from here on.
    [[nodiscard]] bool confirmed(std::string_view channel);
    /// True when it stays left.
    [[nodiscard]] bool left(std::string_view channel);

    /// The connection is gone. Returns the channels that were subscribed until now.
    [[nodiscard]] std::vector<SharedText> broken();

    [[nodiscard]] bool knows(std::string_view channel) const { return entries_.contains(channel); }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    enum class State : std::uint8_t {
        queued,      // wanted, nothing sent
        asking,      // SUBSCRIBE sent
        subscribed,  // confirmed
        unwanted,    // confirmed, UNSUBSCRIBE not yet sent
        leaving,     // UNSUBSCRIBE sent
    };
    struct Entry {
        SharedText name;  // its text is the key
        State state;
        bool wanted;
    };

    std::vector<SharedText> take(std::deque<SharedText>& queue, State from, State to);

    std::size_t batch_max_;
    std::size_t window_;
    std::size_t awaited_ = 0;
    boost::unordered_flat_map<std::string_view, Entry> entries_;
    // In these a name may stand that has changed its state since: such are passed over.
    std::deque<SharedText> to_ask_;
    std::deque<SharedText> to_leave_;
};

}  // namespace ringcast::router
