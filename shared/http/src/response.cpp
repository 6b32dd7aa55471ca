#include "tasker/http/response.hpp"

#include <boost/beast/http/status.hpp>

#include <charconv>
#include <cstdint>

namespace tasker::http {

namespace {

void append_number(std::string& out, std::uint64_t number) {
    char digits[20];
    auto const end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

/// Neither a body nor a length is allowed with these.
bool has_no_body(unsigned status) {
    return status < 200 || status == 204 || status == 304;
}

} // namespace

void append_head(std::string& out, response const& response, head_options const& options) {
    out += "HTTP/1.1 ";
    append_number(out, response.status);
    out += ' ';
    auto const reason =
        boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
    out.append(reason.data(), reason.size());
    out += "\r\nDate: ";
    out += options.date;
    out += "\r\n";
    if (!has_no_body(response.status)) {
        if (!response.body.empty()) {
            out += "Content-Type: ";
            out += response.content_type;
            out += "\r\n";
        }
        out += "Content-Length: ";
        append_number(out, response.body.size());
        out += "\r\n";
    }
    for (auto const& [name, value] : response.fields) {
        out += name;
        out += ": ";
        out += value;
        out += "\r\n";
    }
    out += options.extra_fields;
    if (!options.keep_alive) {
        out += "Connection: close\r\n";
    } else if (options.http_1_0) {
        out += "Connection: keep-alive\r\n";
    }
    out += "\r\n";
}

} // namespace tasker::http
