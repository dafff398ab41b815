#include "credentials.hpp"

#include "token_maker.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ringcast::gateway {
namespace {

constexpr std::int64_t now = 1'800'000'000;

TokenOptions options(const char* secret = "secret", const char* previous = "") {
    TokenOptions options;
    options.hmac_secret = secret;
    options.hmac_secret_previous = previous;
    return options;
}

void expect_connection_fault(const Credentials& credentials, const std::string& token,
                             TokenFault fault) {
    const auto verified = credentials.connection(token, now);
    ASSERT_TRUE(std::holds_alternative<TokenFault>(verified)) << token;
    EXPECT_EQ(std::get<TokenFault>(verified), fault) << token;
}

TEST(CredentialsTest, AConnectionTokenNamesUserExpiryAndInfo) {
    const Credentials credentials(options());
    for (const char* algorithm : {"HS256", "HS384", "HS512"}) {
        const auto verified = credentials.connection(
            make_token(R"({"sub":"42","exp":1800000100,"info":{ "name":"Ann" }})", "secret",
                       algorithm),
            now);

        ASSERT_TRUE(std::holds_alternative<ConnectionClaims>(verified)) << algorithm;
        const auto& claims = std::get<ConnectionClaims>(verified);
        EXPECT_EQ(claims.user, "42");
        EXPECT_EQ(claims.expires, 1'800'000'100);
        EXPECT_EQ(claims.info, R"({ "name":"Ann" })");
    }
}

TEST(CredentialsTest, WhatIsNotSignedByUsIsInvalid) {
    const Credentials credentials(options());
    const std::string good = make_token(R"({"sub":"42"})");
    std::string changed = good;
    changed[good.find('.') + 3] = changed[good.find('.') + 3] == 'A' ? 'B' : 'A';

    for (const std::string& token :
         {make_token(R"({"sub":"42"})", "other"), changed, std::string(), std::string("a.b.c"),
          std::string(".."), good + "x", good.substr(0, good.size() - 2), std::string("abc"),
          make_token("[]"), make_token("not json"),
          make_token_with_header(R"({"alg":"none"})", R"({"sub":"42"})", ""),
          make_token_with_header(R"({"alg":"none"})", R"({"sub":"42"})", "secret"),
          make_token_with_header(R"({"alg":"RS256"})", R"({"sub":"42"})", "secret"),
          make_token_with_header(R"({"alg":"HS257"})", R"({"sub":"42"})", "secret"),
          make_token_with_header(R"({})", R"({"sub":"42"})", "secret")}) {
        expect_connection_fault(credentials, token, TokenFault::invalid);
    }
}

TEST(CredentialsTest, WithoutASecretEveryTokenIsInvalid) {
    expect_connection_fault(Credentials(TokenOptions()), make_token(R"({"sub":"42"})", ""),
                            TokenFault::invalid);
}

TEST(CredentialsTest, ThePreviousSecretIsAcceptedWhileSecretsAreRotated) {
    const Credentials credentials(options("new", "old"));
    for (const char* secret : {"new", "old"}) {
        EXPECT_TRUE(std::holds_alternative<ConnectionClaims>(
            credentials.connection(make_token(R"({"sub":"42"})", secret), now)));
    }
}

TEST(CredentialsTest, TimesAreChecked) {
    const Credentials credentials(options());
    expect_connection_fault(credentials, make_token(R"({"exp":1799999999})"), TokenFault::expired);
    expect_connection_fault(credentials, make_token(R"({"exp":1800000000})"), TokenFault::expired);
    expect_connection_fault(credentials, make_token(R"({"exp":1799999999.5})"),
                            TokenFault::expired);
    expect_connection_fault(credentials, make_token(R"({"nbf":1800000001})"), TokenFault::invalid);
    expect_connection_fault(credentials, make_token(R"({"exp":"soon"})"), TokenFault::invalid);
    expect_connection_fault(credentials, make_token(R"({"exp":1e300})"), TokenFault::invalid);
}

TEST(CredentialsTest, ExpireAtOverridesTheExpiryButNotTheTokens) {
    const Credentials credentials(options());
    const auto expiry = [&](const std::string& claims) {
        return std::get<ConnectionClaims>(credentials.connection(make_token(claims), now)).expires;
    };

    EXPECT_EQ(expiry(R"({"exp":1800000100,"expire_at":1800000900})"), 1'800'000'900);
    EXPECT_EQ(expiry(R"({"exp":1800000100,"expire_at":0})"), 0);
    EXPECT_EQ(expiry(R"({"expire_at":1700000000})"), 1'700'000'000);
    EXPECT_LT(expiry(R"({"exp":900000000000000})"), 10'000'000'000) << "bounded by a century";
    expect_connection_fault(credentials, make_token(R"({"exp":1700000000,"expire_at":0})"),
                            TokenFault::expired);
}

TEST(CredentialsTest, AudienceAndIssuerMustMatchWhenAskedFor) {
    TokenOptions strict = options();
    strict.audience = "chat";
    strict.issuer = "us";
    const Credentials credentials(strict);

    for (const char* claims :
         {R"({"aud":"chat","iss":"us"})", R"({"aud":["x","chat"],"iss":"us"})"}) {
        EXPECT_TRUE(std::holds_alternative<ConnectionClaims>(
            credentials.connection(make_token(claims), now)));
    }
    for (const char* claims : {R"({})", R"({"aud":"chat"})", R"({"iss":"us"})",
                               R"({"aud":"Chat","iss":"us"})", R"({"aud":5,"iss":["us"]})"}) {
        expect_connection_fault(credentials, make_token(claims), TokenFault::invalid);
    }
}

TEST(CredentialsTest, ClaimsOfTheWrongTypeAreInvalid) {
    const Credentials credentials(options());
    expect_connection_fault(credentials, make_token(R"({"sub":42})"), TokenFault::invalid);
    expect_connection_fault(credentials, make_token(R"({"sub":"42","channel":"a"})"),
                            TokenFault::invalid);
}

TEST(CredentialsTest, ASubscriptionTokenNamesItsChannel) {
    const Credentials credentials(options());
    const auto verified = credentials.subscription(
        make_token(R"({"sub":"42","channel":"$a","info":1,"data":[2],"client":"c"})"), now);

    ASSERT_TRUE(std::holds_alternative<SubscriptionClaims>(verified));
    const auto& claims = std::get<SubscriptionClaims>(verified);
    EXPECT_EQ(claims.user + claims.channel + claims.client + claims.info + claims.data,
              "42$ac1[2]");
    EXPECT_EQ(std::get<TokenFault>(credentials.subscription(make_token(R"({"sub":"42"})"), now)),
              TokenFault::invalid);
}

}  // namespace
}  // namespace ringcast::gateway
