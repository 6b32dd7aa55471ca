# The language, the warnings, the sanitizers and the definitions that hold for every target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# The Python module links the rooms into a shared object.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

option(TASKER_WERROR "Treat warnings as errors" OFF)
option(TASKER_COVERAGE "Instrument for gcov" OFF)
option(TASKER_ONLY_PROGRAMS "No tests, benchmarks or Python module, and none of their packages" OFF)
option(TASKER_FUZZ "Instrument for libFuzzer; needs clang" OFF)
set(TASKER_SANITIZE "" CACHE STRING "Value of -fsanitize=, or empty")

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow)
# A designated initializer leaves out, on purpose, what has its default.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>)
if(TASKER_WERROR)
    add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A coroutine frame is allocated by the promise's operator new and freed by its operator delete;
    # g++ 12 inlines one of the two and reports the pair as mismatched.
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-mismatched-new-delete>)
endif()

add_link_options(-Wl,--as-needed)

if(TASKER_SANITIZE)
    add_compile_options(-fsanitize=${TASKER_SANITIZE} -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${TASKER_SANITIZE})
endif()
if(TASKER_FUZZ)
    # The main function and the mutations come with -fsanitize=fuzzer, only where the targets are linked.
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(TASKER_SANITIZE STREQUAL "thread")
    # Asio's fences order nothing that a mutex or an atomic beside them does not; tsan cannot model
    # atomic_thread_fence and g++ says so as a warning.
    add_compile_options(-Wno-tsan)
endif()
if(TASKER_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

# Asio and Beast are compiled once, in room base (src/asio.cpp, src/beast.cpp).
add_compile_definitions(
    BOOST_ASIO_NO_DEPRECATED
    BOOST_ASIO_SEPARATE_COMPILATION
    BOOST_BEAST_SEPARATE_COMPILATION)
