#include "builtin/http_url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <new>

namespace tasker::worker {

namespace {

error refused(std::string problem) {
    return make_error(errc::invalid_argument, std::move(problem));
}

/// Empty if the URL has no such part.
std::string part(CURLU* url, CURLUPart part) {
    char* text = nullptr;
    auto const problem = curl_url_get(url, part, &text, 0);
    if (problem == CURLUE_OUT_OF_MEMORY) {
        throw std::bad_alloc{};
    }
    if (problem != CURLUE_OK) {
        return {};
    }
    std::string copy{text};
    curl_free(text);
    return copy;
}

std::string to_lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char each) {
        return static_cast<char>(std::tolower(each));
    });
    return text;
}

std::string host_of(CURLU* url) {
    auto host = to_lower(part(url, CURLUPART_HOST));
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    if (host.ends_with('.')) {
        host.pop_back();
    }
    return host;
}

} // namespace

result<http_url> parse_http_url(std::string const& url) {
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
        return refused("must begin with http:// or https://");
    }
    if (std::ranges::any_of(url, [](char each) {
            return (static_cast<unsigned char>(each) <= ' ') || each == '\x7f';
        })) {
        return refused("must not contain blanks or control characters");
    }
    // curl would use the first part of the path as the host.
    if (url.find_first_of("/?#", url.find("://") + 3) == url.find("://") + 3) {
        return refused("must name a host");
    }
    http_url out;
    out.parsed.reset(curl_url());
    auto const problem = curl_url_set(out.parsed.get(), CURLUPART_URL, url.c_str(),
                                      CURLU_DISALLOW_USER | CURLU_PATH_AS_IS);
    if (problem == CURLUE_OUT_OF_MEMORY) {
        throw std::bad_alloc{}; // another attempt may succeed, unlike with an invalid URL
    }
    if (problem == CURLUE_USER_NOT_ALLOWED) {
        return refused("must not contain a name or a password; use a header");
    }
    if (problem == CURLUE_BAD_PORT_NUMBER) {
        return refused("must have a port from 1 to 65535");
    }
    out.host = problem == CURLUE_OK ? host_of(out.parsed.get()) : "";
    if (problem == CURLUE_NO_HOST || problem == CURLUE_BAD_HOSTNAME ||
        (problem == CURLUE_OK && out.host.empty())) {
        return refused("must name a host");
    }
    if (problem != CURLUE_OK) {
        return refused(std::string{"is not a URL: "} + curl_url_strerror(problem));
    }
    if (part(out.parsed.get(), CURLUPART_PORT) == "0") {
        return refused("must have a port from 1 to 65535");
    }
    out.shown = url.substr(0, url.find_first_of("?#"));
    return out;
}

} // namespace tasker::worker
