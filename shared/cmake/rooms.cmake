# A room is a directory with include/tasker/<room>/ (its interface), src/ (its implementation) and
# tests/. It declares the rooms that it may use; scripts/check-rooms, a part of every build, refuses an
# include of any other room, even if the include path would allow it.
#
#   tasker_room(NAME pg USES base log LINKS PostgreSQL::PostgreSQL)
#
# makes the library tasker::pg (header-only where src/ is empty) and, from tests/:
#   *_test.cpp      -> pg_tests       label unit   needs nothing
#   *_pg_test.cpp   -> pg_pg_tests    label pg     needs the private PostgreSQL of the test run
#   *_e2e_test.cpp  -> pg_e2e_tests   label e2e    runs the programs themselves
#   x_fuzz.cpp      -> pg_x_fuzz      label unit   reads each file of tests/corpus/x, see CONTRIBUTING.md
# Any other .cpp in tests/ is shared by the tests, in a library. USES: rooms, public. LINKS,
# PRIVATE_LINKS: external targets. TEST_USES, TEST_LINKS: what only the tests need; pg tests, e2e
# tests and that library get room testing as well.
#
#   tasker_program(NAME tasker-worker SOURCES main.cpp USES worker)
#
# makes <build>/bin/tasker-worker. SOURCES are relative to the calling directory. It is installed
# unless NO_INSTALL is given.
#
# Target `tests` is what ctest needs without the benchmarks. With TASKER_ONLY_PROGRAMS there are only
# the rooms' libraries and the programs.
#   tasker_python_module(NAME _native PACKAGE tasker SOURCES a.cpp USES worker)
#
# makes the extension module <build>/python/tasker/_native, beside links to the package's own
# Python files, so that PYTHONPATH=<build>/python imports it; and target tasker_python_NAME for it.

add_custom_target(tests)
set(TASKER_TEST_CLUSTER_DIR ${PROJECT_BINARY_DIR}/test-cluster)
# Lines "directory: room room ...": the rooms that the sources below a directory may include.
set_property(GLOBAL PROPERTY tasker_manifest "")

