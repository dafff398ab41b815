#pragma once

#include "errand.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ringcast::membership {

/// Makes a persistent znode, and the path to it. A sequential one is made exactly once: after an
/// unknown outcome it is looked for by the beginning of its name, which must be unique. A plain one
/// that is there already counts as made.
class Creation final : public Errand {
public:
    using Handler = std::function<void(std::error_code, std::string name)>;

    Creation(Znodes& znodes, Scheduler& scheduler, std::string path, std::string data, Mode mode,
             Handler handler);

private:
    void round() override;
    void look();
    void make();

    std::string path_;
    std::string data_;
    Mode mode_;
    Handler handler_;
    bool uncertain_ = false;
};

/// Removes a znode; one that is gone already counts as removed.
class Removal final : public Errand {
public:
    using Handler = std::function<void(std::error_code)>;

    Removal(Znodes& znodes, Scheduler& scheduler, std::string path, Handler handler);

private:
    void round() override;

    std::string path_;
    Handler handler_;
};

/// Removes a znode with everything below it, deepest first.
class Clearance final : public Errand {
public:
    using Handler = std::function<void(std::error_code)>;

    Clearance(Znodes& znodes, Scheduler& scheduler, std::string path, Handler handler);

private:
    void round() override;
    void remove_all(const std::string& parent, const std::vector<std::string>& names);

    std::vector<std::string> way_;  // from the path down to where we are
    std::size_t outstanding_ = 0;
    std::error_code failure_;
    Handler handler_;
};

/// What stands in the sequential znodes below a path, in their order.
struct Item {
    std::string name;
    std::string data;
    Stat stat;
};

/// Reads the sequential znodes below a path, the first `limit` of them. Those that go meanwhile are
/// left out; a path that is not there has none.
class Reading final : public Errand {
public:
    using Handler = std::function<void(std::error_code, std::vector<Item>)>;

    Reading(Znodes& znodes, Scheduler& scheduler, std::string path, std::string prefix,
            std::size_t limit, Handler handler);

private:
    void round() override;
    void read(const std::vector<std::string>& names);

    std::string path_;
    std::string prefix_;
    std::size_t limit_;
    Handler handler_;
    std::vector<std::optional<Item>> found_;
    std::size_t outstanding_ = 0;
    std::error_code failure_;
    bool gone_ = false;
};

/// Writes a znode if it is at a version still, or makes it if none is given. A write whose
/// connection broke is looked for by its data and the version it must have come to.
class Exchange final : public Errand {
public:
    using Handler = std::function<void(std::error_code, std::int32_t version)>;

    Exchange(Znodes& znodes, Scheduler& scheduler, std::string path, std::string data,
             std::optional<std::int32_t> version, Handler handler);

private:
    void round() override;
    void write();
    void look();
    void written(std::error_code error, std::int32_t version);

    std::string path_;
    std::string data_;
    std::optional<std::int32_t> expected_;
    Handler handler_;
    bool uncertain_ = false;  // an earlier try may have been carried out
    bool look_first_ = false;
};

/// Takes the next number of a counter, or reads the last one.
class Count final : public Errand {
public:
    enum class Kind { next, last };
    using Handler = std::function<void(std::error_code, std::int64_t value)>;

    Count(Znodes& znodes, Scheduler& scheduler, std::string path, Kind kind, Handler handler);

private:
    void round() override;
    void make_first();

    std::string path_;
    Kind kind_;
    Handler handler_;
};

}  // namespace ringcast::membership
