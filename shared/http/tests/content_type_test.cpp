#include "tasker/http/content_type.hpp"

#include <gtest/gtest.h>

namespace tasker::http {
namespace {

TEST(ContentType, DistinguishesJsonYamlAndOtherTypes) {
    for (auto const* type :
         {"", "application/json", "Application/JSON", "application/json ; a=b",
          "application/json; charset=utf-8", "application/json;charset=\"UTF-8\""}) {
        EXPECT_EQ(media_of(type), media::json) << type;
    }
    for (auto const* type :
         {"application/yaml", "text/yaml", "application/x-yaml", "text/x-yaml; charset=UTF-8"}) {
        EXPECT_EQ(media_of(type), media::yaml) << type;
    }
    for (auto const* type :
         {"text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application",
          "application/json; charset=latin1", "application/json, text/yaml"}) {
        EXPECT_EQ(media_of(type), media::other) << type;
    }
}

} // namespace
} // namespace tasker::http
