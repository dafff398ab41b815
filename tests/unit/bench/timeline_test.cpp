#include "timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stack>
#include <string>

namespace ringcast::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What is wrong with a document of elements, attributes in double quotes and text; empty: nothing.
/// Enough of XML for what is written here.
std::string fault_in(const std::string& xml) {
    std::stack<std::string> open;
    std::size_t at = 0;
    while (at < xml.size()) {
        if (xml[at] == '&') {
            const auto end = xml.find(';', at);
            const auto entity = xml.substr(at, end - at + 1);
            if (entity != "&amp;" && entity != "&lt;" && entity != "&gt;" && entity != "&quot;") {
                return "a bare & at " + std::to_string(at);
            }
        }
        if (xml[at] == '>') return "a bare > at " + std::to_string(at);
        if (xml[at++] != '<') continue;
        const auto end = xml.find('>', at);
        if (end == std::string::npos) return "an open tag";
        std::string tag = xml.substr(at, end - at);
        at = end + 1;
        if (std::count(tag.begin(), tag.end(), '"') % 2 != 0) return "an open quote: " + tag;
        if (tag.find('<') != std::string::npos) return "a tag in a tag: " + tag;
        const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
        if (tag.front() == '/') {
            if (open.empty() || "/" + open.top() != tag) return "not open: " + tag;
            open.pop();
        } else if (tag.back() != '/') {
            if (open.empty() && at != end + 1) return "two roots";
            open.push(name);
        }
    }
    return open.empty() ? "" : "never closed: " + open.top();
}

Timeline example() {
    Timeline timeline;
    timeline.title = "add \"one\" <node> & more";
    timeline.from = -2;
    timeline.to = 5;
    timeline.panels = {{"ms", {{"p99", {{-2, 0.5}, {0, 40}, {5, 0}}}, {"p50", {}}}, true},
                       {"messages/s", {{"published", {{-2, 1'000}, {5, 3'000}}}}, false}};
    timeline.bands = {{0, 1, "prepare"}, {1, 1.001, "fence"}};
    timeline.marks = {"lost: 2", {0.5, 0.6}};
    return timeline;
}

TEST(TimelineTest, IsAWellFormedDocument) {
    const std::string svg = svg_of(example());

    EXPECT_EQ(fault_in(svg), "");
    EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    EXPECT_THAT(svg, HasSubstr("add &quot;one&quot; &lt;node&gt; &amp; more"));
    EXPECT_THAT(svg, HasSubstr(">prepare<"));
    EXPECT_THAT(svg, HasSubstr(">lost: 2<"));
}

TEST(TimelineTest, TheCheckItselfSeesFaults) {
    EXPECT_NE(fault_in("<a><b></a>"), "");
    EXPECT_NE(fault_in("<a x=\"1>2</a>"), "");
    EXPECT_NE(fault_in("<a>1 & 2</a>"), "");
    EXPECT_EQ(fault_in("<a x=\"1\"><b/>t &amp; u</a>"), "");
}

/// x runs from 70 to 770, the first panel from 60 to 210, the second from 244 to 394; the first is
/// logarithmic from 0.1 to 100, the second runs from 0 to 5000.
TEST(TimelineTest, PointsAreWhereTheirTimeAndValueAre) {
    const std::string svg = svg_of(example());

    EXPECT_THAT(svg, HasSubstr("points=\"70.0,175.1 270.0,79.9 \"")) << "zero has no logarithm";
    EXPECT_THAT(svg, HasSubstr(">5k<"));
    EXPECT_THAT(svg, HasSubstr("points=\"70.0,364.0 770.0,304.0 \""));
}

/// A move of 0.2 s in 10: 14 of 700 pixels, where a name of four letters takes 20.
TEST(TimelineTest, NamesOfShortPhasesStandAboveEachOther) {
    Timeline timeline = example();
    timeline.from = -5;
    timeline.to = 5;
    timeline.bands = {{0, 0.09, "prepare"}, {0.09, 0.1, "fence"}, {0.1, 0.2, "leave"}};

    const std::string svg = svg_of(timeline);

    constexpr const char* with = "\" text-anchor=\"start\" font-size=\"11\">";
    EXPECT_THAT(svg, HasSubstr(std::string("x=\"420.0\" y=\"56.0") + with + "prepare<"));
    EXPECT_THAT(svg, HasSubstr(std::string("x=\"426.3\" y=\"44.0") + with + "fence<"));
    EXPECT_THAT(svg, HasSubstr(std::string("x=\"427.0\" y=\"32.0") + with + "leave<"));
    EXPECT_THAT(svg, HasSubstr("y=\"18.0\"")) << "the title's";
}

TEST(TimelineTest, WithoutAnythingToDrawItIsStillOne) {
    Timeline nothing;
    nothing.panels = {{"empty", {}, true}, {"zeros", {{"line", {{0, 0}}}}, false}};
    nothing.to = nothing.from;
    const std::string svg = svg_of(nothing);

    EXPECT_EQ(fault_in(svg), "");
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

}  // namespace
}  // namespace ringcast::bench
