#pragma once

#include "running_server.hpp"
#include "tasker/testing/http_client.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>

namespace tasker::http {

using tasker::testing::http_client;
using tasker::testing::request_text;

/// The state of a request that waits.
struct waiting_room {
    std::promise<void> entered;
    std::promise<bool> left; ///< true: the client went away
};

/// A server with small limits and routes that return their request: /echo, /large (with a body
/// of up to 1 MB), /list, /json and /template (with declared queries and bodies), /fail (throws),
/// /wait (until the client is gone).
class HttpServer : public ::testing::Test {
protected:
    static server_options small();
    std::unique_ptr<running_server> start(server_options options = small());

    waiting_room room_;
};

} // namespace tasker::http
