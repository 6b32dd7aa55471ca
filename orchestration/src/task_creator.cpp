#include "task_creator.hpp"

#include "tasker/pg/error.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <charconv>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace tasker::orchestration {

namespace {

namespace asio = boost::asio;
using wire::error_code;

constexpr std::size_t max_details = 100;

std::size_t bytes_of(queue::new_task const& task) {
    return task.context.size() + (task.filled_context ? task.filled_context->size() : 0) +
           (task.labels ? task.labels->size() : 0) + 128;
}

/// The number of temporary refusals by the database before a batch is halved, or its only task
/// fails.
constexpr int most_refusals = 2;

bool may_be_one_tasks_fault(error const& failure) {
    return pg::is_callers_fault(failure) || pg::is_refusal(failure);
}

/// The sender repeats a batch; its submitters wait slightly longer.
constexpr std::chrono::milliseconds submit_grace{500};

std::vector<wire::error_detail> details_of(std::vector<documents::located_problem> const& problems,
                                           std::string const& prefix) {
    std::vector<wire::error_detail> details;
    for (auto const& problem : problems) {
        details.push_back(wire::to_detail(problem));
        details.back().path.insert(0, prefix);
    }
    return details;
}

queue::new_task new_task_of(wire::create_task_request wanted, cached_template const& from,
                            task_id id, std::optional<std::string> filled) {
    return {.id = id,
            .from = from.id,
            .priority = static_cast<queue::priority>(wanted.priority),
            .context = std::move(wanted.context),
            .filled_context = std::move(filled),
            .idempotency_key = std::move(wanted.idempotency_key),
            .version = std::move(wanted.version),
            .labels = wanted.labels.empty() ? std::nullopt
                                            : std::optional{wire::labels_json(wanted.labels)}};
}

/// A task as the API shows it right after its creation.
wire::task_view view_of(queue::new_task task, cached_template const& from, timestamp created_at) {
    return {.id = task.id,
            .name_space = from.name_space,
            .name = from.name,
            .version = from.version,
            .state = model::task_state::pending,
            .priority = static_cast<std::int16_t>(task.priority),
            .idempotency_key = std::move(task.idempotency_key),
            .context = std::move(task.filled_context ? *task.filled_context : task.context),
            .steps_total = from.steps_total,
            .created_at = created_at,
            .started_at = {},
            .finished_at = {},
            .result = {},
            .labels = std::move(task.labels),
            .budget = from.budget};
}

/// For a batch: a conflict also names the task. create_tasks reports it as "…: ordinal 7".
wire::error_body to_error_body_of_batch(error const& failure) {
    auto body = to_error_body(failure);
    constexpr std::string_view mark = ": ordinal ";
    auto const at = failure.message.rfind(mark);
    std::size_t ordinal = 0;
    if (pg::sqlstate_of(failure) == "TK004" && at != std::string::npos) {
        auto const* const digits = failure.message.data() + at + mark.size();
        std::from_chars(digits, failure.message.data() + failure.message.size(), ordinal);
        body.message = failure.message.substr(0, at);
    }
    if (ordinal > 0) {
        body.details.push_back({"tasks[" + std::to_string(ordinal - 1) + "].idempotency_key",
                                "was used before for another body"});
    }
    return body;
}

bool is_unknown_template(error const& failure) {
    return pg::sqlstate_of(failure) == "TK002";
}

wire::error_body key_conflict() {
    return {error_code::conflict,
            "the idempotency key was used before for another body",
            {{"idempotency_key", "was used before for another body"}}};
}

} // namespace

task_creator::task_creator(asio::any_io_executor executor, database& database,
                           template_cache& templates, metrics& metrics,
                           task_creator_settings settings)
    : database_{database},
      templates_{templates},
      metrics_{metrics},
      settings_{settings},
      creations_{executor, settings.batching,
                 [this](std::vector<queue::new_task> tasks) { return send(std::move(tasks)); },
                 bytes_of} {}

asio::awaitable<api_result<created_task>> task_creator::create(wire::create_task_request wanted,
                                                               task_id id) {
    template_name const name{wanted.name_space, wanted.name, wanted.version};
    auto from = templates_.lookup(name);
    if (!from) {
        auto found = co_await templates_.find(name);
        if (!found) {
            co_return found.error();
        }
        from = std::move(*found);
    }
    auto filled = fill_context(*from, wanted.context);
    if (!filled) {
        co_return filled.error();
    }
    auto task = new_task_of(std::move(wanted), *from, id, std::move(*filled));
    auto outcome = co_await submit(task);
    if (!outcome && is_unknown_template(outcome.error())) {
        // The database was recreated while this program ran, so the template has a new number.
        templates_.forget(from);
        auto found = co_await templates_.find(name);
        if (!found) {
            co_return found.error();
        }
        from = std::move(*found);
        task.from = from->id;
        outcome = co_await submit(task);
    }
    if (!outcome) {
        co_return to_error_body(outcome.error());
    }
    if (outcome->creation == queue::creation::conflict) {
        co_return key_conflict();
    }
    task.id = outcome->id;
    co_return created_task{view_of(std::move(task), *from, outcome->created_at),
                           outcome->creation == queue::creation::created};
}

