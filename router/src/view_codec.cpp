#include "view_codec.hpp"

#include <boost/crc.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <utility>

namespace ringcast::router {
namespace detail {
namespace {

constexpr std::string_view magic = "RCV\x01";
constexpr std::size_t text_size_max = 1'024;
constexpr std::size_t note_size_max = 64U << 10U;

std::uint64_t checksum(std::string_view bytes) {
    boost::crc_optimal<64, 0x42F0E1EBA9EA3693U, ~0ULL, ~0ULL, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

void put_number(std::string& out, std::uint64_t value) {
    std::array<char, 10> bytes;
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7U) bytes[size++] = static_cast<char>(0x80U | (value & 0x7fU));
    bytes[size++] = static_cast<char>(value);
    out.append(bytes.data(), size);
}

void put_text(std::string& out, std::string_view text,
              [[maybe_unused]] std::size_t size_max = text_size_max) {
    assert(text.size() <= size_max);
    put_number(out, text.size());
    out += text;
}

void put_view(std::string& out, const View& view) {
    const std::vector<ring::Member>& members = view.ring.members();
    assert(view.number != ViewNumber{} && view.addresses.size() == members.size());

    put_number(out, static_cast<std::uint64_t>(view.number));
    put_number(out, view.ring.seed());
    put_number(out, members.size());
    for (std::size_t i = 0; i != members.size(); ++i) {
        assert(Address::parse(view.addresses[i].text()) == view.addresses[i]);
        put_text(out, members[i].id);
        put_number(out, members[i].weight);
        put_text(out, members[i].zone);
        put_text(out, view.addresses[i].host);
        put_number(out, view.addresses[i].port);
    }

    for (const ring::Stretch& stretch : view.ring.stretches()) {
        put_number(out, stretch.owner);
        put_number(out, stretch.length);
    }

    put_number(out, view.ring.pins().size());
    for (const auto& [channel, member] : view.ring.pins()) {
        put_text(out, channel);
        put_number(out, *view.ring.find(member));
    }
}

/// Reads the parts in order; after the first impossible one it only says so.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool at_end() const { return !failed_ && rest_.empty(); }

    std::uint64_t number(std::uint64_t min, std::uint64_t max) {
        std::uint64_t value = 0;
        for (unsigned shift = 0; !rest_.empty() && shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            const bool overflows = shift == 63 && byte > 1;
            const bool padded = shift != 0 && byte == 0;
            if (overflows || padded) break;
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80) return value >= min && value <= max ? value : fail();
        }
        return fail();
    }

