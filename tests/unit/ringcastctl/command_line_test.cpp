#include "command_line.hpp"

#include "exit_code.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
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

TEST(CtlCommandLineTest, AChannelIsNamedByUpTo255BytesOfUtf8) {
    for (const std::string& channel :
         {std::string("a \"b\"\\"), std::string("caf\xc3\xa9 \xf0\x9f\x98\x80"),
          std::string("\x01"), std::string(255, 'a')}) {
        EXPECT_EQ(parse_words({"locate", channel.c_str()}).line.argument, channel);
        EXPECT_EQ(parse_words({"unpin", channel.c_str()}).line.request.channel, channel);
    }
    for (const std::string& channel :
         {std::string("caf\xe9"), std::string("\xed\xa0\x80"), std::string(256, 'a')}) {
        for (const std::vector<const char*>& words :
             {std::vector<const char*>{"locate", channel.c_str()}, {"unpin", channel.c_str()}}) {
            EXPECT_EQ(parse_words(words).exit, ExitCode::wrong_use);
        }
    }
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
    EXPECT_EQ(line({"pins"}).command, Command::pins);
    EXPECT_EQ(line({"pause"}).command, Command::pause);
    EXPECT_EQ(line({"resume"}).command, Command::resume);
    EXPECT_EQ(line({"watch"}).command, Command::watch);
    EXPECT_EQ(line({"history", "-n", "3"}).last, 3U);
    EXPECT_FALSE(line({"history"}).undoable);
    EXPECT_TRUE(line({"history", "--undoable"}).undoable);
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

/// The words of an example up to what else a shell makes of the line.
std::vector<std::string> words_of(const std::string& example) {
    std::istringstream line(example.substr(example.find("ringcastctl")));
    std::vector<std::string> words;
    std::string word;
    for (line >> word; line >> word && word != "|" && word != "&&";) {
        if (word.ends_with(')')) word.pop_back();
        words.push_back(word);
    }
    return words;
}

TEST(CtlCommandLineTest, EachCommandHasExamplesOfItsOwnThatItUnderstands) {
    for (const std::vector<const char*>& command : {std::vector<const char*>{"status"},
                                                    {"locate"},
                                                    {"pins"},
                                                    {"plan"},
                                                    {"plan", "add"},
                                                    {"plan", "remove"},
                                                    {"plan", "weight"},
                                                    {"plan", "pin"},
                                                    {"plan", "unpin"},
                                                    {"add"},
                                                    {"remove"},
                                                    {"weight"},
                                                    {"pin"},
                                                    {"unpin"},
                                                    {"requests"},
                                                    {"cancel"},
                                                    {"pause"},
                                                    {"resume"},
                                                    {"watch"},
                                                    {"history"},
                                                    {"undo"},
                                                    {"config"},
                                                    {"config", "get"},
                                                    {"config", "set"},
                                                    {"drain-gateway"},
                                                    {"completion"}}) {
        std::vector<const char*> asking = command;
        asking.push_back("--help");
        const std::string help = parse_words(asking).text;
        EXPECT_EQ(help.find("TEXT"), std::string::npos) << help;
        const std::size_t at = help.find("Examples:\n");
        ASSERT_NE(at, std::string::npos) << help;
        std::istringstream lines(help.substr(at));
        std::string line;
        std::getline(lines, line);
        std::size_t examples = 0;
        std::size_t own = 0;
        while (std::getline(lines, line) && !line.empty()) {
            ++examples;
            const std::vector<std::string> words = words_of(line);
            if (std::ranges::search(words, command).begin() != words.end()) ++own;
            std::vector<const char*> pointers;
            for (const std::string& word : words) pointers.push_back(word.c_str());
            const Parsed parsed = parse_words(pointers);
            EXPECT_EQ(parsed.error, "") << line;
        }
        EXPECT_TRUE(examples == 2 || examples == 3) << help;
        EXPECT_GE(own, 1U) << help;
    }
    EXPECT_NE(parse_words({"add", "--help"}).text.find("--window HH:MM-HH:MM"), std::string::npos);
}

TEST(CtlCommandLineTest, WhatIsWrongIsNamedAndWhatWouldBeRightIsSaid) {
    const std::string all =
        "status, locate, pins, plan, add, remove, weight, pin, unpin, requests, cancel, pause, "
        "resume, "
        "watch, history, undo, config, drain-gateway, completion";
    struct Case {
        std::vector<const char*> words;
        std::string what;
        const char* command;
    };
    for (const Case& wrong : std::vector<Case>{
             {{"bogus"}, "there is no command 'bogus': there are " + all, ""},
             {{}, "a command is missing: there are " + all, ""},
             {{"plan", "undo"},
              "there is no command 'plan undo': it goes with add, remove, weight, pin, unpin",
              " plan"},
             {{"config"}, "after 'config' a word is missing: it goes with get, set", " config"},
             {{"--colour", "blue"}, "there is no option '--colour'", ""},
             {{"add", "a", "--colour"}, "there is no option '--colour'", " add"},
             {{"plan", "add", "a", "b", "c"}, "'b' is one word too many", " plan add"},
             {{"add"}, "NODE is required", " add"},
             {{"-o", "xml", "status"}, "--output is table or json, not 'xml'", " status"},
             {{"weight", "a", "abc"},
              "WEIGHT is a whole number from 1 to 1000000, not 'abc'",
              " weight"},
             {{"add", "a", "--rate", "0"},
              "--rate is a whole number from 1 to 10000000, not '0'",
              " add"},
             {{"drain-gateway", "gw-1", "--rate", "1000001"},
              "--rate is a whole number from 0 to 1000000, not '1000001'",
              " drain-gateway"},
             {{"pin", "caf\xe9", "redis-1"}, "a channel is 1 to 255 bytes of UTF-8", " pin"},
             {{"plan", "unpin", "caf\xe9"}, "a channel is 1 to 255 bytes of UTF-8", " plan unpin"},
             {{"locate", "caf\xe9"}, "a channel is 1 to 255 bytes of UTF-8", " locate"},
             {{"locate", ""}, "a channel is 1 to 255 bytes of UTF-8", " locate"},
             {{"add", "a", "--window"}, "--window needs a value: HH:MM-HH:MM", " add"},
             {{"add", "a", "--window", "now"},
              "--window is two times of the day, UTC: 02:00-05:00, not 'now'",
              " add"},
             {{"add", "a", "--rate", "1", "--rate", "2"}, "--rate is given more than once", " add"},
             {{"add", "a", "--detach=soon"}, "--detach takes no value", " add"},
             {{"--timeout", "soon", "status"},
              "--timeout is a number of seconds, more than 0, not 'soon'",
              " status"},
         }) {
        EXPECT_EQ(parse_words(wrong.words).error, "ringcastctl: " + wrong.what +
                                                      "\nRun `ringcastctl" + wrong.command +
                                                      " --help` for more information.\n");
    }
}

TEST(CtlCommandLineTest, WhoeverWantsJsonIsToldInJsonWhatIsWrong) {
    for (const auto& words : {std::vector<const char*>{"weight", "a", "abc", "-o", "json"},
                              {"-ojson", "weight", "a", "abc"},
                              {"--output=json", "weight", "a", "abc"},
                              {"-o", "table", "--output", "json", "weight", "a", "abc"}}) {
        const Parsed parsed = parse_words(words);
        EXPECT_EQ(parsed.exit, ExitCode::wrong_use);
        EXPECT_EQ(parsed.text,
                  "{\"error\":\"WEIGHT is a whole number from 1 to 1000000, not 'abc'\"}\n");
        EXPECT_NE(parsed.error, "");
    }
    EXPECT_EQ(parse_words({"-o", "json", "add", "a", "--window", "now"}).text,
              "{\"error\":\"--window is two times of the day, UTC: 02:00-05:00, not 'now'\"}\n");
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
             {"add", "a", "--weight", "0"},
             {"add", "a", "--rate", "0"},
             {"plan", "add", "a", "--rate", "0"},
             {"undo", "--rate", "0"},
             {"add", "a", "--rate"},
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
        EXPECT_NE(parsed.error.find("--help"), std::string::npos) << parsed.error;
        EXPECT_EQ(parsed.text, "");
    }
}

}  // namespace
}  // namespace ringcast::ctl
