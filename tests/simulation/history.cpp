#include "history.hpp"

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

namespace ringcast::simulation {
namespace {

constexpr std::array<std::string_view, 15> names{
    "published", "answered", "accepted",          "refused",    "fenced",
    "restarted", "asked",    "confirmed",         "failed",     "given up",
    "delivered", "gap",      "has a doubt about", "is sure of", "note"};

std::string_view actor_of(Event::Kind kind) {
    using enum Event::Kind;
    switch (kind) {
        case published:
        case answered:
            return "publisher ";
        case accepted:
        case refused:
        case fenced:
        case restarted:
            return "node ";
        case asked:
        case confirmed:
        case failed:
        case given_up:
        case delivered:
        case gap:
            return "subscriber ";
        case doubted:
        case sure:
            return "gateway ";
        case note:
            return "";
    }
    return "";
}

bool has_message(Event::Kind kind) {
    using enum Event::Kind;
    return kind == published || kind == answered || kind == accepted || kind == refused ||
           kind == delivered;
}

}  // namespace

void History::mix(std::uint64_t value) noexcept {
    hash_ = (hash_ ^ value) * 0x0000'0100'0000'01b3U;
    hash_ ^= hash_ >> 29U;
}

void History::add(Event event) {
    mix(static_cast<std::uint64_t>(event.kind));
    mix(event.who);
    mix(event.message.channel);
    mix(event.message.publisher);
    mix(event.message.number);
    mix(event.view);
    mix(static_cast<std::uint64_t>(event.answer));
    mix(static_cast<std::uint64_t>(event.at.count()));
    for (const char letter : event.text) mix(static_cast<unsigned char>(letter));
    events_.push_back(std::move(event));
}

std::string text_of(const Message& message) {
    return std::to_string(message.publisher) + ":" + std::to_string(message.number);
}

std::string text_of(const Event& event) {
    std::array<char, 32> time{};
    (void)std::snprintf(time.data(), time.size(), "%11.6f  ",
                        static_cast<double>(event.at.count()) / 1e9);
    std::string line = time.data();
    if (event.kind == Event::Kind::note) return line + event.text;
    line += actor_of(event.kind);
    line += std::to_string(event.who) + " ";
    line += names[static_cast<std::size_t>(event.kind)];
    const bool of_node = actor_of(event.kind) == "node ";
    if (!of_node || has_message(event.kind)) {
        line += " channel " + std::to_string(event.message.channel);
    }
    if (has_message(event.kind)) line += " message " + text_of(event.message);
    if (of_node) line += " view " + std::to_string(event.view);
    if (event.kind == Event::Kind::answered) {
        line += event.answer == Answer::published ? " published"
                : event.answer == Answer::unknown ? " outcome unknown"
                                                  : " not taken";
    }
    if (!event.text.empty()) line += " (" + event.text + ")";
    return line;
}

}  // namespace ringcast::simulation
