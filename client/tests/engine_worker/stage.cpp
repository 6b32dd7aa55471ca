#include "stage.hpp"

#include "journal.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>

namespace tasker::engine {

namespace {

class connection {
public:
    connection() : handle_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        char const* const path = std::getenv("TASKER_TEST_STAGE");
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        if (path == nullptr || std::strlen(path) >= sizeof name.sun_path) {
            ::close(handle_);
            throw std::invalid_argument{"TASKER_TEST_STAGE must be a short path"};
        }
        std::strcpy(name.sun_path, path);
        if (::connect(handle_, reinterpret_cast<sockaddr const*>(&name), sizeof name) != 0) {
            int const failure = errno;
            ::close(handle_);
            throw std::system_error{failure, std::generic_category(), "connect to the stage"};
        }
    }
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;
    ~connection() {
        ::close(handle_);
    }

    void write(std::string const& line) const {
        if (::send(handle_, line.data(), line.size(), MSG_NOSIGNAL) !=
            static_cast<ssize_t>(line.size())) {
            throw std::runtime_error{"the stage does not listen"};
        }
    }

    /// The text before the end of the line or of the connection.
    std::string read_line() const {
        std::string out;
        char next = 0;
        while (::recv(handle_, &next, 1, 0) == 1 && next != '\n') {
            out += next;
        }
        return out;
    }

    void shut_down() const noexcept {
        ::shutdown(handle_, SHUT_RDWR);
    }

private:
    int handle_;
};

worker::step_result play(worker::step_context const& step) {
    journal_entry const entry{step};
    connection const stage;
    stage.write(step.task().to_string() + ' ' + std::string{step.name()} + ' ' +
                std::to_string(step.delivery()) + '\n');
    std::stop_callback const on_cancel{step.stop_token(), [&stage] { stage.shut_down(); }};
    auto const text = stage.read_line();
    if (text.empty()) {
        return worker::retryable_error("nothing was said", "stage_closed");
    }
    auto const answer = nlohmann::json::parse(text);
    if (auto const message = answer.find("retry"); message != answer.end()) {
        return worker::retryable_error(*message, "told_to_retry");
    }
    if (auto const message = answer.find("fail"); message != answer.end()) {
        return worker::permanent_error(*message, "told_to_fail");
    }
    if (auto const message = answer.find("throw"); message != answer.end()) {
        throw std::runtime_error{message->get<std::string>()};
    }
    return answer.at("result");
}

} // namespace

void add_stage(worker::worker& to) {
    to.handle("stage.play", play);
}

} // namespace tasker::engine
