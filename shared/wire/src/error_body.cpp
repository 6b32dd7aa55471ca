#include "tasker/wire/error_body.hpp"

#include "object_reader.hpp"

#include "tasker/json/writer.hpp"

#include <algorithm>
#include <array>

namespace tasker::wire {

namespace {

struct code_row {
    error_code code;
    std::string_view name;
    int status;
};

constexpr std::array codes{
    code_row{error_code::invalid_request, "invalid_request", 400},
    code_row{error_code::forbidden, "forbidden", 403},
    code_row{error_code::not_found, "not_found", 404},
    code_row{error_code::method_not_allowed, "method_not_allowed", 405},
    code_row{error_code::timeout, "timeout", 408},
    code_row{error_code::conflict, "conflict", 409},
    code_row{error_code::payload_too_large, "payload_too_large", 413},
    code_row{error_code::uri_too_long, "uri_too_long", 414},
    code_row{error_code::unsupported_media_type, "unsupported_media_type", 415},
    code_row{error_code::expectation_failed, "expectation_failed", 417},
    code_row{error_code::misdirected_request, "misdirected_request", 421},
    code_row{error_code::unprocessable, "unprocessable", 422},
    code_row{error_code::too_many_requests, "too_many_requests", 429},
    code_row{error_code::headers_too_large, "headers_too_large", 431},
    code_row{error_code::internal, "internal", 500},
    code_row{error_code::unavailable, "unavailable", 503},
    code_row{error_code::version_not_supported, "version_not_supported", 505},
};

constexpr bool in_enum_order() {
    for (std::size_t i = 0; i < codes.size(); ++i) {
        if (static_cast<std::size_t>(codes[i].code) != i) {
            return false;
        }
    }
    return true;
}
static_assert(in_enum_order());

using enum presence;

constexpr std::array detail_rules{
    field_rule<error_detail>{"path", required,
                             [](field_value const& v, error_detail& out) { out.path = v.text(); }},
    field_rule<error_detail>{
        "problem", required,
        [](field_value const& v, error_detail& out) { out.problem = v.text(); }},
};

constexpr std::array error_rules{
    field_rule<error_body>{"code", required,
                           [](field_value const& v, error_body& out) {
                               out.code = parse_error_code(v.text()).value_or(error_code::internal);
                           }},
    field_rule<error_body>{"message", required,
                           [](field_value const& v, error_body& out) { out.message = v.text(); }},
    field_rule<error_body>{"details", optional,
                           [](field_value const& v, error_body& out) {
                               out.details = read_objects<error_detail>(v, detail_rules);
                           }},
};

struct envelope {
    error_body error;
};

constexpr std::array envelope_rules{
    field_rule<envelope>{"error", required,
                         [](field_value const& v, envelope& out) {
                             out.error = read_object<error_body>(v.walker(), v.path(), error_rules);
                         }},
};

void append_detail(std::string& out, error_detail const& detail) {
    json::object_writer writer{out};
    writer.text("path", json::to_utf8(detail.path));
    writer.text("problem", json::to_utf8(detail.problem));
}

} // namespace

std::string_view to_string(error_code code) noexcept {
    return codes[static_cast<std::size_t>(code)].name;
}

std::optional<error_code> parse_error_code(std::string_view name) noexcept {
    auto const found = std::ranges::find(codes, name, &code_row::name);
    return found == codes.end() ? std::nullopt : std::optional{found->code};
}

int http_status(error_code code) noexcept {
    return codes[static_cast<std::size_t>(code)].status;
}

error_detail to_detail(documents::located_problem const& problem) {
    std::string const line =
        problem.line > 0 ? "line " + std::to_string(problem.line) + ": " : std::string{};
    return {.path = problem.path, .problem = line + problem.problem};
}

void append(std::string& out, error_body const& body) {
    json::object_writer top{out};
    json::object_writer error{top.key("error")};
    error.text("code", to_string(body.code));
    error.text("message", json::to_utf8(body.message));
    json::append_array(error.key("details"), body.details, append_detail);
}

result<error_body> read_error_body(std::string_view json) {
    auto read = read_view<envelope>(json, envelope_rules);
    if (!read) {
        return read.error();
    }
    return std::move(read->error);
}

} // namespace tasker::wire
