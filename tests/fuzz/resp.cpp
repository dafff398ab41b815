#include "resp.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using ringcast::router::resp::Reader;
using ringcast::router::resp::Reply;

std::size_t count(const Reply& reply) {
    std::size_t seen = 1 + reply.text().size();
    for (std::size_t i = 0; i < reply.size() && i < 16; ++i) seen += count(reply[i]);
    return seen;
}

/// How many replies a stream holds, and how it ends, must not depend on where it is cut.
std::size_t read_in_pieces(Reader& reader, std::string_view bytes, std::size_t piece) {
    std::size_t seen = 0;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        reader.feed(bytes.substr(0, piece));
        while (const auto reply = reader.next()) seen += count(*reply);
    }
    return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t piece = 1 + data[0];
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    constexpr std::size_t limit = 2048;

    Reader whole(limit);
    Reader cut(limit);
    if (read_in_pieces(whole, bytes, bytes.size() + 1) != read_in_pieces(cut, bytes, piece))
        abort();
    if ((whole.fault() == Reader::Fault::none) != (cut.fault() == Reader::Fault::none)) abort();
    return 0;
}
