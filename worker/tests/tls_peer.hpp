#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

namespace tasker::worker {

/// An HTTPS server on 127.0.0.1, by a certificate of its own making, for one request that it
/// answers with 200 and "secure".
class tls_peer {
public:
    explicit tls_peer(std::filesystem::path certificate);
    tls_peer(tls_peer const&) = delete;
    tls_peer& operator=(tls_peer const&) = delete;

    /// If no request was sent, a connection of its own ends the wait for one.
    ~tls_peer();

    std::string url() const;

private:
    struct server;

    std::filesystem::path certificate_; ///< written for callers that trust it
    std::unique_ptr<server> server_;
    std::thread thread_;
};

} // namespace tasker::worker
