#include "json_text.hpp"

#include "ringcast/gateway/protocol.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ringcast::gateway {
namespace {

TEST(JsonTextTest, WhatIsJsonIsAccepted) {
    for (const char* text : {"0",
                             "-0",
                             "12",
                             "-1.5e+10",
                             "1E9",
                             "true",
                             "false",
                             "null",
                             "\"\"",
                             "{}",
                             "[]",
                             " [ ] ",
                             "[1,[2,{\"a\":[]}]]",
                             "{\"a\":1,\"b\":{\"c\":null}}",
                             "\"\\u00e9\\n\\/\\\\\"",
                             "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"",
                             "\"\\ud83d\\ude00\"",
                             "\t{\r\n\"a\" : 1 }\n",
                             "\"\\ud800\"",
                             "\"\x7F\""}) {
        EXPECT_TRUE(is_json(text)) << text;
    }
}

TEST(JsonTextTest, WhatIsNotJsonIsRefused) {
    for (const char* text : {"",
                             " ",
                             "{",
                             "}",
                             "[",
                             "[1",
                             "[1,]",
                             "[,1]",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{a:1}",
                             "{1:1}",
                             "01",
                             "-",
                             "1.",
                             ".5",
                             "1e",
                             "1e+",
                             "+1",
                             "0x1",
                             "tru",
                             "truee",
                             "nul",
                             "NaN",
                             "\"",
                             "\"\\\"",
                             "\"\\x\"",
                             "\"\\u12\"",
                             "\"\\u12g4\"",
                             "\"a\nb\"",
                             "\"\t\"",
                             "1 2",
                             "{}{}",
                             "[1}",
                             "{\"a\":1]",
                             "'a'",
                             "//",
                             "[1]]",
                             "\"a\"b",
                             "{\"a\":1 \"b\":2}",
                             "[1 2]"}) {
        EXPECT_FALSE(is_json(text)) << text;
    }
}

TEST(JsonTextTest, TextThatIsNotUtf8IsRefused) {
    for (const char* bytes :
         {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xE2\x82",
          "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3\x28"}) {
        EXPECT_FALSE(is_json('"' + std::string(bytes) + '"'));
    }
    EXPECT_FALSE(is_json("\xEF\xBB\xBF{}")) << "a byte order mark is no JSON";
}

TEST(JsonTextTest, NestingIsBounded) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };

    EXPECT_TRUE(is_json(nested(64), 64));
    EXPECT_FALSE(is_json(nested(65), 64));
    EXPECT_FALSE(is_json(nested(100'000), 1'000'000)) << "whatever the caller allows";
}

TEST(JsonTextTest, MembersAreWalkedInOrderWithTheirRawValues) {
    const std::string text = R"({ "a" : [1, {"x":"}"}] ,"b\u0063":"q\"]","n":null, "t":true})";
    ASSERT_TRUE(is_json(text));
    std::string seen;

    for (json::Members each{json::Value(text)}; each.next();) {
        seen += each.key() + '=' + std::string(each.value().text()) + ';';
    }

    EXPECT_EQ(seen, R"(a=[1, {"x":"}"}];bc="q\"]";n=null;t=true;)");
}

TEST(JsonTextTest, ElementsOfArraysAreWalkedToo) {
    std::string seen;
    for (json::Members each{json::Value("[1,\"a\" , {}]")}; each.next();) {
        seen += std::string(each.value().text()) + ';';
    }
    EXPECT_EQ(seen, "1;\"a\";{};");
}

TEST(JsonTextTest, StringsAreDecoded) {
    const json::Value value(R"("a\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00\ud800x")");

    EXPECT_EQ(value.string(), "a\"\\/\b\f\n\r\t\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBDx");
}

TEST(JsonTextTest, ValuesOfAnotherTypeAreNotTakenForWhatWasAsked) {
    EXPECT_FALSE(json::Value("5").string());
    EXPECT_FALSE(json::Value("\"5\"").integer());
    EXPECT_FALSE(json::Value("1.5").integer());
    EXPECT_FALSE(json::Value("-1").unsigned_integer());
    EXPECT_FALSE(json::Value("18446744073709551616").unsigned_integer());
    EXPECT_FALSE(json::Value("1").boolean());
    EXPECT_EQ(json::Value("-7").integer(), -7);
    EXPECT_EQ(json::Value("1.5e3").number(), 1'500.0);
}

TEST(JsonTextTest, AbsentAndNullAreTheZeroValue) {
    for (const json::Value value : {json::Value(), json::Value("null")}) {
        EXPECT_EQ(value.string(), "");
        EXPECT_EQ(value.integer(), 0);
        EXPECT_EQ(value.boolean(), false);
    }
}

TEST(JsonTextTest, WhatIsWrittenAsAStringReadsTheSame) {
    std::string every;
    for (int c = 1; c < 0x80; ++c) every.push_back(static_cast<char>(c));
    std::string literal;

    json::append_string(literal, every);

    EXPECT_TRUE(is_json(literal));
    EXPECT_EQ(json::Value(literal).string(), every);
}

TEST(JsonTextTest, PayloadsKeepTheirBytesButForRawNewlines) {
    std::string out;

    json::append_raw(out, "{ \"a\" :\n[1,\r\n 1.0e0,\"\\n\"]\n}");

    EXPECT_EQ(out, "{ \"a\" :[1,\r 1.0e0,\"\\n\"]}");
}

TEST(ProtocolTest, APublicationCarriesDataInfoAndTags) {
    const ClientInfo info{"42", "c1", R"({"name":"Ann"})", ""};

    EXPECT_EQ(encode_publication("[1,\n2]", encode(info), {{"lang", "en"}, {"x\"", "y"}}),
              R"({"data":[1,2],"info":{"user":"42","client":"c1","conn_info":{"name":"Ann"}},)"
              R"("tags":{"lang":"en","x\"":"y"}})");
    EXPECT_EQ(encode_publication("null", ""), R"({"data":null})");
}

TEST(ProtocolTest, APushNamesItsChannel) {
    EXPECT_EQ(encode_push("a\"b", R"({"data":1})"),
              R"({"push":{"channel":"a\"b","pub":{"data":1}}})");
}

}  // namespace
}  // namespace ringcast::gateway
