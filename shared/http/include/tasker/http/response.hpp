#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::http {

/// The response to one request.
struct response {
    unsigned status = 200;
    std::string_view content_type = "application/json"; ///< a literal; unused without a body
    std::string body;
    std::vector<std::pair<std::string_view, std::string>>
        fields{};       ///< in addition to the usual ones
    bool close = false; ///< the connection cannot or must not serve another request
};

/// The parts of a response's head that do not come from the response.
struct head_options {
    std::string_view date;         ///< of RFC 9110, "Sun, 06 Nov 1994 08:49:37 GMT"
    std::string_view extra_fields; ///< complete lines, each ending with CRLF
    bool keep_alive = true;
    bool http_1_0 = false; ///< such a client needs the field Connection: keep-alive
};

/// Appends status line and fields, up to and including the empty line.
void append_head(std::string& out, response const& response, head_options const& options);

} // namespace tasker::http