function(tasker_room)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME" "USES;LINKS;PRIVATE_LINKS;TEST_USES;TEST_LINKS")
    _tasker_check_arguments(tasker_room)
    set(dir ${CMAKE_CURRENT_SOURCE_DIR})
    set(target tasker_${arg_NAME})
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${dir}/include/*.hpp)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/src/*.cpp)
    list(TRANSFORM arg_USES PREPEND tasker:: OUTPUT_VARIABLE uses)

    if(sources)
        add_library(${target} STATIC ${sources})
        target_sources(${target} PUBLIC
            FILE_SET HEADERS BASE_DIRS ${dir}/include FILES ${headers})
        target_include_directories(${target} PRIVATE ${dir}/src)
        target_link_libraries(${target} PUBLIC ${uses} ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
    else()
        add_library(${target} INTERFACE)
        target_sources(${target} INTERFACE
            FILE_SET HEADERS BASE_DIRS ${dir}/include FILES ${headers})
        target_link_libraries(${target} INTERFACE ${uses} ${arg_LINKS})
    endif()
    add_library(tasker::${arg_NAME} ALIAS ${target})
    if(TASKER_ONLY_PROGRAMS)
        return()
    endif()
    _tasker_compile_headers_alone(${target} "${headers}")

    _tasker_may_include(${dir}/include ${arg_NAME} ${arg_USES})
    _tasker_may_include(${dir}/src ${arg_NAME} ${arg_USES})
    _tasker_may_include(${dir}/tests ${arg_NAME} ${arg_USES} ${arg_TEST_USES} testing)

    list(TRANSFORM arg_TEST_USES PREPEND tasker:: OUTPUT_VARIABLE test_uses)
    _tasker_room_tests(${arg_NAME}
        tasker::${arg_NAME} ${test_uses} ${arg_LINKS} ${arg_PRIVATE_LINKS} ${arg_TEST_LINKS})
endfunction()

function(tasker_program)
    cmake_parse_arguments(PARSE_ARGV 0 arg "NO_INSTALL" "NAME" "SOURCES;USES;LINKS")
    _tasker_check_arguments(tasker_program)
    list(TRANSFORM arg_USES PREPEND tasker:: OUTPUT_VARIABLE uses)
    add_executable(${arg_NAME} ${arg_SOURCES})
    target_link_libraries(${arg_NAME} PRIVATE ${uses} ${arg_LINKS})
    if(NOT CMAKE_CURRENT_SOURCE_DIR STREQUAL "${PROJECT_SOURCE_DIR}/benches")
        add_dependencies(tests ${arg_NAME})
    endif()
    if(NOT arg_NO_INSTALL)
        install(TARGETS ${arg_NAME} RUNTIME)
    endif()
    foreach(source IN LISTS arg_SOURCES)
        cmake_path(ABSOLUTE_PATH source NORMALIZE)
        cmake_path(GET source PARENT_PATH dir)
        list(APPEND dirs ${dir})
    endforeach()
    list(REMOVE_DUPLICATES dirs)
    foreach(dir IN LISTS dirs)
        _tasker_may_include(${dir} ${arg_USES})
    endforeach()
endfunction()

function(tasker_python_module)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;PACKAGE" "SOURCES;USES;LINKS")
    _tasker_check_arguments(tasker_python_module)
    set(target tasker_python_${arg_NAME})
    set(package ${PROJECT_BINARY_DIR}/python/${arg_PACKAGE})
    list(TRANSFORM arg_USES PREPEND tasker:: OUTPUT_VARIABLE uses)
    pybind11_add_module(${target} MODULE NO_EXTRAS ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE ${uses} ${arg_LINKS})
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
    add_dependencies(tests ${target})
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME ${arg_NAME} LIBRARY_OUTPUT_DIRECTORY ${package}
        CXX_VISIBILITY_PRESET hidden)

    set(sources ${CMAKE_CURRENT_SOURCE_DIR}/${arg_PACKAGE})
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${sources}
         ${sources}/*.py ${sources}/*.pyi ${sources}/py.typed)
    foreach(file IN LISTS files)
        cmake_path(GET file PARENT_PATH folder)
        file(MAKE_DIRECTORY ${package}/${folder})
        file(CREATE_LINK ${sources}/${file} ${package}/${file} SYMBOLIC)
    endforeach()
    _tasker_may_include(${CMAKE_CURRENT_SOURCE_DIR}/src ${arg_USES})
endfunction()

# Called once, after the last room: the check of includes, and the cluster of the pg and e2e tests.
function(tasker_finish_rooms)
    get_property(manifest GLOBAL PROPERTY tasker_manifest)
    list(JOIN manifest "\n" manifest)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/rooms.txt CONTENT "${manifest}\n" @ONLY)
    add_custom_target(check_rooms ALL
        COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/check-rooms
                ${PROJECT_BINARY_DIR}/rooms.txt
        WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
        COMMENT "Checking which room includes which" VERBATIM)

    if(TASKER_FUZZ)
        get_property(fuzz_targets GLOBAL PROPERTY tasker_fuzz_targets)
        list(JOIN fuzz_targets "\n" lines)
        file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/fuzz-targets.txt CONTENT "${lines}\n" @ONLY)
        list(TRANSFORM fuzz_targets REPLACE " .*" "")
        add_custom_target(fuzz_targets DEPENDS ${fuzz_targets})
    endif()

    add_test(NAME pg_cluster_start COMMAND tasker-test-cluster start ${TASKER_TEST_CLUSTER_DIR})
    add_test(NAME pg_cluster_stop COMMAND tasker-test-cluster stop ${TASKER_TEST_CLUSTER_DIR})
    set_tests_properties(pg_cluster_start PROPERTIES FIXTURES_SETUP pg_cluster TIMEOUT 200)
    set_tests_properties(pg_cluster_stop PROPERTIES FIXTURES_CLEANUP pg_cluster TIMEOUT 60)
endfunction()

# The tests of a room by their file names; ARGN is what all of them link.
function(_tasker_room_tests room)
    set(dir ${CMAKE_CURRENT_SOURCE_DIR})
    set(links ${ARGN})
    file(GLOB all CONFIGURE_DEPENDS ${dir}/tests/*.cpp)
    set(support ${all})
    list(FILTER support EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
    if(support)
        add_library(${room}_test_support STATIC ${support})
        target_include_directories(${room}_test_support PRIVATE ${dir}/src ${dir}/tests)
        target_link_libraries(${room}_test_support PUBLIC ${links} tasker::testing GTest::gmock)
        list(PREPEND links ${room}_test_support)
    endif()

    set(unit ${all})
    list(FILTER unit INCLUDE REGEX "_test\\.cpp$")
    list(FILTER unit EXCLUDE REGEX "_(pg|e2e)_test\\.cpp$")
    _tasker_tests(${room}_tests unit "${unit}" "${links}")
    set(fuzz ${all})
    list(FILTER fuzz INCLUDE REGEX "_fuzz\\.cpp$")
    foreach(source IN LISTS fuzz)
        _tasker_fuzz_target(${room} ${source} "${ARGN}")
    endforeach()
    list(APPEND links tasker::testing)
    foreach(label IN ITEMS pg e2e)
        set(sources ${all})
        list(FILTER sources INCLUDE REGEX "_${label}_test\\.cpp$")
        _tasker_tests(${room}_${label}_tests ${label} "${sources}" "${links}")
    endforeach()
endfunction()

# A function that libFuzzer calls; in other builds a test calls it with the files of its corpus.
function(_tasker_fuzz_target room source links)
    cmake_path(GET source STEM name)
    string(REGEX REPLACE "_fuzz$" "" subject ${name})
    set(target ${room}_${name})
    set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/tests/corpus/${subject})
    add_executable(${target} ${source})
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
    target_link_libraries(${target} PRIVATE ${links})
    if(TASKER_FUZZ)
        target_link_options(${target} PRIVATE -fsanitize=fuzzer)
        set_property(GLOBAL APPEND PROPERTY tasker_fuzz_targets "${target} ${corpus}")
    else()
        target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/shared/testing/fuzz/run_corpus.cpp)
        add_dependencies(tests ${target})
        add_test(NAME ${room}/${name} COMMAND ${target} ${corpus})
        set_tests_properties(${room}/${name} PROPERTIES LABELS unit TIMEOUT 60)
    endif()
endfunction()

function(_tasker_tests target label sources links)
    if(NOT sources)
        return()
    endif()
    set(properties LABELS ${label})
    if(label STREQUAL "unit")
        list(APPEND properties TIMEOUT 60)
    else()
        list(APPEND properties TIMEOUT 300 FIXTURES_REQUIRED pg_cluster
             ENVIRONMENT TASKER_TEST_CLUSTER_DIR=${TASKER_TEST_CLUSTER_DIR})
    endif()
    add_executable(${target} ${sources})
    add_dependencies(tests ${target})
    target_include_directories(${target} PRIVATE
        ${CMAKE_CURRENT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE ${links} GTest::gmock GTest::gtest_main)
    # In three quarters of the time. Inline functions of the product are slower in these programs, too; the tests with
    # real processes run what is shipped.
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O0>)
    string(REGEX REPLACE "_tests$" "/" prefix ${target})
    gtest_discover_tests(${target} TEST_PREFIX ${prefix} DISCOVERY_MODE PRE_TEST
        DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()

function(_tasker_compile_headers_alone target headers)
    if(headers)
        set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
        add_custom_target(${target}_headers ALL)
        add_dependencies(${target}_headers ${target}_verify_interface_header_sets)
    endif()
endfunction()

function(_tasker_may_include dir)
    cmake_path(RELATIVE_PATH dir BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
    list(JOIN ARGN " " rooms)
    set_property(GLOBAL APPEND PROPERTY tasker_manifest "${dir}: ${rooms}")
endfunction()

macro(_tasker_check_arguments function)
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_NAME)
        message(FATAL_ERROR "${function}: NAME is needed; not understood: '${arg_UNPARSED_ARGUMENTS}'")
    endif()
endmacro()
