#include "tree.hpp"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <utility>

namespace ringcast::membership {
namespace {

bool is_sequential(Mode mode) noexcept {
    return mode == Mode::persistent_sequential || mode == Mode::ephemeral_sequential;
}

bool is_ephemeral(Mode mode) noexcept {
    return mode == Mode::ephemeral || mode == Mode::ephemeral_sequential;
}

/// Requires: a valid path below the root.
std::string_view parent_of(std::string_view path) noexcept {
    const auto slash = path.rfind('/');
    return slash == 0 ? std::string_view{"/"} : path.substr(0, slash);
}

std::string_view name_in(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1);
}

std::string ten_digits(std::uint32_t number) {
    char text[16];
    std::snprintf(text, sizeof text, "%010u", number);
    return text;
}

/// The service gives children in the order of a hash table. So do we, or somebody would come to
/// rely on another (FNV-1a).
std::uint64_t scatter(std::string_view name) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : name) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3U;
    }
    return hash;
}

}  // namespace

bool is_valid_path(std::string_view path, bool sequential) noexcept {
    if (path.empty() || path.front() != '/') return false;
    if (path.size() > 1 && path.back() == '/' && !sequential) return false;
    unsigned char previous = 0;
    for (const char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) return false;
        if (previous == 0xc2 && byte < 0xa0) return false;  // U+0080 to U+009F in UTF-8
        previous = byte;
    }
    for (std::string_view rest = path.substr(1); !rest.empty();) {
        const auto slash = rest.find('/');
        const auto part = rest.substr(0, slash);
        if (part.empty() || part == "." || part == "..") return false;
        if (slash == std::string_view::npos) break;
        rest.remove_prefix(slash + 1);
    }
    return true;
}

Tree::Tree() {
    nodes_.emplace("/", std::make_shared<Node>());
}

std::error_code Tree::create(std::string_view path, std::string data, Mode mode, std::int64_t owner,
                             std::int64_t now_ms, std::string& created, Changes& changes) {
    if (!is_valid_path(path, is_sequential(mode))) return Errc::bad_arguments;
    if (data.size() > data_bytes_max) return Errc::too_large;
    if (path == "/" && !is_sequential(mode)) return Errc::node_exists;
    const auto parent = nodes_.find(parent_of(path));
    if (parent == nodes_.end()) return Errc::no_node;
    if (parent->second->stat.owner != 0) return Errc::ephemeral_parent;

    std::string full{path};
    if (is_sequential(mode)) full += ten_digits(parent->second->creations);
    if (nodes_.contains(full)) return Errc::node_exists;

    ++transaction_;
    auto node = std::make_shared<Node>();
    node->data = std::move(data);
    node->stat.created = node->stat.modified = node->stat.children_changed = transaction_;
    node->stat.modified_at_ms = now_ms;
    node->stat.owner = is_ephemeral(mode) ? owner : 0;

    Node& above = own(*parent);
    ++above.creations;
    above.children.emplace(name_in(full));
    above.stat.children_count = static_cast<std::int32_t>(above.children.size());
    above.stat.children_changed = transaction_;
    changes.push_back({Change::Kind::created, full});
    changes.push_back({Change::Kind::children, parent->first});
    nodes_.emplace(full, std::move(node));
    created = std::move(full);
    return {};
}

std::error_code Tree::set(std::string_view path, std::string data, std::int32_t version,
                          std::int64_t now_ms, Stat& stat, Changes& changes) {
    if (!is_valid_path(path, false)) return Errc::bad_arguments;
    if (data.size() > data_bytes_max) return Errc::too_large;
    const auto found = nodes_.find(path);
    if (found == nodes_.end()) return Errc::no_node;
    if (version != any_version && version != found->second->stat.version) return Errc::bad_version;

    Node& node = own(*found);
    node.data = std::move(data);
    ++node.stat.version;
    node.stat.modified = ++transaction_;
    node.stat.modified_at_ms = now_ms;
    stat = node.stat;
    changes.push_back({Change::Kind::written, found->first});
    return {};
}

std::error_code Tree::remove(std::string_view path, std::int32_t version, Changes& changes) {
    if (!is_valid_path(path, false) || path == "/") return Errc::bad_arguments;
    const auto found = nodes_.find(path);
    if (found == nodes_.end()) return Errc::no_node;
    if (version != any_version && version != found->second->stat.version) return Errc::bad_version;
    if (!found->second->children.empty()) return Errc::not_empty;

    ++transaction_;
    unlink(found->first, changes);
    return {};
}

std::error_code Tree::get(std::string_view path, std::string& data, Stat& stat) const {
    if (!is_valid_path(path, false)) return Errc::bad_arguments;
    const auto found = nodes_.find(path);
    if (found == nodes_.end()) return Errc::no_node;
    data = found->second->data;
    stat = found->second->stat;
    return {};
}

std::error_code Tree::exists(std::string_view path, std::optional<Stat>& stat) const {
    if (!is_valid_path(path, false)) return Errc::bad_arguments;
    const auto found = nodes_.find(path);
    stat = found == nodes_.end() ? std::nullopt : std::optional{found->second->stat};
    return {};
}

std::error_code Tree::children(std::string_view path, std::vector<std::string>& names,
                               Stat& stat) const {
    if (!is_valid_path(path, false)) return Errc::bad_arguments;
    const auto found = nodes_.find(path);
    if (found == nodes_.end()) return Errc::no_node;
    names.assign(found->second->children.begin(), found->second->children.end());
    std::ranges::sort(names, {}, [](const std::string& name) { return scatter(name); });
    stat = found->second->stat;
    return {};
}

void Tree::end_session(std::int64_t owner, Changes& changes) {
    assert(owner != 0);
    std::vector<std::string> paths;
    for (const auto& [path, node] : nodes_) {
        if (node->stat.owner == owner) paths.push_back(path);
    }
    ++transaction_;
    for (const auto& path : paths) unlink(path, changes);
}

Tree::Patch Tree::patch(const Changes& changes) const {
    Patch patch;
    for (const Change& change : changes) {
        const auto found = nodes_.find(change.path);
        patch.emplace_back(change.path, found == nodes_.end() ? nullptr : found->second);
    }
    return patch;
}

void Tree::apply(const Patch& patch) {
    for (const auto& [path, node] : patch) {
        if (node) {
            nodes_.insert_or_assign(path, node);
        } else if (const auto found = nodes_.find(path); found != nodes_.end()) {
            nodes_.erase(found);
        }
    }
}

Tree::Node& Tree::own(Nodes::value_type& entry) {
    auto copy = std::make_shared<Node>(*entry.second);
    Node& node = *copy;
    entry.second = std::move(copy);
    return node;
}

void Tree::unlink(const std::string& path, Changes& changes) {
    const std::string gone = path;  // the key that `path` may refer to goes with the node
    const auto parent = nodes_.find(parent_of(gone));
    assert(parent != nodes_.end());
    Node& above = own(*parent);
    above.children.erase(above.children.find(name_in(gone)));
    above.stat.children_count = static_cast<std::int32_t>(above.children.size());
    above.stat.children_changed = transaction_;
    nodes_.erase(nodes_.find(gone));
    changes.push_back({Change::Kind::removed, gone});
    changes.push_back({Change::Kind::children, parent->first});
}

}  // namespace ringcast::membership
