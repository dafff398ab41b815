// A view record from anybody's znode: refused, or the one encoding of what it says. The first byte
// of the input decides whether the rest is taken as it is or gets the right checksum, which chance
// would never find.

#include "ringcast/router/view.hpp"

#include "view_codec.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace ringcast::router;
    if (size == 0) return 0;
    std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    (void)Address::parse(bytes);
    if (data[0] % 2 == 0) bytes = detail::seal(std::move(bytes));

    const auto record = decode_view_record(bytes);
    if (record && encode(*record) != bytes) std::abort();
    return 0;
}
