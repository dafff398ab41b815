#include "admin_request.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace ringcast::gateway {
namespace {

constexpr unsigned rate_max = 1'000'000;

/// Decimal digits and nothing else.
template <typename Number>
std::optional<Number> parse_number(std::string_view text, Number max) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number > max) {
        return std::nullopt;
    }
    return number;
}

}  // namespace

AdminRequest admin_request(
    const boost::beast::http::header<true, boost::beast::http::fields>& head) {
    const auto method = head.method_string();
    const auto target = std::string_view(head.target().data(), head.target().size());
    const std::size_t mark = target.find('?');
    AdminRequest request{{method.data(), method.size()}, target.substr(0, mark), {}};
    if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
    return request;
}

std::optional<std::string_view> query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (pair.substr(0, pair.find('=')) != name || pair.size() == name.size()) continue;
        return pair.substr(name.size() + 1);
    }
    return std::nullopt;
}

std::optional<std::vector<ArcRun>> parse_arcs(std::string_view text) {
    std::vector<ArcRun> runs;
    std::size_t end = 0;  // of the run before
    while (true) {
        const std::string_view run = text.substr(0, text.find(','));
        const std::size_t dash = run.find('-');
        if (dash == std::string_view::npos) return std::nullopt;
        const auto first = parse_number<std::size_t>(run.substr(0, dash), ring::arc_count - 1);
        const auto length = parse_number<std::size_t>(run.substr(dash + 1), ring::arc_count);
        if (!first || !length || *length == 0 || *first < end) return std::nullopt;
        end = *first + *length;
        if (end > ring::arc_count) return std::nullopt;
        runs.push_back({static_cast<ring::Arc>(*first), *length});
        if (run.size() == text.size()) return runs;
        text.remove_prefix(run.size() + 1);
    }
}

std::optional<unsigned> parse_rate(std::string_view text) {
    return parse_number<unsigned>(text, rate_max);
}

}  // namespace ringcast::gateway
