#include "tasker/pg/pool.hpp"

#include "tasker/base/as_tuple.hpp"
#include "tasker/base/assert.hpp"
#include "tasker/base/backoff.hpp"
#include "tasker/log/log.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <list>
#include <optional>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace tasker::pg {
namespace {

// An idle connection is checked before it is lent if it was idle for longer than this.
constexpr std::chrono::seconds trusted_for{1};
// How long a connection that may be dead may take to answer before it is lent.
constexpr std::chrono::seconds answer_limit{2};
constexpr statement are_you_there{"tasker_are_you_there", "select 1"};

void log_could_not_connect(error const& failure, std::chrono::milliseconds next_attempt) {
    log::warn("database_unreachable",
              {{"error", failure}, {"next_attempt_ms", next_attempt.count()}});
}

} // namespace

struct pool::state : std::enable_shared_from_this<pool::state> {
    state(asio::any_io_executor io, pool_settings chosen)
        : executor{std::move(io)},
          settings{std::move(chosen)},
          pause{settings.first_backoff, settings.max_backoff} {}

    /// A caller in the queue, from its arrival to its departure.
    struct place {
        explicit place(state& where) : self{where}, wake{where.executor} {
            self.queue.push_back(this);
        }

        place(place const&) = delete;
        place& operator=(place const&) = delete;

        ~place() {
            self.queue.remove(this);
            if (given) {
                self.give_back(std::move(given));
            }
        }

        state& self;
        asio::steady_timer wake;
        std::unique_ptr<connection> given;
        bool busy = false; ///< connects, or waits for an answer: it could not use a connection now
    };

    struct resting {
        std::unique_ptr<connection> owned;
        deadline since;
    };

    static asio::awaitable<result<pooled_connection>> acquire(std::shared_ptr<state> self,
                                                              deadline until);
    static asio::awaitable<result<std::unique_ptr<connection>>>
    open_one(std::shared_ptr<state> self, deadline until);
    std::optional<resting> take_idle();
    static asio::awaitable<result<std::unique_ptr<connection>>>
    take_answering(std::shared_ptr<state> self, deadline until);
    bool is_suspect(resting const& one) const;
    void drop_suspects(resting const& silent);
    bool may_open() const;
    void give_back(std::unique_ptr<connection> returned);
    /// Lets a waiting caller check whether it may open a connection.
    void wake_one(place const* but = nullptr);
    void close();
    error reason_for_none() const;

    pooled_connection lend(std::unique_ptr<connection> lent) {
        return {shared_from_this(), std::move(lent)};
    }

    asio::any_io_executor executor;
    pool_settings settings;
    backoff pause;
    std::vector<resting> idle; ///< the most recently used one is last
    std::list<place*> queue;
    std::size_t open = 0;
    std::size_t opening = 0;
    deadline next_attempt = deadline::min();
    deadline trusted_since = deadline::min(); ///< one idle since before this must be checked
    deadline suspect_since = deadline::min(); ///< one idle since before this may also be dead
    std::optional<error> last_failure;        ///< of connecting, until it succeeds
    bool closed = false;
};

std::optional<pool::state::resting> pool::state::take_idle() {
    while (!idle.empty()) {
        auto one = std::move(idle.back());
        idle.pop_back();
        auto const now = steady_clock::now();
        if ((one.since >= trusted_since && now - one.since < trusted_for) ||
            one.owned->check_alive()) {
            return one;
        }
        --open;
        trusted_since = now; // a server that closed one connection has probably closed the others
    }
    return std::nullopt;
}

/// A link may die silently, and then a call waits for its whole limit. If one died, those that were
/// idle at that time may be dead too.
bool pool::state::is_suspect(resting const& one) const {
    return one.since < suspect_since || steady_clock::now() - one.since > settings.longest_silence;
}

/// An idle connection; null if there is none. Errors: `cancelled`. One that may be dead must answer
/// first.
asio::awaitable<result<std::unique_ptr<connection>>>
pool::state::take_answering(std::shared_ptr<state> self, deadline until) {
    while (auto one = self->take_idle()) {
        if (!self->is_suspect(*one)) {
            co_return std::move(one->owned);
        }
        auto const limit = steady_clock::now() + answer_limit;
        auto const answer = co_await one->owned->run({are_you_there}, std::min(limit, until));
        if (answer) {
            co_return std::move(one->owned);
        }
        --self->open;
        if (steady_clock::now() >= limit) {
            self->drop_suspects(*one);
        }
        self->wake_one();
        if (answer.error().code == errc::cancelled ||
            answer.error().code == errc::cancelled_in_doubt) {
            co_return make_error(errc::cancelled, "cancelled while waiting for a connection");
        }
        if (steady_clock::now() >= until) {
            break;
        }
    }
    co_return std::unique_ptr<connection>{};
}

/// Drops those that were idle for longer than `silent`, which does not answer, too.
void pool::state::drop_suspects(resting const& silent) {
    open -= std::erase_if(idle, [&](resting const& one) {
        return one.since < suspect_since || one.since <= silent.since;
    });
}

bool pool::state::may_open() const {
    return open < settings.size && steady_clock::now() >= next_attempt &&
           (!last_failure || opening == 0);
}

