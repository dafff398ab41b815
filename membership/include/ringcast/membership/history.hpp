#pragma once

#include "ringcast/membership/scheduler.hpp"
#include "ringcast/membership/znodes.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace ringcast::membership {

/// What happened, one entry after the other, of which the last ones are kept.
///
/// Calls wait for a connection and are carried through reconnects; nothing is doubled. Destroying
/// it drops their handlers; what was on its way may have happened. One thread, as everywhere.
class History {
public:
    struct Options {
        std::string path;        ///< "/history"; made if it is missing
        std::string prefix;      ///< "h-"; entries are named <prefix><id>.<count>-<ten digits>
        std::string id;          ///< unique to this object, for ever: see `random_id`
        std::size_t keep = 200;  ///< older ones are removed when one is appended
    };
    struct Entry {
        std::string name;
        std::string data;
        std::int64_t at_ms = 0;  ///< Unix milliseconds, the service's clock
        friend bool operator==(const Entry&, const Entry&) = default;
    };
    using AppendHandler = std::function<void(std::error_code, std::string name)>;
    using ListHandler = std::function<void(std::error_code, std::vector<Entry>)>;

    History(Znodes& znodes, Scheduler& scheduler, Options options);
    History(History&&) noexcept;
    History& operator=(History&&) noexcept;
    ~History();

    void append(std::string data, AppendHandler handler);

    /// Oldest first. Children of the path not named like entries are left out.
    void list(ListHandler handler);

    class Book;  // hidden

private:
    std::shared_ptr<Book> book_;
};

}  // namespace ringcast::membership
