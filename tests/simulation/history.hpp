#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ringcast::simulation {

/// One publish: who published it on what, and as his how manyeth on that channel.
struct Message {
    std::uint32_t channel = 0;
    std::uint32_t publisher = 0;
    std::uint32_t number = 0;  // from 1
    friend auto operator<=>(const Message&, const Message&) = default;
};

/// What a publisher was answered.
enum class Answer : std::uint8_t {
    published,
    unknown,    ///< it may have been published or not
    not_taken,  ///< an error that says that it was not published
};

/// Something that happened, as seen from outside the code under test: by nodes, by publishers and
/// by subscribers. Nodes, publishers, subscribers and channels are numbers; a gateway that starts
/// again has new publishers and subscribers.
struct Event {
    enum class Kind : std::uint8_t {
        published,  ///< `who`: publisher; the call was made
        answered,   ///< `who`: publisher
        accepted,   ///< `who`: node, by `view`: the truth
        refused,    ///< `who`: node, by `view`: fenced, or without a lease
        fenced,     ///< `who`: node, at `view`
        restarted,  ///< `who`: node, which has lost its fence
        asked,      ///< `who`: subscriber; the call was made
        confirmed,  ///< `who`: subscriber, `message.channel`
        failed,     ///< likewise: the subscription is none
        given_up,   ///< likewise: by himself, or because his gateway ended
        delivered,  ///< likewise
        gap,        ///< likewise
        doubted,    ///< `who`: gateway, `message.channel`: it has reason to tell a gap (`text`)
        sure,       ///< likewise: it has none any more
        note,       ///< `text`: what the simulation did
    };
    Kind kind = Kind::note;
    std::uint32_t who = 0;
    Message message = {};
    std::uint64_t view = 0;
    Answer answer = Answer::published;
    std::chrono::nanoseconds at{};
    std::string text = {};
};

/// Everything that happened, in order.
class History {
public:
    void add(Event event);

    [[nodiscard]] const std::vector<Event>& events() const noexcept { return events_; }

    /// Of all that is in it: two courses that differ anywhere differ here.
    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

private:
    void mix(std::uint64_t value) noexcept;

    std::vector<Event> events_;
    std::uint64_t hash_ = 0xcbf2'9ce4'8422'2325U;
};

/// One line for people.
[[nodiscard]] std::string text_of(const Event& event);
[[nodiscard]] std::string text_of(const Message& message);

}  // namespace ringcast::simulation