asio::awaitable<result<std::unique_ptr<connection>>>
pool::state::open_one(std::shared_ptr<state> self, deadline until) {
    struct counted {
        explicit counted(state& where) : self{where} {
            ++self.open;
            ++self.opening;
        }
        counted(counted const&) = delete;
        counted& operator=(counted const&) = delete;
        ~counted() {
            --self.opening;
            self.open -= kept ? 0 : 1;
        }
        state& self;
        bool kept = false;
    } count{*self};

    auto const own_limit = steady_clock::now() + self->settings.open_timeout;
    auto opened = co_await connection::open(self->executor, self->settings.connect,
                                            std::min(until, own_limit));
    if (opened) {
        count.kept = true;
        self->last_failure.reset();
        self->pause.reset();
        co_return std::make_unique<connection>(std::move(*opened));
    }
    // A caller that was cancelled, or gave up early, does not prove that the server is down: do not
    // back off.
    if (opened.error().code != errc::cancelled &&
        (opened.error().code != errc::timeout || own_limit <= until)) {
        auto const wait = self->pause.after_failure();
        self->next_attempt = steady_clock::now() + wait;
        self->last_failure = opened.error();
        log_could_not_connect(opened.error(), wait);
    }
    co_return opened.error();
}

asio::awaitable<result<pool::pooled_connection>> pool::state::acquire(std::shared_ptr<state> self,
                                                                      deadline until) {
    if (self->closed) {
        co_return make_error(errc::closed, "the pool is closed");
    }
    auto rested = co_await take_answering(self, until); // there is none while a caller waits
    if (!rested) {
        co_return rested.error();
    }
    if (self->closed) {
        co_return make_error(errc::closed, "the pool is closed");
    }
    if (*rested) {
        co_return self->lend(std::move(*rested));
    }
    if (self->queue.size() >= self->settings.max_waiting) {
        co_return make_error(errc::overloaded, "");
    }
    place mine{*self};
    for (;;) {
        if (self->may_open()) {
            mine.busy = true;
            auto opened = co_await open_one(self, until);
            self->wake_one(&mine); // there may be room for more, or another caller may try
            if (opened) {
                mine.given = std::move(*opened);
            } else if (!is_retryable(opened.error())) {
                co_return opened.error();
            } else {
                auto other = co_await take_answering(self, until);
                if (!other) {
                    co_return other.error();
                }
                mine.given = std::move(*other);
            }
            mine.busy = false;
        }
        if (self->closed) {
            co_return make_error(errc::closed, "the pool is closed");
        }
        if (mine.given) {
            co_return self->lend(std::move(mine.given));
        }
        auto const now = steady_clock::now();
        if (now >= until) {
            self->wake_one(&mine); // the next caller may try to open one
            co_return self->reason_for_none();
        }
        if (self->may_open()) {
            continue; // the pause after a failure ended while this waited for an answer
        }
        auto const attempt_later = self->open < self->settings.size && self->next_attempt > now;
        mine.wake.expires_at(attempt_later ? std::min(until, self->next_attempt) : until);
        co_await mine.wake.async_wait(as_tuple);
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) {
            self->wake_one(&mine);
            co_return make_error(errc::cancelled, "cancelled while waiting for a connection");
        }
    }
}

error pool::state::reason_for_none() const {
    return last_failure ? *last_failure
                        : make_error(errc::timeout, "no connection became free in time");
}

void pool::state::give_back(std::unique_ptr<connection> returned) {
    if (closed || !returned->usable()) {
        --open;
        trusted_since = suspect_since = steady_clock::now();
        wake_one();
        return;
    }
    auto const first =
        std::ranges::find_if(queue, [](place const* each) { return !each->busy && !each->given; });
    if (first == queue.end()) {
        idle.push_back({std::move(returned), steady_clock::now()});
        return;
    }
    (*first)->given = std::move(returned);
    (*first)->wake.cancel();
}

void pool::state::wake_one(place const* but) {
    for (auto* each : queue) {
        if (each != but && !each->busy && !each->given) {
            each->wake.cancel();
            return;
        }
    }
}

void pool::state::close() {
    closed = true;
    open -= idle.size();
    idle.clear();
    for (auto* each : queue) {
        each->wake.cancel();
    }
}

pool::pool(asio::any_io_executor executor, pool_settings settings)
    : state_{std::make_shared<state>(std::move(executor), std::move(settings))} {
    TASKER_ASSERT(state_->settings.size > 0);
}

pool::~pool() {
    close();
}

asio::awaitable<result<pool::pooled_connection>> pool::acquire(deadline until) {
    return state::acquire(state_, until);
}

void pool::close() noexcept {
    state_->close();
}

pool::counts pool::current() const noexcept {
    return {state_->open, state_->idle.size(), state_->queue.size()};
}

pool::pooled_connection::pooled_connection(std::shared_ptr<pool::state> owner,
                                           std::unique_ptr<connection> borrowed) noexcept
    : owner_{std::move(owner)},
      borrowed_{std::move(borrowed)} {}

pool::pooled_connection::pooled_connection(pooled_connection&&) noexcept = default;

pool::pooled_connection& pool::pooled_connection::operator=(pooled_connection&& other) noexcept {
    give_back();
    owner_ = std::move(other.owner_);
    borrowed_ = std::move(other.borrowed_);
    return *this;
}

pool::pooled_connection::~pooled_connection() {
    give_back();
}

connection& pool::pooled_connection::operator*() noexcept {
    return *borrowed_;
}

connection* pool::pooled_connection::operator->() noexcept {
    return borrowed_.get();
}

void pool::pooled_connection::give_back() noexcept {
    if (borrowed_) {
        owner_->give_back(std::move(borrowed_));
    }
}

} // namespace tasker::pg
