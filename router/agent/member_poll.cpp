#include "member_poll.hpp"

#include "node_keys.hpp"
#include "redis_connection.hpp"

#include <charconv>
#include <string_view>
#include <utility>

namespace ringcast::router {
namespace {

/// The number that `<number> <bytes>` begins with; 0 when it does not.
ViewNumber number_of(std::string_view told) {
    std::uint64_t number = 0;
    std::from_chars(told.data(), told.data() + told.size(), number);
    return ViewNumber{number};
}

}  // namespace

MemberPoll::MemberPoll(boost::asio::any_io_executor executor, NodeOptions options, std::string name)
    : executor_(std::move(executor)), options_(std::move(options)), name_(std::move(name)) {}

MemberPoll::~MemberPoll() = default;

void MemberPoll::ask(const std::vector<Member>& members, ViewNumber known, Handler handler) {
    calls_.clear();
    known_ = known;
    handler_ = std::move(handler);
    for (const Member& member : members) {
        const auto number = next_++;
        Call& call = calls_[number];
        call.id = member.id;
        call.connection = std::make_unique<RedisConnection>(executor_, options_, name_);
        call.connection->open(member.address,
                              {.opened = [this, number] { opened(number); },
                               .closed = [this, number](const Closed&) { calls_.erase(number); },
                               .pushed = {}});
    }
}

void MemberPoll::opened(std::uint64_t number) {
    calls_.at(number).connection->command({"GETRANGE", node_keys::view, "0", "20"},
                                          [this, number](const resp::Reply& reply) {
                                              if (reply.is_error() || reply.text().empty()) {
                                                  calls_.erase(number);
                                              } else {
                                                  numbered(number, number_of(reply.text()));
                                              }
                                          });
}

void MemberPoll::numbered(std::uint64_t number, ViewNumber told) {
    if (told <= known_) return finish(number, told, {});
    calls_.at(number).connection->command(
        {"GET", node_keys::view}, [this, number](const resp::Reply& reply) {
            const std::string_view text = reply.is_error() ? std::string_view{} : reply.text();
            const auto blank = text.find(' ');
            if (blank == std::string_view::npos) {
                calls_.erase(number);
            } else {
                finish(number, number_of(text), std::string(text.substr(blank + 1)));
            }
        });
}

void MemberPoll::finish(std::uint64_t number, ViewNumber told, const std::string& record) {
    const auto call = calls_.extract(number);  // its connection outlives this call
    const Handler handler = handler_;
    handler(call.mapped().id, told, record);
}

}  // namespace ringcast::router
