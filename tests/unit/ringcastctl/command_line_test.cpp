#include "command_line.hpp"

#include "exit_code.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ringcast::ctl {
namespace {

Parsed parse_words(std::vector<const char*> words) {
    words.insert(words.begin(), "ringcastctl");
    return parse(static_cast<int>(words.size()), words.data());
}

TEST(CtlCommandLineTest, ACommandAndItsArgument) {
    const Parsed parsed = parse_words({"add", "redis-4"});
    ASSERT_FALSE(parsed.exit) << parsed.text;
    EXPECT_EQ(parsed.line.command, Command::add);
    EXPECT_EQ(parsed.line.argument, "redis-4");
    EXPECT_EQ(parsed.line.output, Output::table);
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
        EXPECT_EQ(parsed.line.timeout.count(), 2'500);
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
         }) {
        const Parsed parsed = parse_words(words);
        EXPECT_EQ(parsed.exit, ExitCode::wrong_use) << (words.empty() ? "" : words.front());
        EXPECT_NE(parsed.text.find("--help"), std::string::npos) << parsed.text;
    }
}

}  // namespace
}  // namespace ringcast::ctl