    std::string text(std::size_t size_max = text_size_max) {
        const auto size = static_cast<std::size_t>(number(0, size_max));
        if (failed_ || size > rest_.size()) return fail(), std::string{};
        std::string text(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return text;
    }

    std::uint64_t fail() {
        failed_ = true;
        rest_ = {};
        return 0;
    }

private:
    std::string_view rest_;
    bool failed_ = false;
};

std::optional<View> take_view(Reader& in) {
    const ViewNumber number{in.number(1, UINT64_MAX)};
    const std::uint64_t seed = in.number(0, UINT64_MAX);
    const auto count = static_cast<std::size_t>(in.number(1, ring::arc_count - 1));

    // Nothing is reserved by a count that was read: memory follows the bytes that are really there.
    std::vector<ring::Member> members;
    std::vector<Address> addresses;
    for (std::size_t i = 0; i != count && !in.failed(); ++i) {
        ring::Member member;
        member.id = in.text();
        member.weight = static_cast<std::uint32_t>(in.number(1, UINT32_MAX));
        member.zone = in.text();
        Address address{in.text(), 0};
        address.port = static_cast<std::uint16_t>(in.number(1, UINT16_MAX));
        if (!members.empty() && members.back().id >= member.id) in.fail();
        if (Address::parse(address.text()) != address) in.fail();
        members.push_back(std::move(member));
        addresses.push_back(std::move(address));
    }
    if (in.failed()) return std::nullopt;

    std::vector<ring::Stretch> stretches;
    for (std::size_t arcs = 0; arcs != ring::arc_count; arcs += stretches.back().length) {
        const auto owner = static_cast<ring::MemberIndex>(in.number(0, count - 1));
        const auto length = static_cast<std::uint32_t>(in.number(1, ring::arc_count - arcs));
        if (in.failed() || (!stretches.empty() && stretches.back().owner == owner)) {
            return std::nullopt;
        }
        stretches.push_back({owner, length});
    }

    ring::Pins pins;
    const std::uint64_t pin_count = in.number(0, UINT32_MAX);
    for (std::uint64_t i = 0; i != pin_count && !in.failed(); ++i) {
        std::string channel = in.text();
        const auto owner = static_cast<std::size_t>(in.number(0, count - 1));
        if (!pins.empty() && pins.rbegin()->first >= channel) in.fail();
        pins.emplace_hint(pins.end(), std::move(channel), members[owner].id);
    }
    if (in.failed()) return std::nullopt;

    auto ring = ring::Ring::restore(std::move(members), stretches, std::move(pins), seed);
    if (!ring) return std::nullopt;
    return View{number, *std::move(ring), std::move(addresses)};
}

bool take_removals(Reader& in, ViewRecord& record) {
    record.removals_changed = ViewNumber{in.number(1, UINT64_MAX)};
    const std::size_t members = record.in_force.ring.members().size();
    for (std::uint64_t left = in.number(0, members); left != 0 && !in.failed(); --left) {
        ViewRecord::Removal removal{in.text(), {}};
        removal.number =
            ViewNumber{in.number(1, static_cast<std::uint64_t>(record.removals_changed))};
        const bool rises =
            record.removals.empty() || record.removals.back().member < removal.member;
        if (!rises || !record.in_force.ring.find(removal.member)) in.fail();
        record.removals.push_back(std::move(removal));
    }
    return !in.failed();
}

}  // namespace

std::string seal(std::string body) {
    std::uint64_t sum = checksum(body);
    for (std::size_t i = 0; i != checksum_size; ++i, sum >>= 8U) {
        body.push_back(static_cast<char>(sum & 0xffU));
    }
    return body;
}

std::optional<std::string_view> unseal(std::string_view bytes) {
    if (bytes.size() < checksum_size) return std::nullopt;
    const std::string_view body = bytes.substr(0, bytes.size() - checksum_size);
    std::uint64_t sum = 0;
    for (std::size_t i = bytes.size(); i != body.size(); --i) {
        sum = sum << 8U | static_cast<unsigned char>(bytes[i - 1]);
    }
    if (sum != checksum(body)) return std::nullopt;
    return body;
}

bool is_other_format(std::string_view body) {
    return body.size() >= magic.size() && body.starts_with("RCV") && !body.starts_with(magic);
}

std::optional<ViewRecord> parse_body(std::string_view body) {
    if (!body.starts_with(magic)) return std::nullopt;
    Reader in(body.substr(magic.size()));

    std::string request = in.text();
    std::string note = in.text(note_size_max);
    const auto step = static_cast<std::uint32_t>(in.number(0, UINT32_MAX));
    const ViewNumber previous{in.number(0, UINT64_MAX)};
    const ViewNumber last{in.number(0, UINT64_MAX)};
    std::vector<std::string> acknowledged;
    for (std::uint64_t left = in.number(0, UINT32_MAX); left != 0 && !in.failed(); --left) {
        acknowledged.push_back(in.text());
    }
    std::optional<View> in_force = in.failed() ? std::nullopt : take_view(in);
    if (!in_force || previous >= in_force->number) return std::nullopt;
    ViewRecord record{*std::move(in_force),
                      std::nullopt,
                      std::move(request),
                      std::move(note),
                      previous,
                      last,
                      step,
                      std::move(acknowledged),
                      {},
                      {}};

    if (in.number(0, 1) == 1) {
        const Stage stage = in.number(1, 2) == 1 ? Stage::prepare : Stage::fence;
        const auto rate = static_cast<std::uint32_t>(in.number(0, UINT32_MAX));
        std::optional<View> next = in.failed() ? std::nullopt : take_view(in);
        if (!next || next->number <= std::max(record.last, record.in_force.number)) {
            return std::nullopt;
        }
        record.proposal = ViewRecord::Proposal{*std::move(next), stage, rate};
    }
    if (!in.at_end() && !take_removals(in, record)) return std::nullopt;
    if (!in.at_end()) return std::nullopt;
    return record;
}

}  // namespace detail

std::string encode(const ViewRecord& record) {
    std::string body(detail::magic);
    detail::put_text(body, record.request);
    detail::put_text(body, record.note, detail::note_size_max);
    detail::put_number(body, record.step);
    detail::put_number(body, static_cast<std::uint64_t>(record.previous));
    detail::put_number(body, static_cast<std::uint64_t>(record.last));
    detail::put_number(body, record.acknowledged.size());
    for (const std::string& gateway : record.acknowledged) detail::put_text(body, gateway);
    detail::put_view(body, record.in_force);
    detail::put_number(body, record.proposal ? 1 : 0);
    if (record.proposal) {
        detail::put_number(body, record.proposal->stage == Stage::prepare ? 1 : 2);
        detail::put_number(body, record.proposal->rate);
        detail::put_view(body, record.proposal->next);
    }
    assert(record.removals.empty() || record.removals_changed != ViewNumber{});
    if (record.removals_changed != ViewNumber{}) {
        detail::put_number(body, static_cast<std::uint64_t>(record.removals_changed));
        detail::put_number(body, record.removals.size());
        for (const ViewRecord::Removal& removal : record.removals) {
            detail::put_text(body, removal.member);
            detail::put_number(body, static_cast<std::uint64_t>(removal.number));
        }
    }
    return detail::seal(std::move(body));
}

boost::system::result<ViewRecord> decode_view_record(std::string_view bytes) {
    const auto body = detail::unseal(bytes);
    if (!body) return make_error_code(boost::system::errc::bad_message);
    if (auto record = detail::parse_body(*body)) return *std::move(record);
    return make_error_code(detail::is_other_format(*body) ? boost::system::errc::not_supported
                                                          : boost::system::errc::bad_message);
}

}  // namespace ringcast::router
