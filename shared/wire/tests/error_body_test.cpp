#include "tasker/wire/error_body.hpp"

#include <gtest/gtest.h>

namespace tasker::wire {
namespace {

std::string written(error_body const& body) {
    std::string out;
    append(out, body);
    return out;
}

TEST(ErrorBody, IsTheEnvelope) {
    error_body const body{.code = error_code::unprocessable,
                          .message = "no",
                          .details = {{.path = "steps[0].name", .problem = "is required"}}};
    EXPECT_EQ(written(body), R"({"error":{"code":"unprocessable","message":"no",)"
                             R"("details":[{"path":"steps[0].name","problem":"is required"}]}})");
    EXPECT_EQ(read_error_body(written(body)).value(), body);
    EXPECT_EQ(written({}), R"({"error":{"code":"internal","message":"","details":[]}})");
}

TEST(ErrorBody, ReplacesInvalidUtf8) {
    EXPECT_EQ(written({.code = error_code::not_found, .message = "\xff\xc0\xaf", .details = {}}),
              "{\"error\":{\"code\":\"not_found\",\"message\":"
              "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"details\":[]}}");
}

TEST(ErrorBody, CodesHaveNamesAndStatus) {
    struct row {
        error_code code;
        char const* name;
        int status;
    };
    for (auto const& [code, name, status] :
         {row{error_code::invalid_request, "invalid_request", 400},
          row{error_code::forbidden, "forbidden", 403},
          row{error_code::not_found, "not_found", 404},
          row{error_code::method_not_allowed, "method_not_allowed", 405},
          row{error_code::timeout, "timeout", 408}, row{error_code::conflict, "conflict", 409},
          row{error_code::payload_too_large, "payload_too_large", 413},
          row{error_code::uri_too_long, "uri_too_long", 414},
          row{error_code::unsupported_media_type, "unsupported_media_type", 415},
          row{error_code::expectation_failed, "expectation_failed", 417},
          row{error_code::misdirected_request, "misdirected_request", 421},
          row{error_code::unprocessable, "unprocessable", 422},
          row{error_code::too_many_requests, "too_many_requests", 429},
          row{error_code::headers_too_large, "headers_too_large", 431},
          row{error_code::internal, "internal", 500},
          row{error_code::unavailable, "unavailable", 503},
          row{error_code::version_not_supported, "version_not_supported", 505}}) {
        EXPECT_EQ(to_string(code), name);
        EXPECT_EQ(parse_error_code(name), code);
        EXPECT_EQ(http_status(code), status);
    }
    EXPECT_EQ(parse_error_code("oops"), std::nullopt);
}

TEST(ErrorBody, OfANewerServerIsReadAsInternal) {
    EXPECT_EQ(read_error_body(R"({"error":{"code":"teapot","message":"m"}})").value(),
              (error_body{.code = error_code::internal, .message = "m", .details = {}}));
    EXPECT_FALSE(read_error_body("<html>").has_value());
    EXPECT_FALSE(read_error_body(R"({"error":"x"})").has_value());
}

TEST(ErrorBody, DetailsNameTheLine) {
    EXPECT_EQ(to_detail({.path = "a", .problem = "is required", .line = 3}),
              (error_detail{.path = "a", .problem = "line 3: is required"}));
    EXPECT_EQ(to_detail({.path = "a", .problem = "is required", .line = 0}),
              (error_detail{.path = "a", .problem = "is required"}));
}

} // namespace
} // namespace tasker::wire