asio::awaitable<api_result<std::vector<wire::created_task>>>
task_creator::create_all(std::vector<wire::create_task_request> wanted) {
    std::vector<queue::new_task> tasks;
    tasks.reserve(wanted.size());
    wire::error_body invalid{
        error_code::unprocessable, "a context does not match its template's input schema", {}};
    for (auto& each : wanted) {
        auto const path = "tasks[" + std::to_string(tasks.size()) + "].";
        template_name const name{each.name_space, each.name, each.version};
        auto from = templates_.lookup(name);
        if (!from) {
            auto found = co_await templates_.find(name);
            if (!found) {
                auto failure = found.error();
                if (failure.code == error_code::not_found) {
                    failure.details.push_back({path + "name", "is not a registered template"});
                }
                co_return failure;
            }
            from = std::move(*found);
        }
        auto filled = from->input.with_defaults(each.context);
        auto problems =
            details_of(from->input.validate(filled.value_or(each.context), "context"), path);
        std::ranges::move(problems, std::back_inserter(invalid.details));
        if (invalid.details.size() >= max_details) {
            break;
        }
        tasks.push_back(
            new_task_of(std::move(each), *from, task_id::generate(), std::move(filled)));
    }
    if (!invalid.details.empty()) {
        co_return invalid;
    }
    auto const made =
        co_await call(tasks, queue::atomicity::all_or_nothing,
                      steady_clock::now() + settings_.call_timeout, database::unlimited);
    if (!made) {
        co_return to_error_body_of_batch(made.error());
    }
    std::vector<wire::created_task> created;
    created.reserve(made->size());
    for (auto const& each : *made) {
        created.push_back({each.id, each.creation == queue::creation::created});
    }
    co_return created;
}

asio::awaitable<void> task_creator::run_until_stopped() {
    using namespace asio::experimental::awaitable_operators;
    // One run for each call in flight.
    auto runs = creations_.run_until_stopped();
    for (std::size_t i = 1; i < settings_.max_in_flight; ++i) {
        runs = (std::move(runs) && creations_.run_until_stopped());
    }
    co_await std::move(runs);
}

void task_creator::stop() noexcept {
    creations_.stop();
}

/// A task that the database keeps refusing with a usually temporary error is repeated outside of
/// its batch, so that it delays no other.
asio::awaitable<result<queue::create_outcome>> task_creator::submit(queue::new_task const& task) {
    auto const until = steady_clock::now() + settings_.call_timeout;
    auto outcome = co_await creations_.submit(task, until + submit_grace);
    if (outcome || !pg::is_refusal(outcome.error()) || !pg::is_retryable(outcome.error())) {
        co_return outcome;
    }
    std::vector<queue::new_task> alone;
    alone.push_back(task);
    auto made = co_await call(alone, queue::atomicity::each_alone, until, database::unlimited);
    if (!made) {
        co_return made.error();
    }
    co_return made->front();
}

/// If the database refuses a batch, halve it until the failing task is alone: the database may
/// refuse its data, or keep failing with a usually temporary error, which submit() repeats.
asio::awaitable<task_creator::outcomes> task_creator::send(std::vector<queue::new_task> tasks) {
    metrics_.creations_sent(tasks.size());
    auto const until = steady_clock::now() + settings_.call_timeout;
    outcomes collected;
    collected.reserve(tasks.size());
    // Parts not sent yet, in reverse order.
    std::vector<std::vector<queue::new_task>> parts;
    parts.push_back(std::move(tasks));
    while (!parts.empty()) {
        auto part = std::move(parts.back());
        parts.pop_back();
        auto made = co_await call(part, queue::atomicity::each_alone, until, most_refusals);
        if (made) {
            std::ranges::move(*made, std::back_inserter(collected));
        } else if (part.size() > 1 && may_be_one_tasks_fault(made.error())) {
            auto const middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
            parts.emplace_back(std::make_move_iterator(middle),
                               std::make_move_iterator(part.end()));
            parts.emplace_back(std::make_move_iterator(part.begin()),
                               std::make_move_iterator(middle));
        } else {
            collected.insert(collected.end(), part.size(), made.error());
        }
    }
    co_return collected;
}

asio::awaitable<result<std::vector<queue::create_outcome>>>
task_creator::call(std::vector<queue::new_task> const& tasks, queue::atomicity atomicity,
                   deadline until, int refusals) {
    auto made = co_await database_.run(
        [&tasks, atomicity, until](pg::connection& connection) {
            return queue::create_tasks(connection, tasks, atomicity, until);
        },
        until, refusals);
    if (made) {
        metrics_.tasks_created(static_cast<std::size_t>(
            std::ranges::count(*made, queue::creation::created, &queue::create_outcome::creation)));
    }
    co_return made;
}

} // namespace tasker::orchestration
