#include "condition.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace tasker::model {

namespace {

constexpr std::string_view delimiters = "?%$.[]{}()|&!=<>@#,*:-+/\\\" \t\n\r\f";

/// Reads a condition from left to right. A string that has no end is left to PostgreSQL.
class examiner {
public:
    explicit examiner(std::string_view text) : rest_{text} {}

    condition_facts run() {
        while (!rest_.empty() && !facts_.problem) {
            step();
        }
        if (!facts_.problem && !reads_value_) {
            facts_.problem = "must read a parent's result or $context: it is always the same";
        }
        return std::move(facts_);
    }

private:
    void step() {
        if (rest_.front() == '"') {
            quoted();
        } else if (rest_.starts_with("**")) {
            facts_.problem = "must not contain `**`: name the members";
        } else if (rest_.front() == '$') {
            rest_.remove_prefix(1);
            reads_value_ = true;
            variable();
        } else if (auto const word = name(); word == "like_regex") {
            facts_.problem = "must not contain `like_regex`";
        } else if (word == "datetime") {
            facts_.problem = "must not contain `datetime()`";
        } else if (word.empty()) {
            rest_.remove_prefix(1);
        }
    }

    /// After `$`.
    void variable() {
        auto const named = member();
        if (!named.empty()) {
            if (named != "context") {
                facts_.problem = "must not use the variable $" + named + ": there is only $context";
            }
            return;
        }
        if (!rest_.starts_with('.')) {
            return;
        }
        rest_.remove_prefix(1);
        auto const parent = member();
        if (!parent.empty() && !rest_.starts_with('(')) {
            facts_.parents.push_back(parent);
        }
    }

    /// A quoted or plain name; "" if there is none.
    std::string member() {
        return rest_.starts_with('"') ? quoted() : std::string{name()};
    }

    std::string_view name() {
        auto const word = rest_.substr(0, rest_.find_first_of(delimiters));
        rest_.remove_prefix(word.size());
        return word;
    }

    std::string quoted() {
        std::string out;
        std::size_t i = 1;
        for (; i < rest_.size() && rest_[i] != '"'; ++i) {
            i += rest_[i] == '\\' && i + 1 < rest_.size() ? 1 : 0;
            out.push_back(rest_[i]);
        }
        rest_.remove_prefix(std::min(i + 1, rest_.size()));
        return out;
    }

    std::string_view rest_;
    bool reads_value_ = false;
    condition_facts facts_;
};

} // namespace

condition_facts examine_condition(std::string_view text) {
    return examiner{text}.run();
}

std::optional<std::string> condition_problem(std::string_view text) {
    return examine_condition(text).problem;
}

} // namespace tasker::model
