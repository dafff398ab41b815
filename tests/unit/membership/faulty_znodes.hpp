#pragma once

#include "ringcast/membership/znodes.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace ringcast::test {

/// What a real ensemble does now and then and the in-process tree never does: reads that fail
/// although the session goes on, and answers from a server that lags behind the last one.
class FaultyZnodes final : public membership::Znodes {
public:
    using Stat = membership::Stat;

    explicit FaultyZnodes(Znodes& real) : real_(real) {}

    void fail_reads(std::size_t count) { failing_ = count; }

    /// Reads of the path give its first answer again, as often as said, then the truth.
    void lag(const std::string& path, std::size_t count) { lagging_[path] = count; }

    [[nodiscard]] std::size_t watches_set() const { return watches_; }

    void create(std::string path, std::string data, membership::Mode mode,
                CreateHandler handler) override {
        real_.create(std::move(path), std::move(data), mode, std::move(handler));
    }

    void get(std::string path, Watch watch, GetHandler handler) override {
        const auto how = next(path, watch);
        real_.get(path, how == How::failure ? Watch{} : std::move(watch),
                  [this, how, path, handler = std::move(handler)](std::error_code error,
                                                                  std::string data, Stat stat) {
                      if (how == How::failure)
                          return handler(membership::Errc::unknown_outcome, {}, {});
                      if (const auto first = data_.find(path);
                          how == How::old && first != data_.end()) {
                          return handler({}, first->second.first, first->second.second);
                      }
                      if (error) return handler(error, {}, {});
                      data_.try_emplace(path, data, stat);
                      handler({}, std::move(data), stat);
                  });
    }

    void exists(std::string path, Watch watch, ExistsHandler handler) override {
        const auto how = next(path, watch);
        real_.exists(
            std::move(path), how == How::failure ? Watch{} : std::move(watch),
            [how, handler = std::move(handler)](std::error_code error, std::optional<Stat> stat) {
                if (how == How::failure) {
                    return handler(membership::Errc::unknown_outcome, {});
                }
                handler(error, stat);
            });
    }

    void children(std::string path, Watch watch, ChildrenHandler handler) override {
        const auto how = next(path, watch);
        real_.children(path, how == How::failure ? Watch{} : std::move(watch),
                       [this, how, path, handler = std::move(handler)](
                           std::error_code error, std::vector<std::string> names, Stat stat) {
                           if (how == How::failure) {
                               return handler(membership::Errc::unknown_outcome, {}, {});
                           }
                           if (error) return handler(error, {}, {});
                           const auto& first = lists_.try_emplace(path, names, stat).first->second;
                           if (how == How::old) return handler({}, first.first, first.second);
                           handler({}, std::move(names), stat);
                       });
    }

    void set(std::string path, std::string data, std::int32_t version,
             SetHandler handler) override {
        real_.set(std::move(path), std::move(data), version, std::move(handler));
    }

    void remove(std::string path, std::int32_t version, RemoveHandler handler) override {
        real_.remove(std::move(path), version, std::move(handler));
    }

    [[nodiscard]] membership::Session session() const override { return real_.session(); }

    [[nodiscard]] membership::Token observe(SessionObserver observer) override {
        return real_.observe(std::move(observer));
    }

private:
    enum class How { truth, failure, old };

    How next(const std::string& path, const Watch& watch) {
        if (failing_ > 0) return --failing_, How::failure;
        if (watch) ++watches_;
        auto& lagging = lagging_[path];
        return lagging > 0 ? (--lagging, How::old) : How::truth;
    }

    Znodes& real_;
    std::size_t failing_ = 0;
    std::map<std::string, std::size_t> lagging_;
    std::size_t watches_ = 0;
    std::map<std::string, std::pair<std::string, Stat>> data_;
    std::map<std::string, std::pair<std::vector<std::string>, Stat>> lists_;
};

}  // namespace ringcast::test
