#pragma once

#include "http_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>

namespace tasker::orchestration {

/// The state of a request that waits.
struct waiting_room {
    std::promise<void> entered;
    std::promise<bool> left; ///< true: the client went away
};

/// A server with small limits and routes that return their request: /echo, /large (with a body
/// of up to 1 MB), /fail (throws), /wait (until the client is gone).
class HttpServer : public ::testing::Test {
protected:
    static http::server_options small();
    std::unique_ptr<running_server> start(http::server_options options = small());

    waiting_room room_;
};

} // namespace tasker::orchestration
