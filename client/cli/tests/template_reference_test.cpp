#include "template_reference.hpp"

#include <gtest/gtest.h>

namespace tasker::cli {

namespace {

using reference = template_reference;

TEST(TemplateReference, AcceptsEveryForm) {
    EXPECT_EQ(reference::parse("order"), (reference{{}, "order", {}}));
    EXPECT_EQ(reference::parse("order@1.2.3"), (reference{{}, "order", "1.2.3"}));
    EXPECT_EQ(reference::parse("shop/order"), (reference{"shop", "order", {}}));
    EXPECT_EQ(reference::parse("shop/order@1.2.3"), (reference{"shop", "order", "1.2.3"}));
    EXPECT_EQ(reference::parse("shop/order/1.2.3"), (reference{"shop", "order", "1.2.3"}));
}

TEST(TemplateReference, RefusesInvalidReferences) {
    for (auto const* text :
         {"", "@1.2.3", "order@", "order@1", "shop/", "/order", "a/b/c", "shop/order/1.2.3/4",
          "shop/order/1.2.3@1.2.3", "Shop/order", "an order"}) {
        EXPECT_EQ(reference::parse(text), std::nullopt) << text;
    }
}

TEST(TemplateReference, VersionsAreComparedNumberByNumber) {
    EXPECT_TRUE(is_lower_version("1.9.9", "1.10.0"));
    EXPECT_TRUE(is_lower_version("1.2.3", "2.0.0"));
    EXPECT_FALSE(is_lower_version("1.2.3", "1.2.3"));
    EXPECT_FALSE(is_lower_version("10.0.0", "9.9.9"));
}

} // namespace

} // namespace tasker::cli
