#pragma once

#include "tasker/base/time.hpp"
#include "tasker/worker/step_context.hpp"

namespace tasker::engine {

/// One run of a handler. When it ends, a line is appended to the file that TASKER_TEST_JOURNAL
/// names: task, step, delivery, and the begin and the end in ns of the machine's steady clock,
/// which all processes share. Without that variable nothing is written.
class journal_entry {
public:
    explicit journal_entry(worker::step_context const& step);
    journal_entry(journal_entry const&) = delete;
    journal_entry& operator=(journal_entry const&) = delete;
    ~journal_entry();

private:
    worker::step_context const& step_;
    deadline begin_ = steady_clock::now();
};

} // namespace tasker::engine
