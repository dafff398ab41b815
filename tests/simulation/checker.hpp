#pragma once

#include "history.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ringcast::simulation {

/// What may never happen. Each is judged from the history alone, by rules that know nothing of how
/// the code under test goes about it.
enum class Rule : std::uint8_t {
    invented,         ///< delivered, and no node had accepted it before
    twice,            ///< accepted twice, or delivered twice to one subscriber
    unasked,          ///< a message or gap without a confirmed subscription, or confirmed twice
    one_order,        ///< delivered against the order in which nodes accepted it
    publisher_order,  ///< accepted or delivered against the order in which its publisher sent it
    loss,             ///< accepted while subscribed, never delivered, and no gap told before what
                      ///< was accepted later
    false_answer,  ///< answered with success and not accepted, or refused and accepted all the same
    answers,       ///< a publish answered twice, or (complete histories) never
    authority,     ///< two nodes accepted for one channel by one view, or one by a view that it
                   ///< was fenced against, or by an earlier view than another node before it
    needless,      ///< a gap, and the gateway had no reason to think that something might be lost
    disturbed,     ///< (undisturbed histories) a gap, or a publish that failed
};

[[nodiscard]] std::string_view name_of(Rule rule) noexcept;

struct Violation {
    Rule rule;
    std::uint32_t channel;
    std::string text;
};

struct Judgement {
    /// The history ends after everything under way has arrived: what was not delivered by then
    /// never will be. Else only a message with one that was accepted later behind it is lost.
    bool complete = true;
    /// Nothing but delays and planned changes happened: nobody may have noticed anything.
    bool undisturbed = false;
    /// Gateways had room for all that waited. Else a gap may be told for want of it, which shows
    /// nowhere else.
    bool roomy = true;
};

/// All that is wrong with a history, in the order of the channels.
[[nodiscard]] std::vector<Violation> judge(const History& history, Judgement judgement);

}  // namespace ringcast::simulation
