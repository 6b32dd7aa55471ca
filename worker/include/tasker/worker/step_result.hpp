#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

namespace tasker::worker {

/// Why a step failed, as the API shows it.
struct step_failure {
    std::string message;    ///< for people
    std::string type;       ///< a word to group by: "card_declined"
    bool permanent = false; ///< never retried; false: by the template's retry rules
    std::optional<std::chrono::milliseconds> retry_after; ///< instead of the template's backoff
    std::optional<std::string> traceback; ///< traceback, if the language provides one
    bool fails_task = false;              ///< see fail_task()
};

/// The result of a handler: a JSON value or a failure. A JSON value converts implicitly:
///
///     return nlohmann::json{{"total", 12}};
///     return retryable_error("the bank did not answer", "bank_unavailable", 30s);
///     return permanent_error("no such customer", "unknown_customer");
///
/// For nlohmann, `return {{"total", 12}};` is the *array* ["total", 12], so name the type.
class step_result {
public:
    /// Success with this value. Implicit, so that a handler may return plain JSON.
    step_result(nlohmann::json value);

    step_result(step_failure failure);

    /// Success with a value that is already JSON text. The database refuses text that is not JSON;
    /// the step then fails permanently.
    static step_result from_json_text(std::string text);

    /// For children.hpp, which checks and writes the JSON.
    static step_result from_children(std::string json);

    /// Makes this value also the result of the task, see finish().
    /// REQUIRES: is_success() and not wants_children().
    step_result&& finishing_task() &&;

    /// Also for child tasks, whose results become the value.
    bool is_success() const noexcept;

    /// See children.hpp.
    bool wants_children() const noexcept;

    /// See finish().
    bool finishes_task() const noexcept;

    /// Null if this is a success.
    step_failure const* failure() const noexcept;

    /// Whether the value has more levels of arrays and objects than this.
    /// REQUIRES: is_success().
    bool is_nested_deeper_than(std::size_t levels) const;

    /// The value as JSON text; of child tasks, the list of them.
    /// REQUIRES: is_success().
    /// Errors: throws nlohmann::json::type_error if a string in it is not UTF-8.
    std::string json_text() &&;

private:
    struct text {
        std::string json;
    };

    struct child_list {
        std::string json;
    };

    step_result(text json);
    step_result(child_list wanted);

    std::variant<nlohmann::json, text, step_failure, child_list> content_;
    bool finishes_task_ = false;
};

/// Success with this value; without one: null.
step_result success(nlohmann::json value = nullptr);

/// Failed now, may succeed later: retried by the template's rules, or after `retry_after`, until
/// the template's attempts are used up.
step_result retryable_error(std::string message, std::string type = "error",
                            std::optional<std::chrono::milliseconds> retry_after = {});

/// Failed, and would fail again: the step fails, even if attempts are left.
step_result permanent_error(std::string message, std::string type = "error");

/// The step is complete, and the run of the task ends with this result: steps that have not started
/// are skipped, and steps in progress continue. The result_schema of the step does not apply.
step_result finish(nlohmann::json result = nullptr);

/// The step and the task fail permanently, even if the step has `allow_failure`: steps that have
/// not started are skipped, and steps in progress continue.
step_result fail_task(std::string message, std::string type = "error");

/// Throw it instead of returning permanent_error(). Any other exception of a handler becomes a
/// retryable failure with its message and the name of its type.
class permanent_failure : public std::runtime_error {
public:
    explicit permanent_failure(std::string const& message, std::string type = "permanent_failure");

    std::string const& type() const noexcept {
        return type_;
    }

private:
    std::string type_;
};

/// Throw it for a retryable failure with your own type or delay.
class retryable_failure : public std::runtime_error {
public:
    explicit retryable_failure(std::string const& message, std::string type = "retryable_failure",
                               std::optional<std::chrono::milliseconds> retry_after = {});

    std::string const& type() const noexcept {
        return type_;
    }

    std::optional<std::chrono::milliseconds> retry_after() const noexcept {
        return retry_after_;
    }

private:
    std::string type_;
    std::optional<std::chrono::milliseconds> retry_after_;
};

} // namespace tasker::worker
