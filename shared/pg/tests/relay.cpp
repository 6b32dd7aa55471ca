#include "relay.hpp"

#include "tasker/base/as_tuple.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <libpq-fe.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace asio = boost::asio;

namespace tasker::pg {
namespace {

std::filesystem::path make_folder() {
    std::string path = std::filesystem::temp_directory_path() / "tasker-relay-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) {
        throw std::runtime_error{"cannot make " + path};
    }
    return path;
}

std::string server_socket(std::string const& dsn) {
    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> const options{
        PQconninfoParse(dsn.c_str(), nullptr), &PQconninfoFree};
    std::string host;
    std::string port;
    for (auto const* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr && option->keyword == std::string_view{"host"}) {
            host = option->val;
        } else if (option->val != nullptr && option->keyword == std::string_view{"port"}) {
            port = option->val;
        }
    }
    return host + "/.s.PGSQL." + port;
}

} // namespace

relay::relay(asio::io_context& io, std::string const& server)
    : io_{io},
      server_dsn_{server},
      folder_{make_folder()},
      server_{server_socket(server)},
      acceptor_{io, {folder_ / ".s.PGSQL.1"}} {
    asio::co_spawn(io_, accept(), asio::detached);
}

relay::~relay() {
    cut();
    acceptor_.close();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string relay::dsn() const {
    return server_dsn_ + " host=" + folder_.string() + " port=1";
}

void relay::cut() {
    for (auto const& each : links_) {
        each->client.close();
        each->server.close();
    }
    links_.clear();
}

void relay::freeze() {
    for (auto const& each : links_) {
        each->is_frozen = true;
    }
}

asio::awaitable<void> relay::accept() {
    for (;;) {
        auto [failure, client] = co_await acceptor_.async_accept(as_tuple);
        if (failure) {
            co_return;
        }
        ++accepted_;
        if (refuse_) {
            continue;
        }
        socket server{io_};
        auto const [refused] = co_await server.async_connect(server_, as_tuple);
        if (refused) {
            continue;
        }
        auto const both = std::make_shared<link>(std::move(client), std::move(server));
        links_.push_back(both);
        asio::co_spawn(io_, forward(both, true), asio::detached);
        asio::co_spawn(io_, forward(both, false), asio::detached);
    }
}

asio::awaitable<void> relay::forward(std::shared_ptr<link> both, bool to_server) {
    auto& from = to_server ? both->client : both->server;
    auto& to = to_server ? both->server : both->client;
    std::array<char, 16'384> buffer{};
    for (;;) {
        auto const [end, size] = co_await from.async_read_some(asio::buffer(buffer), as_tuple);
        if (end) {
            break;
        }
        if (both->is_frozen || (to_server ? hold_requests_ : hold_answers_)) {
            held_bytes_ += size;
            continue;
        }
        auto const [failure, written] =
            co_await asio::async_write(to, asio::buffer(buffer.data(), size), as_tuple);
        if (failure) {
            break;
        }
    }
    boost::system::error_code ignored;
    to.shutdown(socket::shutdown_send, ignored);
}

} // namespace tasker::pg
