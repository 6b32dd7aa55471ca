#include "tasker/json/pointer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tasker::json {
namespace {

constexpr std::string_view order =
    R"({"id":123456789012345678901234567890,"price":1.10,"items":[{"n":1e2}, "two" ],)"
    R"("":0,"a/b":1,"m~n":2,"\u0061\"":3,"same":1,"same":{"z":1,"b":2}})";

std::string found(std::string_view pointer) {
    return std::string{find(order, pointer).value_or("nothing")};
}

TEST(JsonPointer, FindsTheUnchangedTextOfAValue) {
    EXPECT_EQ(found(""), order);
    EXPECT_EQ(found("/id"), "123456789012345678901234567890");
    EXPECT_EQ(found("/price"), "1.10");
    EXPECT_EQ(found("/items/0/n"), "1e2");
    EXPECT_EQ(found("/items/1"), "\"two\"");
    EXPECT_EQ(found("/items"), R"([{"n":1e2}, "two" ])");
}

TEST(JsonPointer, ReadsEscapesInPointersAndNames) {
    EXPECT_EQ(found("/"), "0");
    EXPECT_EQ(found("/a~1b"), "1");
    EXPECT_EQ(found("/m~0n"), "2");
    EXPECT_EQ(found("/a\""), "3");
}

TEST(JsonPointer, FindsTheLastOfMembersWithTheSameName) {
    EXPECT_EQ(found("/same"), R"({"z":1,"b":2})");
    EXPECT_EQ(found("/same/b"), "2");
}

TEST(JsonPointer, FindsNothingIfThereIsNoSuchValue) {
    for (auto const* pointer : {"/none", "/items/2", "/items/-", "/items/01", "/items/x", "/id/0",
                                "/items/0/n/0", "/items/"}) {
        EXPECT_EQ(found(pointer), "nothing") << pointer;
    }
}

TEST(JsonPointer, MustBeEmptyOrBeginWithASlash) {
    for (auto const* good : {"", "/", "/a", "/a/b~0c~1", "//"}) {
        EXPECT_TRUE(is_pointer(good)) << good;
    }
    for (auto const* bad : {"a", "a/b", "/~", "/a~2", "/~/a"}) {
        EXPECT_FALSE(is_pointer(bad)) << bad;
    }
}

TEST(JsonPointer, ConvertsAStringToItsContent) {
    EXPECT_EQ(to_plain_text(R"("caf\u00e9 \ud83d\ude80")"), "caf\u00e9 \U0001F680");
    EXPECT_EQ(to_plain_text("1.10"), "1.10");
    EXPECT_EQ(to_plain_text(R"( {"a": 1} )"), R"({"a": 1})");
}

} // namespace
} // namespace tasker::json
