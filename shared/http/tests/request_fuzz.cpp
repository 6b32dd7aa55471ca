// A request is read in the same way whether it arrives whole or in pieces: otherwise a proxy and
// the server could disagree about where it ends.
#include "request_parser.hpp"
#include "tasker/base/assert.hpp"
#include "tasker/http/percent.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tasker::http {
namespace {

struct limit_bytes {
    std::size_t header;
    std::size_t target;
    std::size_t body;
};

constexpr limit_bytes above_any_text{1UL << 20, 1UL << 20, 1UL << 20};
constexpr limit_bytes small{256, 32, 8};
constexpr std::size_t min_chunked_bytes = 5; // as in session_receiving.cpp

struct reading {
    bool complete = false;
    request asked;
    std::size_t used = 0; // bytes of the text
};

/// As session::receive, of text that arrives in pieces.
reading read(std::string_view text, std::size_t piece, limit_bytes limit = above_any_text) {
    reading to;
    request_parser parser{to.asked, limit.header, limit.target};
    std::string input;
    bool idle = true;
    while (!parser.is_done()) {
        bool const in_header = !parser.is_header_done();
        while (idle && input.starts_with("\r\n")) {
            input.erase(0, 2);
            to.used += 2;
        }
        std::size_t const needed =
            in_header ? 1 + std::size_t{idle} : (parser.chunked() ? min_chunked_bytes : 1);
        if (input.size() >= needed) {
            idle = false;
            boost::system::error_code failure;
            auto used = parser.put(boost::asio::buffer(input), failure);
            if (failure == boost::beast::http::error::bad_version && lower_version(input)) {
                used = parser.put(boost::asio::buffer(input), failure);
            }
            if (failure && failure != boost::beast::http::error::need_more) {
                version_of(input);
                return to;
            }
            input.erase(0, used);
            to.used += used;
            if (in_header && parser.is_header_done()) {
                parser.body_limit_bytes(limit.body);
                parser.eager(true);
                continue;
            }
        }
        if (!parser.is_done()) {
            if (text.empty()) {
                return to;
            }
            input += text.substr(0, piece);
            text.remove_prefix(std::min(piece, text.size()));
        }
    }
    to.complete = true;
    return to;
}

bool same(request const& a, request const& b) {
    return a.method == b.method && a.target == b.target && a.host == b.host &&
           a.content_type == b.content_type && a.origin == b.origin && a.body == b.body &&
           a.is_http_1_0 == b.is_http_1_0 && a.expects_continue == b.expects_continue;
}

void check(std::string_view text) {
    auto const whole = read(text, std::max<std::size_t>(text.size(), 1));
    for (std::size_t const piece : {1UL, 7UL}) {
        auto const pieces = read(text, piece);
        TASKER_ASSERT(pieces.complete == whole.complete);
        if (whole.complete) {
            TASKER_ASSERT(pieces.used == whole.used && same(pieces.asked, whole.asked));
        }
    }
    auto const limited = read(text, 7, small);
    if (limited.complete) {
        TASKER_ASSERT(whole.complete && limited.used == whole.used &&
                      same(limited.asked, whole.asked));
        TASKER_ASSERT(limited.asked.target.size() <= small.target &&
                      limited.asked.body.size() <= small.body);
    }
    decode(text);
    parse_query(text);
    if (whole.complete) {
        decode(whole.asked.path());
        parse_query(whole.asked.encoded_query());
    }
}

} // namespace
} // namespace tasker::http

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    tasker::http::check({reinterpret_cast<char const*>(data), size});
    return 0;
}
