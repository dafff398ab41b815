#pragma once

#include "ringcast/membership/in_process.hpp"
#include "tree.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ringcast::membership {

class InProcessClient;

/// A watch that was asked for. Owned by the service until it fires.
struct Watching {
    Znodes::Watch fire;
    bool voided = false;  ///< its read did not succeed after all
};

/// What the clients of one ensemble share: its tree, and who watches what.
struct InProcessEnsemble::Service {
    struct Entry {
        std::weak_ptr<InProcessClient> client;
        std::shared_ptr<Watching> watching;
    };
    using Watches = std::multimap<std::string, Entry, std::less<>>;  // by path

    /// What followers are told of a transaction.
    struct News {
        Tree::Changes changes;
        Tree::Patch patch;
    };

    Tree tree;
    std::function<std::int64_t()> unix_ms;
    struct Attached {
        const Znodes* znodes;
        std::weak_ptr<InProcessClient> client;
    };
    std::vector<Attached> clients;  ///< in the order of attaching
    Watches data_watches;           // set by get and exists
    Watches children_watches;       // set by children
    std::uint64_t followers = 0;    ///< clients whose server lags, or did
    std::int64_t last_session = 0x10'0000'0000;
    bool away = false;

    void tell(const Tree::Changes& changes);
    static void tell(const Tree::Changes& changes, Watches& data, Watches& children);
    static void fire(Watches& watches, const std::string& path);
    std::vector<std::shared_ptr<Watching>> take_watches(InProcessClient& client);
    std::shared_ptr<InProcessClient> find(const Znodes& client) const;
    std::vector<std::shared_ptr<InProcessClient>> all() const;
};

}  // namespace ringcast::membership
