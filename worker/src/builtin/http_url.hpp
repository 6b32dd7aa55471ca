#pragma once

#include "tasker/base/error.hpp"

#include <curl/urlapi.h>

#include <memory>
#include <string>

namespace tasker::worker {

struct free_curl_url {
    void operator()(CURLU* url) const {
        curl_url_cleanup(url);
    }
};

/// A parsed URL. The checks and the request use the same parse.
struct http_url {
    std::string host;  ///< in lower case, without a final dot; IPv6 without brackets
    std::string shown; ///< for messages: without the query, which may be secret
    std::unique_ptr<CURLU, free_curl_url> parsed;
};

/// "http[s]://host[:port][/path][?query][#fragment]".
/// Errors: errc::invalid_argument, with a sentence without its subject; also for names and
/// passwords in the URL, which messages would show.
result<http_url> parse_http_url(std::string const& url);

} // namespace tasker::worker
