#include "channel_names.hpp"

#include <array>
#include <cstdio>
#include <random>

namespace ringcast::bench {
namespace {

constexpr std::array words = {"general", "random",  "support", "incident", "design", "music",
                              "lunch",   "release", "berlin",  "football", "family", "trading"};

std::string one_name(std::mt19937_64& random) {
    const std::uint64_t id = random();
    const char* word = words[id % words.size()];
    const auto user = static_cast<unsigned>(id >> 40);
    const auto other = static_cast<unsigned>(id >> 16 & 0xff'ffff);
    std::array<char, 96> text{};
    int length = 0;
    switch (random() % 8) {
        case 0:
        case 1:
        case 2:
            length = std::snprintf(text.data(), text.size(), "chat:room-%u", user);
            break;
        case 3:
            length = std::snprintf(text.data(), text.size(), "personal:#%u", user);
            break;
        case 4:
            length = std::snprintf(text.data(), text.size(), "dialog:#%u,%u", user, other);
            break;
        case 5:
            length = std::snprintf(text.data(), text.size(), "$team:%016llx/%s",
                                   static_cast<unsigned long long>(id), word);
            break;
        case 6:
            length =
                std::snprintf(text.data(), text.size(), "thread:%s:%u:%08x", word, user, other);
            break;
        default:
            length =
                std::snprintf(text.data(), text.size(), "presence:%s/%08x-%04x-4%03x-a%03x-%012llx",
                              word, user, other & 0xffff, other & 0xfff, user & 0xfff,
                              static_cast<unsigned long long>(id & 0xffff'ffff'ffff));
    }
    return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

ChannelNames::ChannelNames(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::size_t> ends;
    ends.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        bytes_ += one_name(random);
        ends.push_back(bytes_.size());
    }
    names_.reserve(count);
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
        names_.push_back(std::string_view(bytes_).substr(begin, end - begin));
        begin = end;
    }
}

double ChannelNames::bytes_average() const noexcept {
    return static_cast<double>(bytes_.size()) / static_cast<double>(names_.size());
}

}  // namespace ringcast::bench
