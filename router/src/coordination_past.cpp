#include "coordination_past.hpp"

#include "ringcast/router/plan.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ringcast::router::detail {
namespace {

/// The view's codec takes a note of 64 KiB.
constexpr std::size_t note_bytes_max = 60'000;

}  // namespace

bool is_same(const HistoryEntry& a, const HistoryEntry& b) {
    return a.request == b.request && a.what == b.what && a.node == b.node && a.view == b.view &&
           a.started_at == b.started_at;
}

std::vector<HistoryEntry> parse_notes(std::string_view note) {
    std::vector<HistoryEntry> entries;
    while (!note.empty()) {
        const std::size_t end = std::min(note.find('\n'), note.size());
        if (auto entry = parse_history_entry(note.substr(0, end))) {
            entries.push_back(*std::move(entry));
        }
        note.remove_prefix(std::min(end + 1, note.size()));
    }
    return entries;
}

std::string encode_notes(std::span<const HistoryEntry> entries) {
    std::vector<std::string> lines;
    std::size_t bytes = 0;
    // What is open stands first and is kept before all others; then the latest.
    const auto keep = [&](const HistoryEntry& entry) {
        std::string line = encode(entry);
        if (bytes + line.size() + 1 > note_bytes_max) return;
        bytes += line.size() + 1;
        lines.push_back(std::move(line));
    };
    std::ranges::for_each(entries, [&](const auto& entry) {
        if (is_open(entry)) keep(entry);
    });
    const std::size_t open = lines.size();
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
        if (!is_open(*entry)) keep(*entry);
    }
    std::reverse(std::next(lines.begin(), static_cast<std::ptrdiff_t>(open)), lines.end());

    std::string note;
    for (const std::string& line : lines) note += (note.empty() ? "" : "\n") + line;
    return note;
}

std::map<std::string, Fallen, std::less<>> fallen(const std::deque<HistoryEntry>& history,
                                                  std::uint32_t window_s, std::uint32_t count_max) {
    struct Past {
        bool fell = false;
        bool flaps = false;
        std::uint32_t weight = 0;
        std::vector<std::int64_t> falls;
        std::vector<std::string> pins;
    };
    std::map<std::string, Past, std::less<>> pasts;
    for (const HistoryEntry& entry : history) {
        if (!entry.done) continue;
        if (entry.what == "pin" || entry.what == "unpin") {
            for (auto& [node, past] : pasts) std::erase(past.pins, entry.channel);
            continue;
        }
        if (entry.node.empty()) continue;
        Past& past = pasts[entry.node];
        if (entry.what == "death" || entry.what == "evict") {
            past.fell = true;
            past.weight = entry.weight_before;
            past.pins = entry.pins;
            past.falls.push_back(entry.at);
            const auto recent = std::ranges::count_if(past.falls, [&](std::int64_t at) {
                return at > entry.at - std::int64_t{window_s};
            });
            past.flaps = past.flaps || static_cast<std::uint64_t>(recent) >= count_max;
        } else if (entry.what == "return") {
            past.fell = false;
        } else if (entry.what == "add" || entry.what == "remove") {
            past = Past{};  // an operator has spoken
        }
    }

    std::map<std::string, Fallen, std::less<>> fallen;
    for (const auto& [node, past] : pasts) {
        if (past.fell) fallen.emplace(node, Fallen{past.weight, past.flaps, past.pins});
    }
    return fallen;
}

}  // namespace ringcast::router::detail

namespace ringcast::router {

std::vector<HistoryEntry> under_way(const ViewRecord& record) {
    std::vector<HistoryEntry> entries = detail::parse_notes(record.note);
    std::erase_if(entries, [](const HistoryEntry& entry) { return !detail::is_open(entry); });
    return entries;
}

}  // namespace ringcast::router
