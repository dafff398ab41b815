#include "examples.hpp"

#include <algorithm>
#include <iterator>

namespace ringcast::ctl {
namespace {

constexpr std::string_view of_the_program = R"(
Examples:
  ringcastctl status
  ringcastctl --zookeeper zk1:2181,zk2:2181,zk3:2181 --cluster chat status
  ringcastctl locate news:sports
  ringcastctl plan add redis-4 --steps 25,50,100
  ringcastctl add redis-4
  ringcastctl weight redis-2 300 --window 02:00-05:00 --detach
  ringcastctl remove redis-1 --when-below 5000/s --for 60s --steps 50,100
  ringcastctl pin news:sports redis-3
  ringcastctl watch
  ringcastctl undo
  ringcastctl -o json remove redis-2 | jq .arcs_moved
  source <(ringcastctl completion bash)

Exit codes: 0 done, 1 refused, 2 wrong use, 3 ZooKeeper not reachable, 4 timed out (the request
stays in the queue), 5 another operator holds the lock, 6 a gateway did not answer: not the whole,
130 interrupted.)";

struct Page {
    std::string_view command;
    std::string_view lines;
};

constexpr Page pages[] = {
    {"status", R"(
  ringcastctl status
  ringcastctl -o json status | jq '.members[].id')"},
    {"locate", R"(
  ringcastctl locate news:sports
  ringcastctl -o json locate news:sports | jq -r .owner)"},
    {"pins", R"(
  ringcastctl pins
  ringcastctl -o json pins | jq -r '.pins[].channel')"},
    {"plan", R"(
  ringcastctl plan add redis-4 --steps 25,50,100
  ringcastctl plan remove redis-1 --rate 2000
  ringcastctl -o json plan weight redis-2 300 | jq .channels_moved)"},
    {"plan add", R"(
  ringcastctl plan add redis-4
  ringcastctl plan add redis-4 --weight 300 --steps 25,50,100)"},
    {"plan remove", R"(
  ringcastctl plan remove redis-1
  ringcastctl plan remove redis-1 --steps 50,100 --rate 2000)"},
    {"plan weight", R"(
  ringcastctl plan weight redis-2 300
  ringcastctl plan weight redis-2 300 --steps 50,100)"},
    {"plan pin", R"(
  ringcastctl plan pin news:sports redis-3
  ringcastctl -o json plan pin news:sports redis-3 | jq .subscriptions_moved)"},
    {"plan unpin", R"(
  ringcastctl plan unpin news:sports
  ringcastctl -o json plan unpin news:sports | jq .flows)"},
    {"add", R"(
  ringcastctl add redis-4
  ringcastctl add redis-4 --weight 300 --window 02:00-05:00 --detach
  ringcastctl add redis-4 --steps 25,50,100 --rate 2000)"},
    {"remove", R"(
  ringcastctl remove redis-1
  ringcastctl remove redis-1 --when-below 5000/s --for 60s --steps 50,100
  ringcastctl remove redis-1 --dry-run)"},
    {"weight", R"(
  ringcastctl weight redis-2 300
  ringcastctl weight redis-2 300 --window 23:00-01:00 --detach)"},
    {"pin", R"(
  ringcastctl pin news:sports redis-3
  ringcastctl pin news:sports redis-3 --when-below 5000/s)"},
    {"unpin", R"(
  ringcastctl unpin news:sports
  ringcastctl unpin news:sports --dry-run)"},
    {"requests", R"(
  ringcastctl requests
  ringcastctl -o json requests | jq -r '.requests[].name')"},
    {"cancel", R"(
  ringcastctl requests
  ringcastctl cancel r-8f2c41d09b7e6a35.1-0000000042)"},
    {"pause", R"(
  ringcastctl pause
  ringcastctl config get paused)"},
    {"resume", R"(
  ringcastctl resume
  ringcastctl resume && ringcastctl watch)"},
    {"watch", R"(
  ringcastctl watch
  ringcastctl -o json watch | jq --unbuffered .share_percent)"},
    {"history", R"(
  ringcastctl history
  ringcastctl history -n 0 --undoable
  ringcastctl -o json history | jq '.history[-1]')"},
    {"undo", R"(
  ringcastctl undo
  ringcastctl undo --dry-run
  ringcastctl undo h-8f2c41d09b7e6a35.1-0000000017 --steps 50,100 --rate 2000)"},
    {"config", R"(
  ringcastctl config get
  ringcastctl config set subscribe_rate 5000)"},
    {"config get", R"(
  ringcastctl config get
  ringcastctl config get subscribe_rate)"},
    {"config set", R"(
  ringcastctl config set subscribe_rate 5000
  ringcastctl config set subscribe_rate '')"},
    {"drain-gateway", R"(
  ringcastctl drain-gateway gw-2
  ringcastctl drain-gateway gw-2 --rate 100 --detach)"},
    {"completion", R"(
  source <(ringcastctl completion bash)
  source <(ringcastctl completion zsh))"},
};

}  // namespace

std::string examples_of(std::string_view command) {
    if (command.empty()) return std::string(of_the_program);
    const auto* const found = std::ranges::find(pages, command, &Page::command);
    if (found == std::end(pages)) return "";
    return "\nExamples:" + std::string(found->lines);
}

}  // namespace ringcast::ctl
