#include "in_process_service.hpp"

#include "in_process_client.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace ringcast::membership {

using Service = InProcessEnsemble::Service;

void Service::tell(const Tree::Changes& changes) {
    tell(changes, data_watches, children_watches);
    if (followers == 0 || changes.empty()) return;
    const auto news = std::make_shared<const News>(News{changes, tree.patch(changes)});
    for (const auto& client : all()) client->follow(news);
}

void Service::tell(const Tree::Changes& changes, Watches& data, Watches& children) {
    for (const auto& change : changes) {
        if (change.kind != Change::Kind::children) fire(data, change.path);
        if (change.kind == Change::Kind::children || change.kind == Change::Kind::removed) {
            fire(children, change.path);
        }
    }
}

void Service::fire(Watches& watches, const std::string& path) {
    const auto [first, last] = watches.equal_range(path);
    std::vector<Entry> fired;
    for (auto entry = first; entry != last; ++entry) fired.push_back(std::move(entry->second));
    watches.erase(first, last);
    for (auto& [client, watching] : fired) {
        if (const auto owner = client.lock()) owner->on_change(std::move(watching));
    }
}

std::vector<std::shared_ptr<Watching>> Service::take_watches(InProcessClient& client) {
    std::vector<std::shared_ptr<Watching>> taken;
    for (auto* watches : client.watches(*this)) {
        std::erase_if(*watches, [&](auto& entry) {
            if (entry.second.client.lock().get() != &client) return false;
            taken.push_back(std::move(entry.second.watching));
            return true;
        });
    }
    return taken;
}

std::shared_ptr<InProcessClient> Service::find(const Znodes& client) const {
    const auto found = std::ranges::find(clients, &client, &Attached::znodes);
    assert(found != clients.end() && "not a client of this ensemble");
    return found == clients.end() ? nullptr : found->client.lock();
}

std::vector<std::shared_ptr<InProcessClient>> Service::all() const {
    std::vector<std::shared_ptr<InProcessClient>> found;
    found.reserve(clients.size());
    for (const Attached& attached : clients) {
        if (auto owner = attached.client.lock()) found.push_back(std::move(owner));
    }
    return found;
}

}  // namespace ringcast::membership
