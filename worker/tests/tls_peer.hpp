#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

namespace tasker::worker {

/// An HTTPS server on 127.0.0.1 with a self-signed certificate. It answers one request with 200 and
/// "secure".
class tls_peer {
public:
    explicit tls_peer(std::filesystem::path certificate);
    tls_peer(tls_peer const&) = delete;
    tls_peer& operator=(tls_peer const&) = delete;

    /// If no request was sent, the peer connects to itself to end the wait.
    ~tls_peer();

    std::string url() const;

private:
    struct server;

    std::filesystem::path certificate_; ///< written for callers that trust it
    std::unique_ptr<server> server_;
    std::thread thread_;
};

} // namespace tasker::worker
