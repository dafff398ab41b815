#include "ringcast/router/view.hpp"

#include <algorithm>
#include <charconv>

namespace ringcast::router {
namespace {

constexpr std::size_t host_size_max = 255;

/// Names and literal addresses, nothing that could be mistaken for another part of a URL or
/// command.
bool is_host(std::string_view host) {
    if (host.empty() || host.size() > host_size_max) return false;
    for (const char c : host) {
        const bool letter_or_digit =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter_or_digit && c != '.' && c != '-' && c != '_' && c != ':' && c != '%')
            return false;
    }
    return true;
}

}  // namespace

std::string Address::text() const {
    const bool brackets = host.find(':') != std::string::npos;
    return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Address> Address::parse(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;

    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (brackets) host = host.substr(1, host.size() - 2);
    if (!is_host(host) || brackets != (host.find(':') != std::string_view::npos))
        return std::nullopt;

    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    const bool whole = error == std::errc{} && end == digits.data() + digits.size();
    if (!whole || port == 0 || digits.front() == '0') return std::nullopt;
    return Address{std::string(host), port};
}

ViewNumber next_number(const ViewRecord& record) noexcept {
    ViewNumber highest = std::max(record.last, stamp_of(record));
    if (record.proposal) highest = std::max(highest, record.proposal->next.number);
    return successor(highest);
}

ViewNumber stamp_of(const ViewRecord& record) noexcept {
    return std::max(record.in_force.number, record.removals_changed);
}

}  // namespace ringcast::router
