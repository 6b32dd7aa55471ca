#include "free_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tasker::cli {

namespace {

bool is_free(std::uint16_t port) {
    int const probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) {
        return false;
    }
    // As in the services: closed connections do not block the port.
    int const yes = 1;
    ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool const is_bound =
        ::bind(probe, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0 &&
        ::listen(probe, 1) == 0;
    ::close(probe);
    return is_bound;
}

} // namespace

result<std::uint16_t> choose_port(std::optional<std::uint16_t> wanted, std::uint16_t usual,
                                  std::string const& option) {
    constexpr std::uint16_t tries = 20;
    if (wanted) {
        if (*wanted != 0 && !is_free(*wanted)) {
            return make_error(errc::conflict, "port " + std::to_string(*wanted) +
                                                  " is taken; choose another with " + option +
                                                  ", or omit it");
        }
        return *wanted;
    }
    for (std::uint16_t port = usual; port < usual + tries; ++port) {
        if (is_free(port)) {
            return port;
        }
    }
    return std::uint16_t{0};
}

} // namespace tasker::cli
