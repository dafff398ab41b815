#include "znodes_conformance.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace ringcast::test {

using membership::SessionState;

ZnodesConformance::ZnodesConformance()
    : world(make_conformance_world()), one(another()), two(another()) {}

ZnodesConformance::~ZnodesConformance() = default;

std::unique_ptr<membership::Znodes> ZnodesConformance::another() {
    auto client = world->attach();
    EXPECT_TRUE(connected(*client));
    return client;
}

bool ZnodesConformance::connected(const Znodes& client) {
    return eventually([&] { return client.session().state == SessionState::connected; });
}

void ZnodesConformance::settle() {
    for (auto* client : {one.get(), two.get()}) {
        if (client != nullptr) (void)children(*client, "/");
    }
}

std::error_code ZnodesConformance::create(Znodes& client, const std::string& path,
                                          const std::string& data, Mode mode,
                                          std::string* created) {
    auto answer = std::make_shared<std::optional<std::error_code>>();
    auto name = std::make_shared<std::string>();
    client.create(path, data, mode, [answer, name](std::error_code error, std::string out) {
        *answer = error;
        *name = std::move(out);
    });
    EXPECT_TRUE(eventually([&] { return answer->has_value(); })) << "no answer: create " << path;
    if (created != nullptr) *created = *name;
    return answer->value_or(membership::Errc::unavailable);
}

ZnodesConformance::Read ZnodesConformance::get(Znodes& client, const std::string& path,
                                               Znodes::Watch watch) {
    auto answer = std::make_shared<std::optional<Read>>();
    client.get(path, std::move(watch),
               [answer](std::error_code error, std::string data, Stat stat) {
                   *answer = Read{error, std::move(data), stat};
               });
    EXPECT_TRUE(eventually([&] { return answer->has_value(); })) << "no answer: get " << path;
    return answer->value_or(Read{membership::Errc::unavailable, {}, {}});
}

std::optional<membership::Stat> ZnodesConformance::exists(Znodes& client, const std::string& path,
                                                          Znodes::Watch watch) {
    auto answer = std::make_shared<std::optional<std::optional<Stat>>>();
    client.exists(path, std::move(watch),
                  [answer](std::error_code error, std::optional<Stat> stat) {
                      EXPECT_FALSE(error) << error.message();
                      *answer = stat;
                  });
    EXPECT_TRUE(eventually([&] { return answer->has_value(); })) << "no answer: exists " << path;
    return answer->value_or(std::nullopt);
}

ZnodesConformance::Listing ZnodesConformance::children(Znodes& client, const std::string& path,
                                                       Znodes::Watch watch) {
    auto answer = std::make_shared<std::optional<Listing>>();
    client.children(path, std::move(watch),
                    [answer](std::error_code error, std::vector<std::string> names, Stat stat) {
                        std::ranges::sort(names);
                        *answer = Listing{error, std::move(names), stat};
                    });
    EXPECT_TRUE(eventually([&] { return answer->has_value(); })) << "no answer: children " << path;
    return answer->value_or(Listing{membership::Errc::unavailable, {}, {}});
}

std::error_code ZnodesConformance::set(Znodes& client, const std::string& path,
                                       const std::string& data, std::int32_t version, Stat* stat) {
    auto answer = std::make_shared<std::optional<std::error_code>>();
    auto written = std::make_shared<Stat>();
    client.set(path, data, version, [answer, written](std::error_code error, Stat now) {
        *answer = error;
        *written = now;
    });
    EXPECT_TRUE(eventually([&] { return answer->has_value(); })) << "no answer: set " << path;
    if (stat != nullptr) *stat = *written;
    return answer->value_or(membership::Errc::unavailable);
}

std::error_code ZnodesConformance::remove(Znodes& client, const std::string& path,
                                          std::int32_t version) {
    auto answer = std::make_shared<std::optional<std::error_code>>();
    client.remove(path, version, [answer](std::error_code error) { *answer = error; });
    EXPECT_TRUE(eventually([&] { return answer->has_value(); })) << "no answer: remove " << path;
    return answer->value_or(membership::Errc::unavailable);
}

}  // namespace ringcast::test
