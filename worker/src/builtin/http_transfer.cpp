#include "builtin/http_transfer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <new>
#include <string_view>
#include <sys/socket.h>

namespace tasker::worker {

namespace {

constexpr std::size_t max_header_bytes = 64U << 10U;
constexpr int poll_ms = 60'000; ///< a stop wakes the poll, as do curl's time limits

template <auto Free>
struct freed_by {
    template <class Handle>
    void operator()(Handle* handle) const {
        Free(handle);
    }
};

using easy_handle = std::unique_ptr<CURL, freed_by<curl_easy_cleanup>>;
using multi_handle = std::unique_ptr<CURLM, freed_by<curl_multi_cleanup>>;
using header_list = std::unique_ptr<curl_slist, freed_by<curl_slist_free_all>>;

/// The data that curl's callbacks write.
struct received {
    http_response response;
    std::size_t max_body_bytes = 0;
    std::size_t header_bytes = 0;
    bool is_body_too_large = false;
    bool may_reach_local = false;
    bool has_opened = false;
    address_kind refused = address_kind::global;
};

std::optional<boost::asio::ip::address> to_address(curl_sockaddr const& from) {
    namespace ip = boost::asio::ip;
    if (from.family == AF_INET) {
        sockaddr_in name{};
        std::memcpy(&name, &from.addr, sizeof name);
        return ip::address_v4{ntohl(name.sin_addr.s_addr)};
    }
    if (from.family == AF_INET6) {
        sockaddr_in6 name{};
        std::memcpy(&name, &from.addr, sizeof name);
        ip::address_v6::bytes_type bytes{};
        std::memcpy(bytes.data(), &name.sin6_addr, bytes.size());
        return ip::address_v6{bytes};
    }
    return std::nullopt;
}

/// curl connects to exactly this address, so the name cannot resolve to another one in between.
curl_socket_t open_socket(void* of, curlsocktype /*purpose*/, curl_sockaddr* to) noexcept {
    auto& call = *static_cast<received*>(of);
    auto const address = to_address(*to);
    auto const kind = address ? kind_of(*address) : address_kind::forbidden;
    if (kind == address_kind::forbidden || (kind == address_kind::local && !call.may_reach_local)) {
        call.refused = std::max(call.refused, kind);
        return CURL_SOCKET_BAD;
    }
    call.has_opened = true;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/// A count other than size * count makes curl end the transfer.
std::size_t take_header(char const* data, std::size_t size, std::size_t count,
                        void* into) noexcept {
    auto& to = *static_cast<received*>(into);
    std::string_view const line{data, size * count};
    // Also called for the headers of an interim response, such as 103.
    if (line.starts_with("HTTP/")) {
        auto const status = line.find(' ');
        auto const reason = line.find(' ', std::min(status, line.size() - 1) + 1);
        to.response.reason =
            reason == std::string_view::npos ? "" : std::string{line.substr(reason + 1)};
        to.response.reason.erase(to.response.reason.find_last_not_of("\r\n ") + 1);
    }
    to.header_bytes += line.size();
    return to.header_bytes > max_header_bytes ? 0 : line.size();
}

std::size_t take_body(char const* data, std::size_t size, std::size_t count, void* into) noexcept {
    auto& to = *static_cast<received*>(into);
    std::string_view const part{data, size * count};
    if (part.size() > to.max_body_bytes - to.response.body.size()) {
        to.is_body_too_large = true;
        return 0;
    }
    to.response.body += part;
    return part.size();
}

/// A prepared easy handle.
class prepared_call {
public:
    prepared_call(http_call const& call, received& into) : easy_{curl_easy_init()} {
        if (!easy_) {
            throw std::bad_alloc{};
        }
        into.max_body_bytes = call.max_response_bytes;
        into.may_reach_local = call.may_reach_local;
        set_limits(call);
        set_request(call);
        set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
        set(CURLOPT_OPENSOCKETDATA, &into);
        set(CURLOPT_HEADERFUNCTION, take_header);
        set(CURLOPT_HEADERDATA, &into);
        set(CURLOPT_WRITEFUNCTION, take_body);
        set(CURLOPT_WRITEDATA, &into);
    }

    CURL* get() const {
        return easy_.get();
    }

private:
    template <class Value>
    void set(CURLoption option, Value value) {
        if (curl_easy_setopt(easy_.get(), option, value) != CURLE_OK) {
            throw std::bad_alloc{};
        }
    }

    void set_limits(http_call const& call) {
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(call.timeout.count()));
        // A silent name server may block a thread of curl, but not this one.
        set(CURLOPT_QUICK_EXIT, 1L);
        set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
        set(CURLOPT_FORBID_REUSE, 1L);
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        // Ignore proxies from the environment.
        set(CURLOPT_PROXY, "");
        set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        if (auto const* const file = std::getenv("SSL_CERT_FILE")) {
            set(CURLOPT_CAINFO, file);
        }
    }

    void set_request(http_call const& call) {
        set(CURLOPT_CURLU, call.url.parsed.get());
        set(CURLOPT_PATH_AS_IS, 1L);
        if (call.body) {
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body->size()));
            set(CURLOPT_POSTFIELDS, call.body->data());
        }
        if (call.method == "HEAD") {
            set(CURLOPT_NOBODY, 1L);
        } else {
            set(CURLOPT_CUSTOMREQUEST, call.method.c_str());
        }
        // Every encoding that curl can decode; the limit applies to the decoded body.
        set(CURLOPT_ACCEPT_ENCODING, "");
        // A name without a value: curl does not send this header unless the call has one.
        add_header("Expect:");
        add_header("Content-Type:");
        for (auto const& [name, value] : call.headers) {
            auto line = name;
            line += value.empty() ? ";" : ": ";
            line += value;
            add_header(line);
        }
        add_header("Connection: close");
        set(CURLOPT_HTTPHEADER, headers_.get());
    }

