#include "command_line.hpp"

#include "exit_code.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ringcast::ctl {
namespace {

using Kind = router::Request::Kind;

Parsed parse_words(std::vector<const char*> words) {
    words.insert(words.begin(), "ringcastctl");
    return parse(static_cast<int>(words.size()), words.data());
}

TEST(CtlCommandLineTest, ACommandAndItsArgument) {
    const Parsed parsed = parse_words({"add", "redis-4"});
    ASSERT_FALSE(parsed.exit) << parsed.text;
    EXPECT_EQ(parsed.line.command, Command::change);
    EXPECT_EQ(parsed.line.request, (router::Request{Kind::add, "redis-4"}));
    EXPECT_EQ(parsed.line.output, Output::table);
    EXPECT_FALSE(parsed.line.timeout);
}

TEST(CtlCommandLineTest, AnUndoIsDoneInAnyWayThatAChangeIs) {
    const Parsed parsed = parse_words({"undo", "h-1", "--rate", "60", "--steps", "50,100",
                                       "--when-below", "5000/s", "--for", "60s", "--dry-run"});
    ASSERT_FALSE(parsed.exit) << parsed.text;
    EXPECT_EQ(parsed.line.command, Command::undo);
    EXPECT_EQ(parsed.line.argument, "h-1");
    EXPECT_TRUE(parsed.line.dry_run);
    router::Request way;
    way.rate = 60;
    way.steps = {50, 100};
    way.when = {router::When::Kind::quiet, 0, 0, 5'000, 60};
    EXPECT_EQ(parsed.line.request, way);

    EXPECT_EQ(parse_words({"undo", "--steps", "50"}).exit, ExitCode::wrong_use);
    EXPECT_EQ(parse_words({"undo", "--window", "tonight"}).exit, ExitCode::wrong_use);
    EXPECT_EQ(parse_words({"undo", "--window", "1:00-2:00", "--now"}).exit, ExitCode::wrong_use);
}

TEST(CtlCommandLineTest, EachChangeBecomesItsRequest) {
    const auto request = [](const std::vector<const char*>& words) {
        const Parsed parsed = parse_words(words);
        EXPECT_FALSE(parsed.exit) << parsed.text;
        EXPECT_EQ(parsed.line.command, Command::change);
        return parsed.line.request;
    };
    router::Request wanted{Kind::add, "redis-4"};
    wanted.weight = 300;
    wanted.rate = 500;
    EXPECT_EQ(request({"add", "redis-4", "--weight", "300", "--rate", "500", "--now"}), wanted);

    wanted = {Kind::remove, "redis-4"};
    wanted.steps = {25, 50, 100};
    wanted.when = {router::When::Kind::window, 1'380, 60, 0, 0};
    EXPECT_EQ(request({"remove", "redis-4", "--steps", "25,50,100", "--window", "23:00-01:00"}),
              wanted);

    wanted = {Kind::weight, "redis-4"};
    wanted.weight = 50;
    wanted.when = {router::When::Kind::quiet, 0, 0, 5'000, 120};
    EXPECT_EQ(request({"weight", "redis-4", "50", "--when-below", "5000/s", "--for", "2m"}),
              wanted);
    wanted.when.for_s = 60;
    EXPECT_EQ(request({"weight", "redis-4", "50", "--when-below", "5000"}), wanted);

    wanted = {Kind::pin, "redis-4"};
    wanted.channel = "news:sports";
    EXPECT_EQ(request({"pin", "news:sports", "redis-4"}), wanted);
    wanted = {Kind::unpin, ""};
    wanted.channel = "news:sports";
    EXPECT_EQ(request({"unpin", "news:sports"}), wanted);
}

TEST(CtlCommandLineTest, APlanIsTheSameChangeNotDone) {
    for (const auto& words :
         {std::vector<const char*>{"plan", "add", "redis-4", "--steps", "50,100"},
          std::vector<const char*>{"add", "redis-4", "--steps", "50,100", "--dry-run"}}) {
        const Parsed parsed = parse_words(words);
        ASSERT_FALSE(parsed.exit) << parsed.text;
        EXPECT_EQ(parsed.line.command, Command::plan);
        EXPECT_EQ(parsed.line.request.node, "redis-4");
        EXPECT_EQ(parsed.line.request.steps, (std::vector<std::uint32_t>{50, 100}));
    }
}

TEST(CtlCommandLineTest, TheOtherCommands) {
    const auto line = [](const std::vector<const char*>& words) {
        const Parsed parsed = parse_words(words);
        EXPECT_FALSE(parsed.exit) << parsed.text;
        return parsed.line;
    };
    EXPECT_EQ(line({"requests"}).command, Command::requests);
    EXPECT_EQ(line({"cancel", "r-1"}).argument, "r-1");
    EXPECT_EQ(line({"pause"}).command, Command::pause);
    EXPECT_EQ(line({"resume"}).command, Command::resume);
    EXPECT_EQ(line({"watch"}).command, Command::watch);
    EXPECT_EQ(line({"history", "-n", "3"}).last, 3U);
    EXPECT_EQ(line({"undo"}).argument, "");
    EXPECT_EQ(line({"undo", "h-1"}).argument, "h-1");
    EXPECT_EQ(line({"config", "get"}).command, Command::config_get);
    EXPECT_EQ(line({"config", "set", "subscribe_rate", "10"}).value, "10");
    EXPECT_EQ(line({"drain-gateway", "gw-1", "--rate", "50"}).drain_rate, 50U);
    EXPECT_FALSE(line({"drain-gateway", "gw-1"}).drain_rate);
    EXPECT_FALSE(line({"drain-gateway", "gw-1"}).force);
    EXPECT_TRUE(line({"drain-gateway", "gw-1", "--force"}).force);
}

TEST(CtlCommandLineTest, CompletionKnowsEveryCommand) {
    for (const char* shell : {"bash", "zsh"}) {
        const Parsed parsed = parse_words({"completion", shell});
        EXPECT_EQ(parsed.exit, ExitCode::done);
        EXPECT_NE(parsed.text.find("ringcastctl"), std::string::npos);
    }
    const std::string bash = parse_words({"completion", "bash"}).text;
    for (const char* command :
         {"status",   "locate",       "plan",         "add",     "remove",        "weight",
          "pin",      "unpin",        "requests",     "cancel",  "pause",         "resume",
          "watch",    "history",      "undo",         "config",  "drain-gateway", "completion",
          "--window", "--when-below", "--for",        "--steps", "--rate",        "--dry-run",
          "--detach", "--zookeeper",  "--digest-file"}) {
        EXPECT_NE(bash.find(command), std::string::npos) << command;
    }
}

TEST(CtlCommandLineTest, OptionsStandBeforeOrAfterTheCommand) {
    for (const auto& words :
         {std::vector<const char*>{"--zookeeper", "zk:1", "--cluster", "c", "-o", "json",
                                   "--timeout", "2.5", "locate", "news"},
          std::vector<const char*>{"locate", "news", "--zookeeper", "zk:1", "--cluster", "c", "-o",
                                   "json", "--timeout", "2.5"}}) {
        const Parsed parsed = parse_words(words);
        ASSERT_FALSE(parsed.exit) << parsed.text;
        EXPECT_EQ(parsed.line.zookeeper, "zk:1");
        EXPECT_EQ(parsed.line.cluster, "c");
        EXPECT_EQ(parsed.line.output, Output::json);
        EXPECT_EQ(parsed.line.timeout->count(), 2'500);
        EXPECT_EQ(parsed.line.argument, "news");
    }
}

TEST(CtlCommandLineTest, OfAnOptionGivenTwiceTheLastHolds) {
    const Parsed parsed = parse_words({"--cluster", "a", "--cluster", "b", "status"});
    ASSERT_FALSE(parsed.exit) << parsed.text;
    EXPECT_EQ(parsed.line.cluster, "b");
}

TEST(CtlCommandLineTest, HelpIsNoFaultAndShowsExamples) {
    const Parsed parsed = parse_words({"--help"});
    EXPECT_EQ(parsed.exit, ExitCode::done);
    EXPECT_NE(parsed.text.find("ringcastctl add redis-4"), std::string::npos);
    EXPECT_NE(parsed.text.find("RINGCAST_ZOOKEEPER"), std::string::npos);
    EXPECT_NE(parsed.text.find("Exit codes"), std::string::npos);
}

TEST(CtlCommandLineTest, WhatMakesNoSenseEndsWithTwoAndSaysWhat) {
    for (const auto& words : std::vector<std::vector<const char*>>{
             {},
             {"explode"},
             {"add"},
             {"add", "a", "b"},
             {"add", "a/b"},
             {"remove", ""},
             {"locate", ""},
             {"-o", "xml", "status"},
             {"--timeout", "0", "status"},
             {"--timeout", "soon", "status"},
             {"--cluster", "a/b", "status"},
             {"plan"},
             {"plan", "explode"},
             {"weight", "redis-4"},
             {"weight", "redis-4", "0"},
             {"weight", "redis-4", "1000001"},
             {"weight", "redis-4", "-5"},
             {"pin", "news"},
             {"pin", "", "redis-4"},
             {"unpin", ""},
             {"pin", "news", "redis-4", "--steps", "50,100"},
             {"add", "a", "--steps", "50"},
             {"add", "a", "--steps", "50,50,100"},
             {"add", "a", "--window", "02:00"},
             {"add", "a", "--window", "02:00-02:00"},
             {"add", "a", "--when-below", "0/s"},
             {"add", "a", "--when-below", "much"},
             {"add", "a", "--for", "60s"},
             {"add", "a", "--when-below", "5", "--for", "2d"},
             {"add", "a", "--now", "--window", "02:00-03:00"},
             {"plan", "add", "a", "--window", "02:00-03:00"},
             {"cancel"},
             {"cancel", "a/b"},
             {"config"},
             {"config", "set", "paused"},
             {"drain-gateway", "gw-1", "--rate", "-1"},
             {"completion", "fish"},
         }) {
        const Parsed parsed = parse_words(words);
        EXPECT_EQ(parsed.exit, ExitCode::wrong_use) << (words.empty() ? "" : words.front());
        EXPECT_NE(parsed.text.find("--help"), std::string::npos) << parsed.text;
    }
}

}  // namespace
}  // namespace ringcast::ctl
