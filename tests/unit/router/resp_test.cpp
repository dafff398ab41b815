#include "resp.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace ringcast::router::resp {
namespace {

using namespace std::literals;

constexpr std::size_t limit = 1U << 20U;

std::string shown(const Reply& reply) {
    switch (reply.type()) {
        case Type::text:
            return "'" + std::string(reply.text()) + "'";
        case Type::status:
            return "+" + std::string(reply.text());
        case Type::error:
            return "-" + std::string(reply.text());
        case Type::integer:
            return std::to_string(reply.integer());
        case Type::nil:
            return "nil";
        case Type::array:
            break;
    }
    std::string text = "[";
    for (std::size_t i = 0; i < reply.size(); ++i) text += (i > 0 ? " " : "") + shown(reply[i]);
    return text + "]";
}

/// Feeds the bytes in pieces of one size and shows each reply.
std::vector<std::string> read_in_pieces(Reader& reader, std::string_view bytes, std::size_t piece) {
    std::vector<std::string> replies;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        reader.feed(bytes.substr(0, piece));
        while (const auto reply = reader.next()) replies.push_back(shown(*reply));
    }
    return replies;
}

std::vector<std::string> read_all(std::string_view bytes) {
    Reader reader(limit);
    return read_in_pieces(reader, bytes, bytes.size());
}

Reader::Fault fault_after(std::string_view bytes, std::size_t reply_bytes_max = limit) {
    Reader reader(reply_bytes_max);
    (void)read_in_pieces(reader, bytes, bytes.size());
    return reader.fault();
}

TEST(RespTest, EachKindOfReplyIsRead) {
    EXPECT_EQ(
        read_all("+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nb\0\r\n$-1\r\n$0\r\n\r\n*-1\r\n"sv),
        (std::vector<std::string>{"+OK", "-ERR no", "-42", "'a\r\nb\0'"s, "nil", "''", "nil"}));
}

TEST(RespTest, NestedArraysKeepTheirShape) {
    EXPECT_EQ(read_all("*3\r\n*2\r\n:1\r\n*1\r\n$1\r\nx\r\n*0\r\n$4\r\nlast\r\n:7\r\n"),
              (std::vector<std::string>{"[[1 ['x']] [] 'last']", "7"}));
}

TEST(RespTest, HowTheBytesAreCutDoesNotMatter) {
    const std::string bytes =
        "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$11\r\nhello\r\nyou!\r\n:1\r\n*2\r\n*0\r\n$"
        "3\r\nabc\r\n+x\r\n";
    const auto whole = read_all(bytes);

    for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
        Reader reader(limit);
        EXPECT_EQ(read_in_pieces(reader, bytes, piece), whole) << "pieces of " << piece;
        EXPECT_EQ(reader.fault(), Reader::Fault::none);
    }
}

TEST(RespTest, ManyRepliesInOneReadAllArrive) {
    std::string bytes;
    for (int i = 0; i < 5'000; ++i) bytes += "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\nabcd\r\n";

    EXPECT_EQ(read_all(bytes), std::vector<std::string>(5'000, "['message' 'c' 'abcd']"));
}

TEST(RespTest, AReplyAboveTheLimitIsAFaultBeforeItIsWhole) {
    EXPECT_EQ(fault_after("$900000000\r\n" + std::string(5'000, 'x'), 4'096),
              Reader::Fault::too_large);
    EXPECT_EQ(fault_after("+" + std::string(5'000, 'x'), 4'096), Reader::Fault::too_large);
}

TEST(RespTest, AnArrayOfManySmallElementsCountsAsOneReply) {
    std::string bytes = "*100000\r\n";
    for (int i = 0; i < 2'000; ++i) bytes += ":1\r\n";

    EXPECT_EQ(fault_after(bytes, 4'096), Reader::Fault::too_large);
    EXPECT_EQ(fault_after(bytes, 1U << 16U), Reader::Fault::none);
}

TEST(RespTest, TheLimitIsForEachReplyNotForTheStream) {
    std::string bytes;
    for (int i = 0; i < 10'000; ++i) bytes += "$4\r\nabcd\r\n";

    EXPECT_EQ(fault_after(bytes, 64), Reader::Fault::none);
}

TEST(RespTest, MalformedBytesAreAFault) {
    for (const std::string_view bytes :
         {"hello\r\n"sv, "$x\r\n"sv, "$-2\r\n"sv, "*-2\r\n"sv, "*9999999999999\r\n"sv, ":12a\r\n"sv,
          "$99999999999999999999\r\n"sv, ">2\r\n+a\r\n+b\r\n"sv, "\r\n"sv}) {
        EXPECT_EQ(fault_after(bytes), Reader::Fault::malformed) << bytes;
    }
}

TEST(RespTest, NestingDeeperThanSevenIsAFault) {
    std::string bytes;
    for (int depth = 0; depth < 7; ++depth) bytes += "*1\r\n";
    EXPECT_EQ(fault_after(bytes + ":1\r\n"), Reader::Fault::none);
    EXPECT_EQ(fault_after(bytes + "*1\r\n*1\r\n:1\r\n"), Reader::Fault::malformed);
}

TEST(RespTest, AfterAFaultNothingMoreIsRead) {
    Reader reader(limit);
    (void)read_in_pieces(reader, "?\r\n", 3);

    EXPECT_TRUE(read_in_pieces(reader, "+OK\r\n", 5).empty());
    EXPECT_EQ(reader.fault(), Reader::Fault::malformed);
}

TEST(RespTest, ACommandCarriesEachArgumentWithItsLength) {
    std::string out = "before";
    const std::string_view arguments[] = {"PUBLISH"sv, "a b"sv, "\r\n\0x"sv, ""sv};

    append_command(out, arguments);

    EXPECT_EQ(out, "before*4\r\n$7\r\nPUBLISH\r\n$3\r\na b\r\n$4\r\n\r\n\0x\r\n$0\r\n\r\n"s);
}

}  // namespace
}  // namespace ringcast::router::resp