    void add_header(std::string const& line) {
        auto* const longer = curl_slist_append(headers_.get(), line.c_str());
        if (longer == nullptr) {
            throw std::bad_alloc{};
        }
        static_cast<void>(headers_.release());
        headers_.reset(longer);
    }

    header_list headers_;
    easy_handle easy_;
};

void copy_headers(CURL* easy, http_response& to) {
    curl_header* at = nullptr;
    while ((at = curl_easy_nextheader(easy, CURLH_HEADER, -1, at)) != nullptr) {
        std::string name{at->name};
        std::ranges::transform(name, name.begin(), [](unsigned char each) {
            return static_cast<char>(std::tolower(each));
        });
        to.headers.emplace_back(std::move(name), at->value);
    }
}

/// The handles that a thread keeps, so that each reads the system's certificates only once.
CURLM* multi_of_thread() {
    static bool const is_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    thread_local multi_handle const multi{is_ready ? curl_multi_init() : nullptr};
    if (!multi) {
        throw std::bad_alloc{};
    }
    return multi.get();
}

/// Null if a stop was requested first.
std::optional<CURLcode> run(CURLM* multi, CURL* easy, std::stop_token const& stop) {
    std::stop_callback const wake{stop, [multi] { curl_multi_wakeup(multi); }};
    while (!stop.stop_requested()) {
        int running = 0;
        int left = 0;
        curl_multi_perform(multi, &running);
        while (auto const* const message = curl_multi_info_read(multi, &left)) {
            if (message->msg == CURLMSG_DONE && message->easy_handle == easy) {
                return message->data.result;
            }
        }
        curl_multi_poll(multi, nullptr, 0, poll_ms, nullptr);
    }
    return std::nullopt;
}

} // namespace

std::string http_response::header(std::string_view name) const {
    auto const found = std::find_if(headers.rbegin(), headers.rend(),
                                    [&](auto const& each) { return each.first == name; });
    return found == headers.rend() ? std::string{} : found->second;
}

http_outcome transfer(http_call const& call, std::stop_token const& stop) {
    auto* const multi = multi_of_thread();
    received got;
    prepared_call const prepared{call, got};
    auto* const easy = prepared.get();
    curl_multi_add_handle(multi, easy);
    auto const ended = run(multi, easy, stop);
    http_outcome out;
    if (!ended) {
        out.end = http_end::cancelled;
    } else if (*ended == CURLE_OK) {
        out.end = http_end::answered;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &got.response.status);
        copy_headers(easy, got.response);
        out.response = std::move(got.response);
    } else if (got.is_body_too_large) {
        out.end = http_end::body_too_large;
    } else if (got.refused != address_kind::global && !got.has_opened) {
        out.end = http_end::address_refused;
        out.refused = got.refused;
    } else if (*ended == CURLE_OPERATION_TIMEDOUT) {
        out.end = http_end::timed_out;
    } else {
        out.problem = got.header_bytes > max_header_bytes ? "the header of the response is too long"
                                                          : curl_easy_strerror(*ended);
    }
    curl_multi_remove_handle(multi, easy);
    return out;
}

} // namespace tasker::worker
