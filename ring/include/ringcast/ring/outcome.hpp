#pragma once

#include <string>
#include <utility>
#include <variant>

namespace ringcast::ring {

/// Why a ring was refused.
enum class Errc {
    no_members,        ///< a ring needs at least one
    too_many_members,  ///< more than there are arcs
    bad_id,            ///< an id that is empty, too long or not printable ASCII
    bad_zone,          ///< a zone that is too long or not printable ASCII
    duplicate_id,      ///< two members with one id
    bad_weight,        ///< zero or absurdly large
    bad_owners,        ///< a table with too few arcs, or an owner that is not a member
    unknown_member,    ///< the member named is not in the ring
    bad_pin,           ///< a pin that names no member or an unusable channel
};

/// An error value: what is wrong, and with which member or channel.
struct Refusal {
    Errc why;
    std::string what;  ///< the offending id, channel or number; may be empty

    [[nodiscard]] std::string text() const;  ///< one sentence for a person
};

/// A value, or the reason why there is none (C++20 has no std::expected).
template <typename Value>
class [[nodiscard]] Outcome {
public:
    Outcome(Value value) : held_(std::in_place_index<0>, std::move(value)) {}
    Outcome(Refusal refusal) : held_(std::in_place_index<1>, std::move(refusal)) {}

    [[nodiscard]] explicit operator bool() const noexcept { return held_.index() == 0; }

    /// Requires: there is a value.
    [[nodiscard]] const Value& operator*() const& { return std::get<0>(held_); }
    [[nodiscard]] Value&& operator*() && { return std::get<0>(std::move(held_)); }
    [[nodiscard]] const Value* operator->() const { return &std::get<0>(held_); }

    /// Requires: there is none.
    [[nodiscard]] const Refusal& refusal() const { return std::get<1>(held_); }

private:
    std::variant<Value, Refusal> held_;
};

}  // namespace ringcast::ring
