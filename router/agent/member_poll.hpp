#pragma once

#include "ringcast/router/options.hpp"
#include "ringcast/router/view.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ringcast::router {

class RedisConnection;

/// Asks other nodes what record they were told of: a fresh connection for each, closed when it has
/// answered. For an agent that ZooKeeper does not answer. Lives on the thread of its executor, on
/// which its handler is called; destroying it drops what is outstanding.
class MemberPoll {
public:
    struct Member {
        std::string id;
        Address address;
    };
    /// One that was told nothing, or does not answer in time, is not heard of. The record is empty
    /// unless its number is higher than the one known.
    using Handler =
        std::function<void(const std::string& id, ViewNumber told, const std::string& record)>;

    /// `name` is what the members' CLIENT LIST shows of its connections.
    MemberPoll(boost::asio::any_io_executor executor, NodeOptions options, std::string name);
    ~MemberPoll();
    MemberPoll(const MemberPoll&) = delete;
    MemberPoll& operator=(const MemberPoll&) = delete;

    /// What was asked before and is not answered is asked no longer.
    void ask(const std::vector<Member>& members, ViewNumber known, Handler handler);

private:
    struct Call {
        std::string id;
        std::unique_ptr<RedisConnection> connection;
    };

    void opened(std::uint64_t number);
    void numbered(std::uint64_t number, ViewNumber told);
    void finish(std::uint64_t number, ViewNumber told, const std::string& record);

    boost::asio::any_io_executor executor_;
    NodeOptions options_;
    const std::string name_;
    ViewNumber known_{};
    Handler handler_;
    std::map<std::uint64_t, Call> calls_;
    std::uint64_t next_ = 0;
};

}  // namespace ringcast::router
