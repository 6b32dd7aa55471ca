# cmake -DOUTPUT=<file> -P commit.cmake
# Writes the commit of the current folder as C++, if it differs from what the file has.
set(commit "$ENV{TASKER_COMMIT}")
if(commit STREQUAL "")
    execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude=*
        OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT commit MATCHES "^[0-9A-Za-z._-]+$")
    set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
#include "commit.hpp"

namespace tasker::telemetry {

std::string_view commit() noexcept {
    return "@commit@";
}

} // namespace tasker::telemetry
]] @ONLY)
