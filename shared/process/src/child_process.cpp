#include "tasker/process/child_process.hpp"

#include "output_reader.hpp"
#include "spawn.hpp"

#include "tasker/process/descriptor.hpp"

#include "tasker/base/assert.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cstring>

namespace tasker::process {

std::string to_string(exit_status status) {
    if (status.code == exit_status::unknown) {
        return "an unknown exit code";
    }
    if (status.signal == 0) {
        return "exit code " + std::to_string(status.code);
    }
    char const* const name = ::sigdescr_np(status.signal);
    return "signal " + std::to_string(status.signal) + " (" + (name != nullptr ? name : "unknown") +
           ")";
}

namespace {

/// Opens /dev/null as each of 0, 1 and 2 that is closed. Otherwise a pipe or a file of a child
/// could get one of these numbers, which the child replaces with its standard streams.
result<void> open_missing_streams() {
    for (int const number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(number, F_GETFD) >= 0) {
            continue;
        }
        int const opened = ::open("/dev/null", O_RDWR); // gets the lowest number that is free
        if (opened < 0) {
            return system_failure("could not open /dev/null");
        }
        if (opened > STDERR_FILENO) {
            ::close(opened); // another thread was faster
        }
    }
    return {};
}

/// A descriptor to read `text` from. A slow reader never blocks this process.
result<descriptor> open_input(std::string const& text) {
    if (text.empty()) {
        descriptor nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        if (!nothing.is_open()) {
            return system_failure("could not open /dev/null");
        }
        return nothing;
    }
    descriptor memory{::memfd_create("standard-input", MFD_CLOEXEC)};
    if (!memory.is_open()) {
        return system_failure("could not create the standard input");
    }
    for (std::size_t done = 0; done < text.size();) {
        ssize_t const written = ::write(memory.number(), text.data() + done, text.size() - done);
        if (written < 0) {
            return system_failure("could not write the standard input");
        }
        done += static_cast<std::size_t>(written);
    }
    ::lseek(memory.number(), 0, SEEK_SET);
    return memory;
}

result<descriptor> open_output(output const& where, int own, output_reader& reader) {
    if (std::holds_alternative<inherited>(where)) {
        descriptor copy{::fcntl(own, F_DUPFD_CLOEXEC, 3)};
        if (!copy.is_open()) {
            return system_failure("could not copy descriptor " + std::to_string(own));
        }
        return copy;
    }
    if (auto const* const deliver = std::get_if<output_reader::callback>(&where)) {
        return reader.add(*deliver);
    }
    auto const* const file = std::get_if<std::filesystem::path>(&where);
    char const* const name = file != nullptr ? file->c_str() : "/dev/null";
    descriptor opened{::open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
    if (!opened.is_open()) {
        return system_failure("could not open " + std::string{name});
    }
    return opened;
}

} // namespace

struct child_process::state {
    pid_t pid = 0;
    descriptor handle;
    std::optional<exit_status> ended;
    bool is_released = false;
    output_reader reader;

    state() = default;
    state(state const&) = delete;
    state& operator=(state const&) = delete;
    ~state() {
        if (pid != 0 && !ended && !is_released) {
            send_signal(handle, SIGKILL);
            reap();
        }
    }

    /// REQUIRES: it has ended, or is about to.
    void reap() {
        siginfo_t info{};
        int failure = 0;
        do {
            failure = ::waitid(P_PIDFD, static_cast<id_t>(handle.number()), &info, WEXITED);
        } while (failure != 0 && errno == EINTR);
        if (failure != 0) {
            ended = exit_status{exit_status::unknown, 0};
        } else {
            ended = info.si_code == CLD_EXITED ? exit_status{info.si_status, 0}
                                               : exit_status{0, info.si_status};
        }
        reader.finish(steady_clock::now());
    }
};

child_process::child_process(std::unique_ptr<state> started) noexcept
    : state_{std::move(started)} {}
child_process::child_process(child_process&&) noexcept = default;
child_process& child_process::operator=(child_process&&) noexcept = default;
child_process::~child_process() = default;

result<child_process> child_process::start(child_options const& options) {
    if (auto const opened = open_missing_streams(); !opened) {
        return opened.error();
    }
    auto made = std::make_unique<state>();
    result<descriptor> in = open_input(options.input);
    if (!in) {
        return in.error();
    }
    result<descriptor> out = open_output(options.out, STDOUT_FILENO, made->reader);
    if (!out) {
        return out.error();
    }
    result<descriptor> err = open_output(options.err, STDERR_FILENO, made->reader);
    if (!err) {
        return err.error();
    }
    result<spawned> child = spawn(options, {in->number(), out->number(), err->number()});
    if (!child) {
        return child.error();
    }
    made->pid = child->pid;
    made->handle = std::move(child->handle);
    if (made->reader.is_needed()) {
        made->reader.start();
    }
    return child_process{std::move(made)};
}

pid_t child_process::pid() const noexcept {
    return state_->pid;
}

int child_process::native_handle() const noexcept {
    return state_->handle.number();
}

void child_process::send(int signal) noexcept {
    send_signal(state_->handle, signal);
}

void child_process::send_to_group(int signal) noexcept {
    TASKER_ASSERT(!state_->ended);
    ::kill(-pid(), signal);
}

void child_process::read_rest(deadline until) {
    state_->reader.finish(until);
}

std::optional<exit_status> child_process::poll() {
    if (!state_->ended && wait_readable({native_handle()}, steady_clock::now())) {
        state_->reap();
    }
    return state_->ended;
}

result<exit_status> child_process::wait(deadline until) {
    if (!state_->ended) {
        if (!wait_readable({native_handle()}, until)) {
            return make_error(errc::timeout,
                              "process " + std::to_string(pid()) + " still runs at the deadline");
        }
        state_->reap();
    }
    return *state_->ended;
}

exit_status child_process::stop(deadline until, int signal) {
    send(signal);
    if (!wait(until)) {
        send(SIGKILL);
        state_->reap();
    }
    return *state_->ended;
}

void child_process::release() noexcept {
    TASKER_ASSERT(!state_->reader.is_needed());
    state_->is_released = true;
}

result<completed> run_program(child_options options, deadline until) {
    completed done{};
    options.out = [&done](std::string_view text) { done.out += text; };
    options.err = [&done](std::string_view text) { done.err += text; };
    result<child_process> child = child_process::start(options);
    if (!child) {
        return child.error();
    }
    result<exit_status> status = child->wait(until);
    if (!status) {
        return status.error();
    }
    done.status = *status;
    return done;
}

} // namespace tasker::process
